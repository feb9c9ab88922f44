/** How long each stage takes: percentiles, and the whole curve of the stage that is chosen. */
import type { LatencyRow } from '../../protocol.ts';
import { Chart } from '../chart.ts';
import { isLog, type PageContext } from '../context.ts';
import { frame, setText, TableView } from '../dom.ts';
import { decimal, duration } from '../format.ts';
import { curveOf, readHistogram } from '../hdr-curve.ts';
import type { Panel } from '../renderer.ts';

export function latencyPanel(page: PageContext): Panel {
  const { store } = page;
  let chosen = '';
  let drawn = '';
  const table = new TableView<LatencyRow>({
    caption: 'Latency by stage; Enter draws the curve of a stage',
    keyOf: ([stage]) => stage,
    isChosen: ([stage]) => stage === chosen,
    choose: ([stage]) => {
      chosen = stage;
      store.changed('latency');
    },
    columns: [
      { label: 'Stage', text: ([stage]) => stage, isCut: true },
      { label: 'Count', isNumber: true, isMinor: true, text: (row) => decimal(row[1]) },
      { label: '50 %', isNumber: true, text: (row) => duration(row[2]) },
      { label: '99 %', isNumber: true, text: (row) => duration(row[4]) },
      { label: '99.9 %', isNumber: true, isMinor: true, text: (row) => duration(row[5]) },
      { label: 'Max', isNumber: true, text: (row) => duration(row[6]) },
    ],
  });
  const chart = new Chart({
    label: 'Latency by percentile of the chosen stage',
    lines: [{ label: 'latency by percentile (%)', colour: '--bid' }],
    height: 150,
    isLogY: true,
    y: (ns) => (/^10*$/.test(String(Math.round(ns))) ? duration(ns) : ''),
    x: percentileText,
    xSplits: () => [0, 1, 2, 3, 4, 5],
  });
  const panel = frame('latency', 'Latency', table.element, chart.element);

  async function drawCurve(row: LatencyRow): Promise<void> {
    const key = `${row[0]} ${row[7]}`;
    if (key === drawn) return;
    drawn = key;
    try {
      const points = curveOf(await readHistogram(row[7]));
      if (drawn === key) chart.draw([points.map(({ nines }) => nines), points.map(({ ns }) => Math.max(1, ns))]);
    } catch {
      setText(panel.note, 'the curve can’t be read');
    }
  }

  return {
    section: panel.section,
    topics: ['latency'],
    everyMs: 500,
    draw: () => {
      const rows = [...store.latency.values()];
      const without = isLog(page)
        ? 'A finished log has none: latencies are measured while a run goes on.'
        : 'Nothing was measured yet.';
      panel.empty(rows.length === 0 ? without : '');
      if (rows.length === 0) return;
      if (!store.latency.has(chosen)) chosen = rows[0][0];
      setText(panel.note, `curve: ${chosen}`);
      table.draw(rows);
      const row = store.latency.get(chosen);
      if (row !== undefined) void drawCurve(row);
    },
  };
}

/** 0: everything; 1: 90 %; 2: 99 %. */
function percentileText(nines: number): string {
  if (nines === 0) return '0';
  return nines === 1 ? '90' : nines === 2 ? '99' : `99.${'9'.repeat(Math.round(nines) - 2)}`;
}
