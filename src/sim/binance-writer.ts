/**
 * Writes a raw recording of Binance spot streams as a recorder on one connection would: one line per message, the
 * receipt time in ns since the epoch, a space, the message as the venue sent it (combined stream envelope), and the REST
 * depth snapshot, which has neither envelope nor symbol. Times of the session are ns since `epochSeconds`.
 */
import type { Dice } from './dice.ts';
import type { Ladder, Level } from './matching.ts';

/** Decimals of the simulated instrument; the venue always writes eight. */
export const PRICE_DECIMALS = 2;
export const QTY_DECIMALS = 4;
const MILLISECOND = 1e6;
/** Shortest way from the venue to the recorder, ns. */
const SHORTEST_WAY_NS = 3_100_000;

export interface LevelChange {
  readonly price: number;
  /** What the level holds now; 0 when it is gone. */
  readonly qty: number;
}

export class BinanceWriter {
  /** Lines so far: by stream, and `snapshot`. */
  readonly counts: Record<string, number> = {};
  private readonly symbol: string;
  private readonly stream: string;
  private readonly epochSeconds: number;
  private readonly dice: Dice;
  private readonly lines: string[] = [];
  private lastReceipt = 0;
  private stalledUntil = 0;
  private waiting: { receipt: number; line: string } | null = null;

  constructor(symbol: string, epochSeconds: number, dice: Dice) {
    this.symbol = symbol;
    this.stream = symbol.toLowerCase();
    this.epochSeconds = epochSeconds;
    this.dice = dice;
  }

  contents(): string {
    return `${this.lines.join('\n')}\n`;
  }

  depth(now: number, first: number, last: number, bids: readonly LevelChange[], asks: readonly LevelChange[]): void {
    this.send(
      now,
      'depth@100ms',
      `{"e":"depthUpdate","E":${this.ms(now)},"s":"${this.symbol}","U":${first},"u":${last},"b":${pairs(bids)},"a":${pairs(asks)}}`,
    );
  }

  ticker(now: number, update: number, bid: Level, ask: Level): void {
    this.send(
      now,
      'bookTicker',
      `{"u":${update},"s":"${this.symbol}","b":"${price(bid.price)}","B":"${qty(bid.qty)}","a":"${price(ask.price)}","A":"${qty(ask.qty)}"}`,
    );
  }

  trade(now: number, id: number, at: number, amount: number, buyerIsMaker: boolean): void {
    const ms = this.ms(now);
    this.send(
      now,
      'trade',
      `{"e":"trade","E":${ms},"s":"${this.symbol}","t":${id},"p":"${price(at)}","q":"${qty(amount)}","T":${ms},"m":${buyerIsMaker},"M":true}`,
    );
  }

  /** The answer to a REST request: it shows the book as at `now` and arrives, on its own connection, `wayNs` later. */
  snapshot(now: number, wayNs: number, update: number, bids: Ladder, asks: Ladder, depth: number): void {
    const best = (ladder: Ladder) => pairs(ladder.levels.slice(-depth).reverse());
    this.waiting = {
      receipt: now + wayNs,
      line: `{"lastUpdateId":${update},"bids":${best(bids)},"asks":${best(asks)}}`,
    };
  }

  private send(now: number, stream: string, data: string): void {
    const receipt = this.receiptOf(now);
    if (this.waiting !== null && this.waiting.receipt <= receipt) {
      this.write(this.waiting.receipt, this.waiting.line, 'snapshot');
      this.waiting = null;
    }
    this.write(receipt, `{"stream":"${this.stream}@${stream}","data":${data}}`, stream);
  }

  /** One connection: messages never overtake each other; now and then it stalls and the backlog arrives at once. */
  private receiptOf(now: number): number {
    const { dice } = this;
    if (dice.chance(0.0004)) this.stalledUntil = now + dice.between(20, 180) * MILLISECOND;
    let receipt = now + SHORTEST_WAY_NS + Math.floor(400_000 * dice.exponential());
    if (receipt < this.stalledUntil) receipt = this.stalledUntil;
    const earliest = this.lastReceipt + dice.between(900, 9_000);
    if (receipt < earliest) receipt = earliest;
    this.lastReceipt = receipt;
    return receipt;
  }

  private write(receipt: number, message: string, kind: string): void {
    const seconds = Math.floor(receipt / 1e9);
    const ns = String(receipt - seconds * 1e9).padStart(9, '0');
    this.lines.push(`${this.epochSeconds + seconds}${ns} ${message}`);
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }

  private ms(now: number): number {
    return this.epochSeconds * 1000 + Math.floor(now / MILLISECOND);
  }
}

function pairs(levels: readonly LevelChange[]): string {
  return `[${levels.map((level) => `["${price(level.price)}","${qty(level.qty)}"]`).join(',')}]`;
}

function price(units: number): string {
  return decimal(units, PRICE_DECIMALS);
}

function qty(units: number): string {
  return decimal(units, QTY_DECIMALS);
}

/** An integer count of 10^-decimals with eight decimals, as the venue writes every number. */
function decimal(units: number, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}.${digits.slice(point)}${'0'.repeat(8 - decimals)}`;
}
