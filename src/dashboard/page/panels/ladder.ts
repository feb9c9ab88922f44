/** The book of one instrument: asks above, bids below, quantity as number and bar, own open orders beside their price. */
import type { DepthPayload } from '../../protocol.ts';
import type { PageContext } from '../context.ts';
import { el, frame, setAttribute, setClass, setHidden, setText } from '../dom.ts';
import { DASH, decimal } from '../format.ts';
import type { Panel } from '../renderer.ts';
import { isOver } from '../store.ts';

/** Levels a side. */
const LEVELS = 12;

interface Row {
  readonly tr: HTMLTableRowElement;
  readonly own: HTMLElement;
  readonly qty: HTMLElement;
  readonly price: HTMLElement;
  readonly orders: HTMLElement;
  /** How long the bar behind the quantity is. */
  bar: string;
}

type Level = readonly [priceTicks: number, qtyLots: number, orders: number];

export function ladderPanel(page: PageContext): Panel {
  const { store } = page;
  const asks = Array.from({ length: LEVELS }, () => makeRow('ask'));
  const bids = Array.from({ length: LEVELS }, () => makeRow('bid'));
  const middle = el('td', { colspan: '4', class: 'middle' });
  const heads = [
    ['Own', 'Open quantity of own orders at this price'],
    ['Quantity', 'Quantity at this price'],
    ['Price', ''],
    ['Orders', 'Orders at this price, where the venue tells'],
  ].map(([label, title]) => el('th', { scope: 'col', class: 'num', title: title === '' ? null : title }, label));
  const body = el(
    'tbody',
    {},
    ...asks.map(({ tr }) => tr).reverse(),
    el('tr', {}, middle),
    ...bids.map(({ tr }) => tr),
  );
  const caption = el('caption', { class: 'unseen' }, 'Order book: asks above the middle, bids below');
  const table = el('table', { class: 'ladder' }, caption, el('thead', {}, el('tr', {}, ...heads)), body);
  const warning = el('p', { class: 'warning', role: 'status', hidden: true });
  const panel = frame('ladder', 'Book', warning, table);
  let ownVersion = -1;
  let own = new Map<number, number>();

  /** Own open quantity by price, of the instrument that is looked at; bids and asks never share a price. */
  function ownOrders(): Map<number, number> {
    const version = store.version('orders') + store.version('selected');
    if (version === ownVersion) return own;
    ownVersion = version;
    own = new Map();
    for (const row of store.orders.values()) {
      if (row[3] === store.selected && !isOver(row)) own.set(row[7], (own.get(row[7]) ?? 0) + row[10]);
    }
    return own;
  }

  function drawSide(rows: readonly Row[], levels: readonly Level[], most: number): void {
    const { selected } = store;
    const mine = ownOrders();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const level = levels[i];
      if (level === undefined) {
        for (const cell of [row.own, row.qty, row.price, row.orders]) setText(cell, '');
        setClass(row.tr, '');
        setBar(row, 0);
        continue;
      }
      const [ticks, lots, orders] = level;
      const ownLots = mine.get(ticks) ?? 0;
      setText(row.price, store.text('price', selected, ticks));
      setText(row.qty, store.text('qty', selected, lots));
      setText(row.orders, orders > 0 ? decimal(orders) : DASH);
      setText(row.own, ownLots > 0 ? `▸ ${store.text('qty', selected, ownLots)}` : '');
      setClass(row.tr, ownLots > 0 ? 'own' : '');
      setBar(row, most > 0 ? lots / most : 0);
    }
  }

  return {
    section: panel.section,
    topics: ['depth', 'orders', 'instruments', 'selected', 'state'],
    draw: () => {
      const { depth, selected } = store;
      setText(panel.note, store.instruments.has(selected) ? store.symbol(selected) : '');
      const isThere = depth !== null && depth.bids.length + depth.asks.length > 0;
      panel.empty(isThere ? '' : wordsFor(depth));
      if (!isThere) return;
      const text =
        depth.standing !== '' ? `Book ${depth.standing}.` : depth.whole ? '' : 'Only the touch is known for sure.';
      setText(warning, text);
      setHidden(warning, text === '');
      setAttribute(table, 'data-dim', depth.standing === '' || depth.standing === 'locked' ? null : 'true');
      let most = 0;
      for (const side of [depth.bids, depth.asks])
        for (const [, lots] of side.slice(0, LEVELS)) most = Math.max(most, lots);
      drawSide(asks, depth.asks, most);
      drawSide(bids, depth.bids, most);
      setText(middle, middleText(page, depth.bids[0], depth.asks[0]));
    },
  };
}

/** In place of a book without levels. */
function wordsFor(depth: DepthPayload | null): string {
  if (depth === null) return 'Waiting for the book.';
  return depth.standing === '' ? 'The book is empty: nobody bids or asks.' : `No book: ${depth.standing}.`;
}

function middleText({ store }: PageContext, bid: Level | undefined, ask: Level | undefined): string {
  if (bid === undefined || ask === undefined) return 'one side only';
  const { selected } = store;
  const middle = store.text('price', selected, (bid[0] + ask[0]) / 2, 1);
  return `mid ${middle} · spread ${store.text('price', selected, ask[0] - bid[0])}`;
}

/** A background and no element of its own: nothing is laid out anew for it. */
function setBar(row: Row, share: number): void {
  const bar = `${(share * 100).toFixed(1)}% 100%`;
  if (bar === row.bar) return;
  row.bar = bar;
  row.qty.style.backgroundSize = bar;
}

function makeRow(side: 'bid' | 'ask'): Row {
  const own = el('td', { class: 'num mine' });
  const qty = el('td', { class: `num quantity ${side}` });
  const price = el('td', { class: `num ${side}` });
  const orders = el('td', { class: 'num faint' });
  const tr = el('tr', {}, own, qty, price, orders);
  return { tr, own, qty, price, orders, bar: '' };
}
