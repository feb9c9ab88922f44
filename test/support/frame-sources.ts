/** Endless sessions of small, valid frames, as each venue writes them, with lost and repeated messages among them. */
import { crc32 } from 'node:zlib';
import { Prng } from '../../src/core/prng.ts';

export const FRAMES_MS = 1_618_678_132_000;

export interface SourceFrame {
  readonly text: string;
  /** Symbol of the REST request that it answers; null for a frame of the websocket. */
  readonly rest: string | null;
}

interface Change {
  readonly isBid: boolean;
  readonly price: string;
  readonly qty: string;
}

/** A book of a few levels that changes at random, in the venue's texts. */
class Model {
  readonly bids = new Map<number, [string, string]>();
  readonly asks = new Map<number, [string, string]>();
  private readonly random: Prng;

  constructor(random: Prng) {
    this.random = random;
    for (let i = 0; i < 12; i++) this.change();
  }

  change(): Change {
    const { random } = this;
    const isBid = random.below(2) === 0;
    const side = isBid ? this.bids : this.asks;
    const ticks = isBid ? 50_000 - random.below(8) : 50_001 + random.below(8);
    const isGone = side.has(ticks) && side.size > 2 && random.below(3) === 0;
    const price = (ticks / 100).toFixed(random.below(4) === 0 && ticks % 10 === 0 ? 1 : 2);
    const qty = isGone ? '0' : (1 + random.below(9_999)) / 1000;
    if (isGone) side.delete(ticks);
    else side.set(ticks, [price, String(qty)]);
    return { isBid, price, qty: String(qty) };
  }

  changes(): Change[] {
    return Array.from({ length: this.random.below(4) }, () => this.change());
  }

  sorted(isBid: boolean): [string, string][] {
    const levels = [...(isBid ? this.bids : this.asks)].sort(([a], [b]) => (isBid ? b - a : a - b));
    return levels.map(([, level]) => level);
  }

  checksum(signed: boolean): number {
    const [bids, asks] = [this.sorted(true), this.sorted(false)];
    const parts: string[] = [];
    for (let i = 0; i < 25; i++) {
      if (i < bids.length) parts.push(...bids[i]);
      if (i < asks.length) parts.push(asks[i][0], (signed ? '-' : '') + asks[i][1]);
    }
    return crc32(parts.join(':')) | 0;
  }
}

export abstract class FrameSource {
  protected readonly random: Prng;
  protected readonly model: Model;
  protected ms = FRAMES_MS;
  private last: SourceFrame | null = null;

  constructor(seed: number) {
    this.random = new Prng(seed);
    this.model = new Model(this.random);
  }

  /** What a new connection begins with. */
  abstract start(): SourceFrame[];
  /** What makes the book whole again. */
  abstract snapshot(): SourceFrame[];
  protected abstract update(): string;
  /** A trade, a best bid and offer, an answer: anything but the book. */
  protected abstract other(): string;

  next(): SourceFrame[] {
    const { random } = this;
    this.ms += random.below(20);
    const roll = random.below(100);
    if (roll < 3 && this.last !== null) return [this.last];
    if (roll < 5) this.update(); // lost
    if (roll < 8) return this.snapshot();
    const text = roll < 75 ? this.update() : this.other();
    this.last = { text, rest: null };
    return [this.last];
  }

  protected price(): string {
    return (500 + this.random.below(100) / 100).toFixed(2);
  }

  protected qty(): string {
    return String((1 + this.random.below(9_999)) / 1000);
  }
}

const frame = (value: unknown): SourceFrame => ({ text: JSON.stringify(value), rest: null });

export class OkxSource extends FrameSource {
  private sequence = 100;
  private readonly id = 'BTC-USDT';

  start(): SourceFrame[] {
    return [frame({ event: 'subscribe', arg: { channel: 'books', instId: this.id }, connId: 'a' }), ...this.snapshot()];
  }

  snapshot(): SourceFrame[] {
    const bids = this.model.sorted(true).map(([p, q], i) => [p, q, '0', String(i)]);
    const asks = this.model.sorted(false).map(([p, q]) => [p, q, '0', '2']);
    return [frame(this.book('snapshot', bids, asks, -1))];
  }

