/** Orders and fills, newest first; a row tells its order's story. */
import type { FillRow, OrderRow } from '../../protocol.ts';
import { noTrading, type PageContext } from '../context.ts';
import { el, frame, setText, TableView } from '../dom.ts';
import { DASH, decimal, sideText, signed, timeOfDay } from '../format.ts';
import type { Panel } from '../renderer.ts';
import { isOver } from '../store.ts';
import { showStory } from '../story.ts';

const SHOWN = 120;

const sideLook = (side: number): string => (side === 1 ? 'bid' : 'ask');
const sideMark = (side: number): string => `${side === 1 ? '▲' : '▼'} ${sideText(side)}`;

export function ordersPanel(page: PageContext): Panel {
  const { store } = page;
  const table = new TableView<OrderRow>({
    caption: 'Orders, those that are open first, then newest first. Enter tells an order’s story.',
    keyOf: ([id]) => id,
    version: () => store.formats,
    choose: ([id]) => void showStory(page, id),
    look: (row) => (isOver(row) ? 'over' : ''),
    columns: [
      { label: 'Order', isNumber: true, isMinor: true, text: ([id]) => String(id) },
      { label: 'Time', isMinor: true, text: (row) => timeOfDay(row[14]) },
      { label: 'Strategy', isCut: true, isMinor: true, text: (row) => row[2] },
      { label: 'Instrument', isCut: true, text: (row) => store.symbol(row[3]) },
      { label: 'Side', text: (row) => sideMark(row[4]), look: (row) => sideLook(row[4]) },
      { label: 'Type', isMinor: true, text: (row) => `${row[5]} ${row[6]}`.trim(), isCut: true },
      { label: 'Price', isNumber: true, text: (row) => store.text('price', row[3], row[7]) },
      { label: 'Quantity', isNumber: true, isMinor: true, text: (row) => store.text('own', row[3], row[8]) },
      { label: 'Done', isNumber: true, text: (row) => store.text('own', row[3], row[9]) },
      {
        label: 'Avg price',
        isNumber: true,
        isMinor: true,
        text: (row) => (row[9] > 0 ? store.text('price', row[3], row[11], 2) : DASH),
      },
      { label: 'Status', text: (row) => (row[13] === '' ? row[12] : `${row[12]}: ${row[13]}`), isCut: true },
    ],
  });
  const onlyOpen = el('input', { type: 'checkbox', id: 'only-open' });
  onlyOpen.addEventListener('change', () => store.changed('orders'));
  const panel = frame('orders', 'Orders', table.element);
  panel.section
    .querySelector('.head')
    ?.append(el('label', { class: 'choice', for: 'only-open' }, onlyOpen, ' open only'));
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['orders', 'trading', 'instruments'],
    everyMs: 100,
    draw: () => {
      const open: OrderRow[] = [];
      const over: OrderRow[] = [];
      for (const row of store.orders.values()) (isOver(row) ? over : open).push(row);
      const newest = (rows: OrderRow[]) => rows.sort((a, b) => b[0] - a[0]).slice(0, SHOWN);
      const rows = onlyOpen.checked ? newest(open) : [...newest(open), ...newest(over)].slice(0, SHOWN);
      const without = onlyOpen.checked && over.length > 0 ? 'No order is open.' : 'No order was sent yet.';
      panel.empty(noTrading(page) || (rows.length === 0 ? without : ''));
      setText(panel.note, `${decimal(open.length)} open`);
      table.draw(rows);
    },
  };
}

export function fillsPanel(page: PageContext): Panel {
  const { store } = page;
  const table = new TableView<FillRow>({
    caption: 'Own fills, newest first. Enter tells the order’s story.',
    keyOf: ([seq]) => seq,
    version: () => store.formats,
    choose: (row) => void showStory(page, row[2]),
    columns: [
      { label: 'Time', text: (row) => timeOfDay(row[1]) },
      { label: 'Order', isNumber: true, isMinor: true, text: (row) => String(row[2]) },
      { label: 'Instrument', isCut: true, text: (row) => store.symbol(row[4]) },
      { label: 'Side', text: (row) => sideMark(row[5]), look: (row) => sideLook(row[5]) },
      { label: 'Price', isNumber: true, text: (row) => store.text('price', row[4], row[6]) },
      { label: 'Quantity', isNumber: true, text: (row) => store.text('own', row[4], row[7]) },
      { label: 'Liquidity', isCut: true, isMinor: true, text: (row) => row[8] },
      { label: 'Fee', isNumber: true, isMinor: true, text: (row) => decimal(row[9], 4) },
      { label: 'Realised', isNumber: true, text: (row) => signed(row[10]) },
      { label: 'Position', isNumber: true, isMinor: true, text: (row) => store.signedText('own', row[4], row[11]) },
    ],
  });
  const panel = frame('fills', 'Fills', table.element);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['fills', 'trading', 'instruments'],
    everyMs: 100,
    draw: () => {
      const rows = store.fills.slice(-SHOWN).reverse();
      panel.empty(noTrading(page) || (rows.length === 0 ? 'Nothing was filled yet.' : ''));
      setText(
        panel.note,
        rows.length < store.fills.length ? `the last ${SHOWN} of ${decimal(store.fills.length)}` : '',
      );
      table.draw(rows);
    },
  };
}
