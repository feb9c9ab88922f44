/**
 * The markets of an exchange as an ITCH 5.0 flow, order by order: what its listeners hear of orders becomes messages. Knows
 * neither exchange nor books, so that whoever joins them says what an instrument is called and what its tick is worth.
 *
 * Reference numbers are never used twice: an order that comes back under its old number (replaced, an iceberg's next part)
 * gets a new one. Message layouts are those of sections 4.1 to 4.4 of the TotalView-ITCH 5.0 specification.
 */
import { TapeheadError } from '../../core/errors.ts';
import { OrderSide } from '../../core/order.ts';
import type { MessageStore } from './message-store.ts';
import type { ItchFlow } from './recording-flow.ts';

/** An instrument; its stock locate is its place in the list, from 1. */
export interface ItchListing {
  /** At most eight characters. */
  readonly symbol: string;
  /** A tick in units of 1/10,000, which is what ITCH states prices in. */
  readonly unitsPerTick: number;
}

/** What happened to an order, as an exchange tells it to the public. */
export interface ItchOrderEvent {
  readonly is: 'add' | 'execute' | 'reduce' | 'delete';
  readonly orderId: number;
  readonly side: OrderSide;
  readonly priceTicks: number;
  /** Displayed (add), traded (execute), taken away (reduce). */
  readonly lots: number;
  readonly trade: { readonly tradeId: number } | null;
}

interface LiveOrder {
  readonly ref: bigint;
  lots: number;
}

const MAX_U32 = 2 ** 32 - 1;
const START_OF_MESSAGES = 'O';
const END_OF_MESSAGES = 'C';

export class MarketFlow implements ItchFlow {
  /** Orders that no message can state: a price or quantity beyond 32 bits. They are left out, and counted. */
  unstatable = 0;
  private readonly listings: readonly ItchListing[];
  private readonly nowNs: () => number;
  private readonly work: () => boolean;
  private readonly waiting: Buffer[] = [];
  private taken = 0;
  private lastRef = 0n;
  private hasEnded = false;
  /** By instrument, then by the exchange's order number. */
  private readonly orders: Map<number, LiveOrder>[];

  /**
   * `nowNs`: the exchange's time, ns since its midnight. `work`: lets the exchange do what is due, whose events come in through
   * `order`; false: it has closed.
   */
  constructor(listings: readonly ItchListing[], nowNs: () => number, work: () => boolean) {
    for (const { symbol, unitsPerTick } of listings) {
      if (symbol.length > 8 || !Number.isInteger(unitsPerTick) || unitsPerTick < 1) {
        throw new TapeheadError(
          'USAGE',
          `${symbol} can't be published as ITCH: symbols have 8 characters at most, ticks are multiples of 0.0001`,
        );
      }
    }
    this.listings = listings;
    this.nowNs = nowNs;
    this.work = work;
    this.orders = listings.map(() => new Map());
    this.session(START_OF_MESSAGES);
    for (const [i, listing] of listings.entries()) this.directory(i + 1, listing);
  }

  /** Something happened to an order of the instrument at this place of the list, from 0. */
  order(instrument: number, event: ItchOrderEvent): void {
    const orders = this.orders[instrument];
    const locate = instrument + 1;
    if (event.is === 'add') {
      this.add(locate, orders, event);
      return;
    }
    const order = orders.get(event.orderId);
    if (order === undefined) return; // unstatable
    if (event.is === 'delete') {
      orders.delete(event.orderId);
      this.message('D', 19, locate).writeBigUInt64BE(order.ref, 11);
      return;
    }
    order.lots -= event.lots;
    if (order.lots <= 0) orders.delete(event.orderId);
    if (event.is === 'reduce') {
      const message = order.lots > 0 ? this.message('X', 23, locate) : this.message('D', 19, locate);
      message.writeBigUInt64BE(order.ref, 11);
      if (order.lots > 0) message.writeUInt32BE(event.lots, 19);
      return;
    }
    const message = this.message('E', 31, locate);
    message.writeBigUInt64BE(order.ref, 11);
    message.writeUInt32BE(event.lots, 19);
    message.writeBigUInt64BE(BigInt(event.trade?.tradeId ?? 0), 23);
  }

  /** The session is over: the last message says so. */
  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.session(END_OF_MESSAGES);
  }

  advance(_elapsedNs: number, store: MessageStore, limit: number): Promise<boolean> {
    if (!this.hasEnded && !this.work()) this.end();
    const to = Math.min(this.waiting.length, this.taken + limit);
    for (; this.taken < to; this.taken++) {
      const message = this.waiting[this.taken];
      store.add(message, 0, message.length);
    }
    if (this.taken === this.waiting.length) {
      this.waiting.length = 0;
      this.taken = 0;
    }
    return Promise.resolve(!this.hasEnded || this.waiting.length > 0);
  }

  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  private add(locate: number, orders: Map<number, LiveOrder>, event: ItchOrderEvent): void {
    const { symbol, unitsPerTick } = this.listings[locate - 1];
    const price = event.priceTicks * unitsPerTick;
    if (price > MAX_U32 || price < 0 || event.lots > MAX_U32) {
      this.unstatable++;
      return;
    }
    const ref = ++this.lastRef;
    orders.set(event.orderId, { ref, lots: event.lots });
    const message = this.message('A', 36, locate);
    message.writeBigUInt64BE(ref, 11);
    message.write(event.side === OrderSide.Buy ? 'B' : 'S', 19, 'latin1');
    message.writeUInt32BE(event.lots, 20);
    message.write(symbol.padEnd(8), 24, 'latin1');
    message.writeUInt32BE(price, 32);
  }

  private session(code: string): void {
    this.message('S', 12, 0).write(code, 11, 'latin1');
  }

  private directory(locate: number, listing: ItchListing): void {
    const message = this.message('R', 39, locate);
    message.fill(' ', 11, 39);
    message.write(listing.symbol.padEnd(8), 11, 'latin1');
    message.writeUInt32BE(1, 21); // round lot
    message.writeUInt32BE(0, 34); // ETP leverage
  }

  /** A message that will be published, its header written. */
  private message(type: string, length: number, locate: number): Buffer {
    const message = Buffer.alloc(length);
    message.write(type, 0, 'latin1');
    message.writeUInt16BE(locate, 1);
    message.writeUIntBE(this.nowNs(), 5, 6);
    this.waiting.push(message);
    return message;
  }
}
