/** Positions with their profit, and profit over time. */
import type { PositionRow } from '../../protocol.ts';
import { Chart } from '../chart.ts';
import { noTrading, type PageContext } from '../context.ts';
import { frame, setText, TableView } from '../dom.ts';
import { DASH, decimal, signed } from '../format.ts';
import { moneyUnit } from '../money-unit.ts';
import type { Panel } from '../renderer.ts';

const look = (value: number): string => (value > 0 ? 'gain' : value < 0 ? 'loss' : '');

export function positionsPanel(page: PageContext): Panel {
  const { store } = page;
  const table = new TableView<PositionRow>({
    caption: 'Positions by strategy and instrument',
    keyOf: ([strategy, at]) => `${strategy} ${at}`,
    version: () => store.formats,
    choose: ([, at]) => page.select(at),
    columns: [
      { label: 'Strategy', isCut: true, isMinor: true, text: ([strategy]) => strategy },
      { label: 'Instrument', isCut: true, text: ([, at]) => store.symbol(at) },
      { label: 'Position', isNumber: true, text: (row) => store.signedText('own', row[1], row[2]) },
      {
        label: 'Avg cost',
        isNumber: true,
        isMinor: true,
        text: (row) => (row[2] === 0 ? DASH : store.text('price', row[1], row[3], 2)),
      },
      { label: 'Realised', isNumber: true, isMinor: true, text: (row) => signed(row[4]), look: (row) => look(row[4]) },
      { label: 'Unrealised', isNumber: true, text: (row) => signed(row[5]), look: (row) => look(row[5]) },
      { label: 'Fees', isNumber: true, isMinor: true, text: (row) => decimal(row[6], 2) },
      {
        label: 'Net',
        title: 'Realised and unrealised, less fees',
        isNumber: true,
        text: (row) => signed(row[4] + row[5] - row[6]),
        look: (row) => look(row[4] + row[5] - row[6]),
      },
    ],
  });
  const panel = frame('positions', 'Positions', table.element);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['positions', 'trading', 'instruments'],
    draw: () => {
      const rows = [...store.positions.values()];
      panel.empty(noTrading(page) || (rows.length === 0 ? 'Nothing was traded yet.' : ''));
      setText(panel.note, moneyUnit(page));
      table.draw(rows);
    },
  };
}

export function pnlPanel(page: PageContext): Panel {
  const { store } = page;
  const chart = new Chart({
    label: 'Profit and loss over time',
    lines: [
      { label: 'net of fees', colour: '--text' },
      { label: 'realised', colour: '--bid', dash: [6, 4] },
      { label: 'unrealised', colour: '--ask', dash: [2, 3] },
    ],
    height: 170,
    y: (money) => decimal(money, Math.abs(money) < 100 ? 2 : 0),
    reach: () => [0],
  });
  const panel = frame('pnl', 'Profit and loss', chart.element);
  return {
    section: panel.section,
    topics: ['pnl', 'positions', 'trading'],
    everyMs: 250,
    draw: () => {
      const { pnl } = store;
      const last = pnl.at(-1);
      panel.empty(noTrading(page) || (last === undefined ? 'Nothing was traded yet.' : ''));
      setText(panel.note, netText(page));
      if (last === undefined) return;
      chart.draw([pnl.map(([ns]) => ns), pnl.map((row) => row[3]), pnl.map((row) => row[1]), pnl.map((row) => row[2])]);
    },
  };
}

/** Of the positions as they are shown: the last sample is of some moment before. */
function netText(page: PageContext): string {
  const { positions } = page.store;
  if (positions.size === 0) return '';
  let net = 0;
  for (const [, , , , realised, unrealised, fees] of positions.values()) net += realised + unrealised - fees;
  return [signed(net), moneyUnit(page), 'net'].filter((word) => word !== '').join(' ');
}
