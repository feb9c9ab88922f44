/** Trades of the instrument, newest first. */
import type { TradeRow } from '../../protocol.ts';
import type { PageContext } from '../context.ts';
import { frame, TableView } from '../dom.ts';
import { timeOfDay } from '../format.ts';
import type { Panel } from '../renderer.ts';

const SHOWN = 60;

export function tapePanel(page: PageContext): Panel {
  const { store } = page;
  const table = new TableView<TradeRow>({
    caption: 'Latest trades of the instrument, newest first',
    keyOf: ([seq]) => seq,
    version: () => store.formats,
    columns: [
      { label: 'Time', text: (row) => timeOfDay(row[1]) },
      {
        label: 'Price',
        isNumber: true,
        text: (row) => `${row[3] === 1 ? '▲ ' : row[3] === 2 ? '▼ ' : ''}${store.text('price', row[2], row[4])}`,
        look: (row) => (row[3] === 1 ? 'bid' : row[3] === 2 ? 'ask' : ''),
      },
      { label: 'Quantity', isNumber: true, text: (row) => store.text('qty', row[2], row[5]) },
    ],
  });
  const panel = frame('tape', 'Trades', table.element);
  panel.content.classList.add('scroll');
  panel.note.textContent = '▲ buyer, ▼ seller took';
  return {
    section: panel.section,
    topics: ['trades', 'instruments', 'selected'],
    draw: () => {
      const rows = store.trades.slice(-SHOWN).reverse();
      panel.empty(rows.length === 0 ? 'No trade of this instrument yet.' : '');
      table.draw(rows);
    },
  };
}