  protected update(): string {
    const { random } = this;
    const changes = random.below(12) === 0 ? [] : this.model.changes();
    const side = (isBid: boolean) =>
      changes.filter((one) => one.isBid === isBid).map(({ price, qty }) => [price, qty, '0', qty === '0' ? '0' : '1']);
    const previous = this.sequence;
    const how = random.below(40);
    this.sequence = how === 0 ? random.below(50) : changes.length === 0 ? previous : previous + 1 + random.below(5);
    return JSON.stringify(this.book('update', side(true), side(false), previous));
  }

  protected other(): string {
    const { random, id } = this;
    const ts = String(this.ms);
    const roll = random.below(10);
    if (roll < 4) {
      const trade = { instId: id, tradeId: String(random.below(1e6)), px: this.price(), sz: this.qty(), ts };
      const side = random.below(2) === 0 ? 'buy' : 'sell';
      return JSON.stringify({ arg: { channel: 'trades', instId: id }, data: [{ ...trade, side, count: '1' }] });
    }
    if (roll < 6) {
      const prices = { askPx: this.price(), askSz: this.qty(), bidPx: random.below(4) === 0 ? '' : this.price() };
      return JSON.stringify({ arg: { channel: 'tickers', instId: id }, data: [{ ...prices, bidSz: '1', ts }] });
    }
    if (roll < 8) {
      const data = [{ asks: [[this.price(), '1', '0', '1']], bids: [], ts, seqId: 5 }];
      return JSON.stringify({ arg: { channel: 'bbo-tbt', instId: id }, data });
    }
    return roll === 8 ? 'pong' : JSON.stringify({ event: 'error', code: '60012', msg: 'Invalid request' });
  }

  private book(action: string, bids: string[][], asks: string[][], prevSeqId: number): object {
    const isChecked = prevSeqId < 0 ? this.random.below(3) > 0 : this.random.below(4) > 0;
    const checksum = isChecked ? this.model.checksum(false) : 0;
    const entry = { asks, bids, ts: String(this.ms), checksum, seqId: this.sequence, prevSeqId };
    return { arg: { channel: 'books', instId: this.id }, action, data: [entry] };
  }
}

export class BybitSource extends FrameSource {
  private u = 100;
  private seq = 7_961_638_724;

  start(): SourceFrame[] {
    return [frame({ success: true, ret_msg: 'subscribe', conn_id: 'a', op: 'subscribe' }), ...this.snapshot()];
  }

  snapshot(): SourceFrame[] {
    if (this.random.below(3) === 0) this.u = 1;
    return [frame(this.book('snapshot', this.model.sorted(true), this.model.sorted(false)))];
  }

  protected update(): string {
    const changes = this.model.changes();
    const side = (isBid: boolean) => changes.filter((one) => one.isBid === isBid).map(({ price, qty }) => [price, qty]);
    this.u++;
    this.seq += 1 + this.random.below(9);
    return JSON.stringify(this.book('delta', side(true), side(false)));
  }

  protected other(): string {
    const { random, ms } = this;
    const roll = random.below(10);
    if (roll < 5) {
      const side = random.below(2) === 0 ? 'Buy' : 'Sell';
      const trade = {
        T: ms,
        s: 'BTCUSDT',
        S: side,
        v: this.qty(),
        p: this.price(),
        L: 'PlusTick',
        i: '2290',
        BT: false,
      };
      return JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: ms, data: [trade] });
    }
    if (roll < 8) return JSON.stringify(this.book('snapshot', [[this.price(), '1']], [], 1));
    if (roll === 8) return '{"success":true,"ret_msg":"pong","conn_id":"a","op":"ping"}';
    return JSON.stringify({ topic: 'tickers.BTCUSDT', type: 'snapshot', data: { lastPrice: this.price() }, ts: ms });
  }

  private book(type: string, b: string[][], a: string[][], depth = 50): object {
    const data = { s: 'BTCUSDT', b, a, u: this.u, seq: this.seq };
    return { topic: `orderbook.${depth}.BTCUSDT`, type, ts: this.ms + 3, data, cts: this.ms };
  }
}

export class BitfinexSource extends FrameSource {
  private number = 0;
  private id = 10;

