/**
 * LOBSTER the plain way: an order-by-order book in Maps that takes a feed's events, and the rule of what the files
 * determine, written a second time from its statement rather than from the code.
 */
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import type { SeenEvent } from '../support/event-probe.ts';

interface Order {
  readonly side: number;
  readonly price: number;
  qty: number;
}

/** Orders that were seen, and per level the quantity of those that were not. Every impossible event is a throw. */
export class PlainL3Book {
  private readonly orders = new Map<number, Order>();
  private readonly anonymous = new Map<string, number>();
  private readonly totals = [new Map<number, number>(), new Map<number, number>()];
  /** StaleReason, 0 live. */
  stale = 0;

  apply(event: SeenEvent): void {
    const { kind, side, price, qty, orderId } = event;
    const known = this.orders.get(orderId);
    switch (kind) {
      case EventKind.Add:
        if (known !== undefined) throw new Error(`order ${orderId} is there already`);
        this.orders.set(orderId, { side, price, qty });
        this.change(side, price, qty);
        break;
      case EventKind.Delete:
      case EventKind.Reduce:
      case EventKind.Execute:
        if (known === undefined) this.takeAnonymous(event);
        else this.take(orderId, known, event);
        break;
      case EventKind.Level:
        if (qty === 0 && (event.flags & EventFlag.Snapshot) !== 0) this.dropLevel(side, price);
        else this.setAnonymous(side, price, qty);
        break;
      case EventKind.Clear:
        this.orders.clear();
        this.anonymous.clear();
        for (const side of this.totals) side.clear();
        break;
      case EventKind.Stale:
        this.stale = price;
        break;
      case EventKind.Live:
        this.stale = 0;
        break;
      default:
        break;
    }
  }

  /** As a row of the orderbook file. */
  row(levels: number): string {
    const asks = [...this.totals[Side.Ask - 1]].sort((a, b) => a[0] - b[0]);
    const bids = [...this.totals[Side.Bid - 1]].sort((a, b) => b[0] - a[0]);
    const cells: string[] = [];
    for (let i = 0; i < levels; i++) {
      cells.push(i < asks.length ? `${asks[i][0]},${asks[i][1]}` : '9999999999,0');
      cells.push(i < bids.length ? `${bids[i][0]},${bids[i][1]}` : '-9999999999,0');
    }
    return cells.join(',');
  }

  levels(side: number): number {
    return this.totals[side - 1].size;
  }

  private take(id: number, order: Order, event: SeenEvent): void {
    if (event.price !== order.price || event.side !== order.side)
      throw new Error(`order ${id} is not at ${event.price}`);
    if (event.qty > order.qty) throw new Error(`order ${id} has ${order.qty}, not ${event.qty}`);
    if (event.kind === EventKind.Delete && event.qty !== order.qty) throw new Error(`order ${id} has ${order.qty}`);
    order.qty -= event.qty;
    if (order.qty === 0) this.orders.delete(id);
    this.change(order.side, order.price, -event.qty);
  }

  private takeAnonymous(event: SeenEvent): void {
    const left = (this.anonymous.get(`${event.side} ${event.price}`) ?? 0) - event.qty;
    if (left < 0) throw new Error(`order ${event.orderId} was never seen, nor that much of its level`);
    this.setAnonymous(event.side, event.price, left);
  }

  private setAnonymous(side: number, price: number, qty: number): void {
    const key = `${side} ${price}`;
    this.change(side, price, qty - (this.anonymous.get(key) ?? 0));
    if (qty === 0) this.anonymous.delete(key);
    else this.anonymous.set(key, qty);
  }

  private dropLevel(side: number, price: number): void {
    for (const [id, order] of this.orders) if (order.side === side && order.price === price) this.orders.delete(id);
    this.anonymous.delete(`${side} ${price}`);
    this.totals[side - 1].delete(price);
  }

  private change(side: number, price: number, delta: number): void {
    const levels = this.totals[side - 1];
    const qty = (levels.get(price) ?? 0) + delta;
    if (qty === 0) levels.delete(price);
    else levels.set(price, qty);
  }
}

/**
 * How many levels of the rows behind the first the messages do not determine: those deeper than the deepest price up to
 * which the side was known. Throws where a determined level differs.
 */
export function countAdopted(messages: readonly string[], rows: readonly string[]): number {
  const levels = rows[0].split(',').length / 4;
  const read = (line: string, side: 1 | -1): Map<number, number> => {
    const cells = line.split(',').map(Number);
    const found = new Map<number, number>();
    for (let i = 0; i < levels; i++) {
      const at = 4 * i + (side === 1 ? 2 : 0);
      if (cells[at + 1] > 0) found.set(cells[at], cells[at + 1]);
    }
    return found;
  };
  const depth = (side: number, price: number) => -side * price;
  const deepest = (side: number, book: Map<number, number>) =>
    Math.max(...[...book.keys()].map((price) => depth(side, price)));
  let adopted = 0;
  for (const side of [1, -1] as const) {
    let book = read(rows[0], side);
    let horizon = book.size === levels ? deepest(side, book) : Number.POSITIVE_INFINITY;
    for (let k = 1; k < messages.length; k++) {
      const [, type, , size, price, direction] = messages[k].split(',').map(Number);
      const shown = read(rows[k], side);
      if (direction === side && type <= 4 && depth(side, price) <= horizon) {
        const qty = (book.get(price) ?? 0) + (type === 1 ? size : -size);
        if (qty === 0) book.delete(price);
        else book.set(price, qty);
        const sorted = [...book.keys()].sort((a, b) => depth(side, a) - depth(side, b));
        for (const gone of sorted.slice(levels)) book.delete(gone);
        if (sorted.length > levels) horizon = deepest(side, book);
      }
      let determined = 0;
      for (const [shownPrice, shownQty] of shown) {
        if (depth(side, shownPrice) > horizon) {
          adopted++;
          continue;
        }
        determined++;
        if (book.get(shownPrice) !== shownQty)
          throw new Error(`row ${k + 1}, price ${shownPrice}: ${book.get(shownPrice)}`);
      }
      if (determined !== book.size) throw new Error(`row ${k + 1}: a level of ours is not there`);
      book = shown;
      horizon = shown.size === levels ? deepest(side, shown) : Number.POSITIVE_INFINITY;
    }
  }
  return adopted;
}
