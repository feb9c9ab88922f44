/**
 * A few minutes of one simulated spot market across UTC midnight, recorded as Binance publishes it: level changes
 * every 100 ms with contiguous update ids, the touch whenever it changes, every trade, and one depth snapshot.
 */
import { assert } from '../core/assert.ts';
import { BinanceWriter, type LevelChange } from './binance-writer.ts';
import { Dice } from './dice.ts';
import { Market, type Profile } from './market.ts';
import { type BookEvents, BUY, type Ladder, MatchingBook, type Order, SELL } from './matching.ts';

export const SPOT_SYMBOL = 'TAPEUSDT';
/** 2026-03-03 23:56:24 UTC. */
const EPOCH_SECONDS = 1_772_582_400 - 216;
const SECOND = 1e9;
const DURATION_NS = 420 * SECOND;
const DIFF_EVERY_NS = SECOND / 10;
/** Levels a side in the REST answer; the simulated book has fewer, so that the answer is the whole book. */
const SNAPSHOT_LEVELS = 1000;
const SNAPSHOT_AT_NS = 0.87 * SECOND;
const SNAPSHOT_WAY_NS = 91_307_211;

const PROFILE: Profile = {
  tick: 1,
  startPrice: 243_157,
  volatility: 9,
  halfSpreadTicks: 1,
  depthTicks: 70,
  farthestTicks: 6_000,
  restingOrders: 1_100,
  makers: ['', '', '', '', '', '', '', ''],
  takerShare: 0.02,
  hiddenShare: 0,
  replaceShare: 0,
  quantity: amount,
};

/** Mostly bots with round amounts, some people with any amount. In 1e-4 of the coin. */
function amount(dice: Dice): number {
  const roll = dice.unit();
  if (roll < 0.45) return 500 * dice.between(1, 8);
  if (roll < 0.8) return 10 * dice.between(1, 400);
  return dice.chance(0.9) ? dice.between(20, 9_999) : dice.between(10_000, 400_000);
}

export class SpotSession implements BookEvents {
  readonly writer: BinanceWriter;
  readonly book: MatchingBook;
  readonly trades = { count: 0, qty: 0 };
  /** The update id that the snapshot shows. */
  snapshotId = 0;
  updateId = 71_204_118_364;
  private readonly dice: Dice;
  private readonly market: Market;
  private readonly activity: number;
  private now = 0;
  private firstOfDiff = 0;
  private tradeId = 1_480_226_951;
  private ref = 0;
  private readonly touched = { bids: new Set<number>(), asks: new Set<number>() };
  private fills: { price: number; qty: number; buyerIsMaker: boolean }[] = [];
  private touch = '';

  constructor(seed: number, activity: number) {
    this.dice = new Dice(seed);
    this.activity = activity;
    this.writer = new BinanceWriter(SPOT_SYMBOL, EPOCH_SECONDS, this.dice);
    this.book = new MatchingBook(this, { nextRef: () => ++this.ref });
    this.market = new Market(this.book, PROFILE, this.dice);
  }

  run(): void {
    this.warmUp();
    let nextDiff = DIFF_EVERY_NS;
    let snapshotDone = false;
    for (;;) {
      // In a burst now and then, else every few ms.
      const gap = this.dice.chance(0.6) ? this.dice.scale(12, 19) : (6e6 * this.dice.exponential()) / this.activity;
      const next = this.now + Math.floor(gap);
      if (!snapshotDone && next > SNAPSHOT_AT_NS) {
        snapshotDone = true;
        this.snapshotId = this.updateId;
        const { bids, asks } = this.book;
        assert(bids.levels.length <= SNAPSHOT_LEVELS && asks.levels.length <= SNAPSHOT_LEVELS, 'the snapshot is whole');
        this.writer.snapshot(this.now, SNAPSHOT_WAY_NS, this.updateId, bids, asks, SNAPSHOT_LEVELS);
      }
      while (next >= nextDiff && nextDiff <= DURATION_NS) {
        this.publishDiff(nextDiff);
        nextDiff += DIFF_EVERY_NS;
      }
      if (nextDiff > DURATION_NS) return;
      this.now = next;
      this.act();
    }
  }

  added(order: Order): void {
    this.change(order);
  }

  executed(order: Order, qty: number, price: number): void {
    this.change(order);
    this.trades.count++;
    this.trades.qty += qty;
    this.fills.push({ price, qty, buyerIsMaker: order.direction === BUY });
  }

  hiddenExecuted(): void {
    assert(false, 'no hidden orders here');
  }

  crossed(): void {
    assert(false, 'no auctions here');
  }

  reduced(order: Order): void {
    this.change(order);
  }

  deleted(order: Order): void {
    this.change(order);
  }

  replaced(old: Order, order: Order): void {
    this.change(old);
    this.change(order);
  }

  /** The market as the recorder finds it: running for long. Nothing of it is recorded. */
  private warmUp(): void {
    this.market.quoteAll();
    this.market.populate();
    this.book.continuous = true;
    for (let i = 0; i < 20_000; i++) this.market.trade();
    this.forget();
    this.trades.count = 0;
    this.trades.qty = 0;
    this.fills = [];
    this.touch = this.touchText();
  }

  private act(): void {
    this.market.fair.advance(this.now / SECOND, 1);
    this.market.trade();
    const tradesFirst = this.dice.chance(0.5);
    if (tradesFirst) this.publishTrades();
    this.publishTouch();
    if (!tradesFirst) this.publishTrades();
  }

  private publishTrades(): void {
    for (const fill of this.fills) this.writer.trade(this.now, ++this.tradeId, fill.price, fill.qty, fill.buyerIsMaker);
    this.fills = [];
  }

  private publishTouch(): void {
    const text = this.touchText();
    if (text === this.touch) return;
    this.touch = text;
    const [bid, ask] = [this.book.bids.best(), this.book.asks.best()];
    assert(bid !== null && ask !== null, 'the simulated market always has two sides');
    this.writer.ticker(this.now, this.updateId, bid, ask);
  }

  private touchText(): string {
    const [bid, ask] = [this.book.bids.best(), this.book.asks.best()];
    return `${bid?.price} ${bid?.qty} ${ask?.price} ${ask?.qty}`;
  }

  private publishDiff(at: number): void {
    if (this.firstOfDiff > this.updateId) return;
    const { bids, asks } = this.touched;
    this.writer.depth(
      at,
      this.firstOfDiff,
      this.updateId,
      changes(this.book.bids, bids),
      changes(this.book.asks, asks),
    );
    this.forget();
  }

  private forget(): void {
    this.touched.bids.clear();
    this.touched.asks.clear();
    this.firstOfDiff = this.updateId + 1;
  }

  private change(order: Order): void {
    this.updateId++;
    (order.direction === SELL ? this.touched.asks : this.touched.bids).add(order.price);
  }
}

/** What the touched levels hold now, best first. */
function changes(ladder: Ladder, touched: ReadonlySet<number>): LevelChange[] {
  const prices = [...touched].sort((a, b) => (b - a) * ladder.direction);
  return prices.map((price) => ({ price, qty: ladder.at(price)?.qty ?? 0 }));
}