  start(): SourceFrame[] {
    this.number = 0;
    const sub = (channel: string, chanId: number) => ({ event: 'subscribed', channel, chanId, symbol: 'tBTCUSD' });
    const events = [
      { event: 'info', version: 2 },
      { event: 'conf', status: 'OK', flags: 196608 },
      { ...sub('book', 5), prec: 'P0' },
      sub('trades', 6),
      sub('ticker', 7),
    ];
    return [...events.map(frame), ...this.snapshot()];
  }

  snapshot(): SourceFrame[] {
    const row = (isBid: boolean) => (level: [string, string]) => `[${level[0]},2,${isBid ? '' : '-'}${level[1]}]`;
    const rows = [...this.model.sorted(true).map(row(true)), ...this.model.sorted(false).map(row(false))];
    return [{ text: `[5,[${rows.join(',')}],${++this.number}]`, rest: null }];
  }

  protected update(): string {
    const { isBid, price, qty } = this.model.change();
    const isGone = qty === '0';
    return `[5,[${price},${isGone ? 0 : 3},${isBid ? '' : '-'}${isGone ? 1 : qty}],${++this.number}]`;
  }

  protected other(): string {
    const roll = this.random.below(10);
    if (roll < 4) return `[5,"cs",${this.model.checksum(true)},${++this.number}]`;
    if (roll === 4) return `[5,"hb",${++this.number}]`;
    if (roll === 5) return `[7,[${this.price()},10,${this.price()},12,0.5,0.01,500,1000,510,490],${++this.number}]`;
    const sign = this.random.below(2) === 0 ? '-' : '';
    const trade = `[${++this.id},${this.ms},${sign}${this.qty()},${this.price()}]`;
    return `[6,"${roll < 8 ? 'te' : 'tu'}",${trade},${++this.number}]`;
  }
}

export class BinanceSource extends FrameSource {
  private id = 1000;
  private readonly futures: boolean;
  private readonly wrapped: boolean;

  constructor(seed: number) {
    super(seed);
    this.futures = seed % 2 === 0;
    this.wrapped = seed % 3 === 0;
  }

  start(): SourceFrame[] {
    return [{ text: this.update(), rest: null }, ...this.snapshot()];
  }

  snapshot(): SourceFrame[] {
    const [bids, asks] = [this.model.sorted(true), this.model.sorted(false)];
    return [{ text: JSON.stringify({ lastUpdateId: this.id, bids, asks }), rest: 'BTCUSDT' }];
  }

  protected update(): string {
    const changes = this.model.changes();
    const side = (isBid: boolean) =>
      changes
        .filter((one) => one.isBid === isBid)
        .map(({ price, qty }) => [`${Number(price).toFixed(2)}000000`, `${Number(qty).toFixed(3)}00000`]);
    const previous = this.id;
    const first = previous + 1 + (this.futures ? this.random.below(3) : 0);
    this.id = first + this.random.below(5);
    const ids = { U: first, u: this.id, ...(this.futures ? { pu: previous } : {}) };
    return this.message('depth', { e: 'depthUpdate', E: this.ms, s: 'BTCUSDT', ...ids, b: side(true), a: side(false) });
  }

  protected other(): string {
    const { random, ms } = this;
    const roll = random.below(10);
    if (roll < 5) {
      const print = { p: this.price(), q: this.qty(), T: ms, m: random.below(2) === 0 };
      const isTrade = roll < 3;
      const id = isTrade ? { t: random.below(1e6) } : { a: random.below(1e6) };
      const e = isTrade ? 'trade' : 'aggTrade';
      return this.message(e, { e, E: ms + 1, s: 'BTCUSDT', ...id, ...print, M: true });
    }
    if (roll < 9) {
      const touch = { u: this.id, s: 'BTCUSDT', b: this.price(), B: this.qty(), a: this.price(), A: this.qty() };
      return this.message('bookTicker', this.futures ? { e: 'bookTicker', ...touch, T: ms, E: ms } : touch);
    }
    return '{"result":null,"id":1}';
  }

  private message(stream: string, data: object): string {
    return JSON.stringify(this.wrapped ? { stream: `btcusdt@${stream}`, data } : data);
  }
}
