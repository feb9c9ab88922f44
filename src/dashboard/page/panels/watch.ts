/** All instruments with their touch: which one is looked at is chosen here, by a click or with the arrow keys. */
import type { TopRow } from '../../protocol.ts';
import type { PageContext } from '../context.ts';
import { frame, setText, TableView } from '../dom.ts';
import { DASH, decimal } from '../format.ts';
import type { Panel } from '../renderer.ts';

export function watchPanel(page: PageContext): Panel {
  const { store } = page;
  const price = (row: TopRow, ticks: number, lots: number): string =>
    lots > 0 ? store.text('price', row[0], ticks) : DASH;
  const table = new TableView<TopRow>({
    caption: 'Instruments with best bid, best ask and spread',
    keyOf: ([index]) => index,
    version: () => store.formats,
    choose: ([index]) => page.select(index),
    isChosen: ([index]) => index === store.selected,
    look: (row) => (row[5] === '' ? '' : 'warned'),
    columns: [
      {
        label: 'Instrument',
        isCut: true,
        text: (row) => `${row[5] === '' ? '' : '⚠ '}${store.symbol(row[0])}${row[5] === '' ? '' : ` (${row[5]})`}`,
      },
      { label: 'Bid', isNumber: true, text: (row) => price(row, row[1], row[2]), look: () => 'bid' },
      { label: 'Ask', isNumber: true, text: (row) => price(row, row[3], row[4]), look: () => 'ask' },
      { label: 'Bps', title: 'Spread, hundredths of a percent of the middle', isNumber: true, text: spreadBps },
    ],
  });
  const panel = frame('watch', 'Instruments', table.element);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['top', 'instruments', 'selected'],
    draw: () => {
      const rows = [...store.top.values()].sort(([a], [b]) => a - b);
      panel.empty(rows.length === 0 ? 'No instrument yet: the feed has named none.' : '');
      setText(panel.note, rows.length === 0 ? '' : `${decimal(rows.length)}, ↑ ↓ to choose`);
      table.draw(rows);
    },
  };
}

function spreadBps(row: TopRow): string {
  const [, bid, bidLots, ask, askLots] = row;
  return bidLots > 0 && askLots > 0 ? decimal(((ask - bid) / (ask + bid)) * 2e4, 1) : DASH;
}

/** The instrument before or behind the chosen one. */
export function stepInstrument({ store, select }: PageContext, step: number): void {
  const all = [...store.instruments.keys()].sort((a, b) => a - b);
  if (all.length === 0) return;
  const at = Math.max(0, all.indexOf(store.selected));
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  select(next);
  const row = document.querySelector('#watch tr[aria-current]');
  row?.scrollIntoView({ block: 'nearest' });
}
