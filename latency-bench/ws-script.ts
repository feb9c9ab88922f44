/**
 * What the peer of `wire-to-wire-ws` sends, and the order that must come back for each frame: Binance depth updates of up to
 * 20 + 20 levels, each of which moves the touch. The book here is a list of levels a side, searched from end to end.
 */
import { Prng } from '../src/core/prng.ts';

export const SYMBOL = 'TAPEUSDT';
export const BASE_ASSET = 'TAPE';
export const QUOTE_ASSET = 'USDT';
export const TICK = '0.01';
export const LOT = '0.00001';
/** Where the peer has market data and order entry, and whose orders it takes. */
export const STREAM_PATH = '/stream';
export const API_PATH = '/ws-api/v3';
export const ACCOUNT = { apiKey: 'bench-key', secret: 'bench-secret' };

/** Ticks. */
const MID = 1_000_000;
const DEPTH = 40;
/** The best level is one of these: so many ticks from the middle. */
const INNER = 2;
const OUTER = 4;
/** Updates of levels behind the touch, a side, at most. */
const MAX_UPDATES = 19;
const MAX_LOTS = 1_000_000;

interface Level {
  readonly price: number;
  readonly lots: number;
}

/** As the strategy below makes it. Price and quantity are numbers of the venue's texts. */
export interface ExpectedOrder {
  readonly side: 'BUY' | 'SELL';
  readonly price: number;
  readonly quantity: number;
}

/**
 * The strategy of the benchmark: for each book that changed at the touch an order on the larger side, at its best price, of
 * the other side's quantity. Immediate or cancel, so that none stays open. Numbers stand for what `tapehead` exports by name.
 */
export const STRATEGY = `
const BUY = 1, SELL = 2, LIMIT = 1, IOC = 3;
export default {
  name: 'touch-answer',
  parameters: {},
  create: () => {
    const ticket = { instrument: 0, side: BUY, type: LIMIT, timeInForce: IOC, qtyLots: 1.5, priceTicks: 1.5 };
    return {
      onBook(ctx, instrument) {
        const book = ctx.book(instrument);
        if (book.isStale || !book.hasBid || !book.hasAsk) return;
        const isBuy = book.bidQtyLots >= book.askQtyLots;
        ticket.instrument = instrument;
        ticket.side = isBuy ? BUY : SELL;
        ticket.priceTicks = isBuy ? book.bidPriceTicks : book.askPriceTicks;
        ticket.qtyLots = isBuy ? book.askQtyLots : book.bidQtyLots;
        ctx.submit(ticket);
      },
    };
  },
};
`;

export class WsScript {
  private readonly random: Prng;
  /** Bids and asks, in no order. */
  private readonly sides: [Level[], Level[]] = [[], []];
  private lastUpdate = 1000;

  constructor(seed: number) {
    this.random = new Prng(seed);
    for (const side of [0, 1]) {
      for (let away = OUTER; away < OUTER + DEPTH; away++) this.set(side, priceOf(side, away), this.lots());
    }
  }

  /** The book as REST gives it. */
  snapshot(): string {
    const [bids, asks] = this.sides.map((levels) => [...levels].sort((a, b) => a.price - b.price).map(levelText));
    return JSON.stringify({ lastUpdateId: this.lastUpdate, bids: bids.reverse(), asks });
  }

  /** The next update, as the combined stream has it. */
  next(): string {
    const changes: [string[][], string[][]] = [[], []];
    const change = (side: number, price: number, lots: number): void => {
      this.set(side, price, lots);
      changes[side].push(levelText({ price, lots }));
    };
    const moved = this.random.below(2);
    change(moved, ...this.move(moved));
    const updates = this.random.below(MAX_UPDATES + 1);
    for (const side of [0, 1]) {
      const first = OUTER + 1 + this.random.below(DEPTH - MAX_UPDATES - 1);
      for (let i = 0; i < updates; i++) change(side, priceOf(side, first + i), this.lots());
    }
    const from = this.lastUpdate + 1;
    this.lastUpdate += 1 + this.random.below(50);
    const [b, a] = changes;
    const data = { e: 'depthUpdate', E: Date.now(), s: SYMBOL, U: from, u: this.lastUpdate, b, a };
    return JSON.stringify({ stream: `${SYMBOL.toLowerCase()}@depth@100ms`, data });
  }

  /** What follows from the book as it is now. */
  order(): ExpectedOrder {
    const bid = this.sides[0].reduce((best, one) => (one.price > best.price ? one : best));
    const ask = this.sides[1].reduce((best, one) => (one.price < best.price ? one : best));
    const isBuy = bid.lots >= ask.lots;
    return {
      side: isBuy ? 'BUY' : 'SELL',
      price: Number(priceText((isBuy ? bid : ask).price)),
      quantity: Number(qtyText((isBuy ? ask : bid).lots)),
    };
  }

  /** A better price than there is, the end of the best one, or another quantity there: price and lots. */
  private move(side: number): [number, number] {
    const level = (away: number): Level | undefined =>
      this.sides[side].find(({ price }) => price === priceOf(side, away));
    const inner = priceOf(side, INNER);
    const best = level(INNER);
    if (best === undefined) return [inner, this.lots()];
    if (this.random.below(2) === 0) return [inner, 0];
    return [inner, 1 + (best.lots % MAX_LOTS)];
  }

  private lots(): number {
    return 1 + this.random.below(MAX_LOTS);
  }

  private set(side: number, price: number, lots: number): void {
    const levels = this.sides[side];
    const at = levels.findIndex((level) => level.price === price);
    if (at >= 0) levels.splice(at, 1);
    if (lots > 0) levels.push({ price, lots });
  }
}

function priceOf(side: number, away: number): number {
  return side === 0 ? MID - away : MID + away;
}

function levelText({ price, lots }: Level): string[] {
  return [priceText(price), qtyText(lots)];
}

function priceText(ticks: number): string {
  return `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`;
}

function qtyText(lots: number): string {
  return `${Math.floor(lots / 1e5)}.${String(lots % 1e5).padStart(5, '0')}`;
}
