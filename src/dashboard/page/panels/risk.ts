/** Portfolio risk over time against its limits, and how far every limit is used. */
import type { LimitRow, RiskSample } from '../../protocol.ts';
import { Chart } from '../chart.ts';
import { isLog, noTrading, type PageContext } from '../context.ts';
import { el, frame, setAttribute, setClass, setText } from '../dom.ts';
import { DASH, decimal, percent } from '../format.ts';
import { moneyUnit } from '../money-unit.ts';
import type { Panel } from '../renderer.ts';

/** Figures in the order they are shown, with their place in a sample. */
const FIGURES: readonly (readonly [label: string, at: number, title: string])[] = [
  ['VaR', 2, 'Value at risk'],
  ['ES', 3, 'Expected shortfall'],
  ['Stress', 4, 'Worst stress loss'],
  ['Gross', 5, 'Gross exposure'],
  ['Net', 6, 'Net exposure'],
  ['Delta', 9, ''],
  ['Gamma', 10, ''],
  ['Vega', 11, ''],
];

export function riskPanel(page: PageContext): Panel {
  const { store } = page;
  const limitOf = (pattern: RegExp): number => {
    if (isLog(page)) return Number.NaN; // a log knows the warnings, which may be of other levels than the limits
    for (const [name, , limit] of store.limits.values()) if (pattern.test(name)) return limit;
    return Number.NaN;
  };
  const varLimit = () => limitOf(/\bvar\b|^maxVar/i);
  const shortfallLimit = () => limitOf(/shortfall|\bES\b/);
  const chart = new Chart({
    label: 'Value at risk and expected shortfall over time, with their limits',
    lines: [
      { label: 'VaR', colour: '--bid' },
      { label: 'ES', colour: '--ask', dash: [6, 4] },
      { label: 'VaR limit', colour: '--danger', dash: [2, 3] },
      { label: 'ES limit', colour: '--muted', dash: [2, 3] },
    ],
    height: 150,
    y: (money) => decimal(money),
    reach: () => [0],
  });
  const values = FIGURES.map(([label, at, title]) => {
    const value = el('dd', {}, DASH);
    return { at, value, item: el('div', { title: title === '' ? null : title }, el('dt', {}, label), value) };
  });
  const figures = el('dl', { class: 'figures' }, ...values.map(({ item }) => item));
  const panel = frame('risk', 'Portfolio risk', figures, chart.element);
  return {
    section: panel.section,
    topics: ['risk', 'trading', 'limits'],
    everyMs: 250,
    draw: () => {
      const { risk } = store;
      const last = risk.at(-1);
      const without = 'No figures: portfolio risk is not configured, or nothing was asked yet.';
      panel.empty(noTrading(page) || (last === undefined ? without : ''));
      if (last === undefined) return;
      setText(panel.note, last[1] === 'available' ? moneyUnit(page) : `figures are ${last[1]}`);
      setClass(panel.note, last[1] === 'available' ? 'note' : 'note bad');
      for (const { at, value } of values) setText(value, decimal(Number(last[at])));
      const constant = (value: number) => risk.map(() => (Number.isFinite(value) ? value : null));
      chart.draw([
        risk.map(([ns]) => ns),
        risk.map((row) => shown(row, 2)),
        risk.map((row) => shown(row, 3)),
        constant(varLimit()),
        constant(shortfallLimit()),
      ]);
    },
  };
}

function shown(row: RiskSample, at: 2 | 3): number | null {
  return Number.isFinite(row[at]) ? row[at] : null;
}

interface Bar {
  readonly item: HTMLElement;
  readonly name: HTMLElement;
  readonly words: HTMLElement;
  readonly fill: HTMLElement;
  readonly warn: HTMLElement;
  readonly meter: HTMLElement;
}

const SHOWN = 40;
const MARKS = { '': '', near: '▲ near · ', over: '■ reached · ', unknown: '? not known · ' };

/** By share used, the most used first; over and near a limit said in words and by shape. */
export function limitsPanel(page: PageContext): Panel {
  const { store } = page;
  const list = el('ul', { class: 'limits' });
  const bars: Bar[] = [];
  const panel = frame('limits', 'Limits', list);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['limits', 'trading'],
    everyMs: 200,
    draw: () => {
      const rows = [...store.limits.values()].sort((a, b) => shareOf(b) - shareOf(a)).slice(0, SHOWN);
      const without = isLog(page) ? 'The log tells of no limit that was near.' : 'No limit is in force.';
      panel.empty(noTrading(page) || (rows.length === 0 ? without : ''));
      const near = rows.filter((row) => shareOf(row) >= row[4]).length;
      const now = near === 0 ? '' : `${decimal(near)} near or over`;
      setText(panel.note, isLog(page) ? 'as last warned of' : now);
      while (bars.length < rows.length) {
        const bar = makeBar();
        bars.push(bar);
        list.append(bar.item);
      }
      while (bars.length > rows.length) bars.pop()?.item.remove();
      for (const [i, row] of rows.entries()) drawBar(bars[i], row, isLog(page));
    },
  };
}

/** What is not known counts as used up: it refuses orders. */
function shareOf([, used, , share]: LimitRow): number {
  return Number.isNaN(used) ? Number.POSITIVE_INFINITY : share;
}

/** `isPast`: it stood so at the last warning; a log does not tell when that was over. */
function drawBar({ item, name, words, fill, warn, meter }: Bar, row: LimitRow, isPast: boolean): void {
  const [text, used, limit, , warnShare] = row;
  const share = shareOf(row);
  const standing = Number.isNaN(used) ? 'unknown' : share >= 1 ? 'over' : share >= warnShare ? 'near' : '';
  const mark = isPast ? 'warned of at ' : MARKS[standing];
  const decimals = limit < 100 && !Number.isInteger(limit) ? 2 : 0;
  setClass(item, isPast ? '' : standing);
  setText(name, text);
  setText(
    words,
    `${mark}${decimal(used, Number.isInteger(used) ? 0 : Math.max(decimals, 2))} of ${decimal(limit, decimals)} · ${percent(share)}`,
  );
  fill.style.transform = `scaleX(${Math.min(1, Number.isFinite(share) ? share : 1)})`;
  warn.style.left = `${Math.min(1, warnShare) * 100}%`;
  setAttribute(meter, 'aria-valuenow', String(Math.round(Math.min(1, Number.isFinite(share) ? share : 1) * 100)));
  setAttribute(meter, 'aria-label', text);
}

function makeBar(): Bar {
  const name = el('span', { class: 'name' });
  const words = el('span', { class: 'words' });
  const fill = el('span', { class: 'fill' });
  const warn = el('span', { class: 'warn', title: 'warning level' });
  const meter = el('div', { class: 'meter', role: 'meter', 'aria-valuemin': 0, 'aria-valuemax': 100 }, fill, warn);
  return { item: el('li', {}, el('div', { class: 'line' }, name, words), meter), name, words, fill, warn, meter };
}
