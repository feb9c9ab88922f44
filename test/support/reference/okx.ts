import { crc32 } from 'node:zlib';
import { decimalOf, idOf, integerOf, isObject, type Json, textOf, type Value } from './values.ts';
import { type Level, ReferenceBook, ReferenceDecoder, refuse, Stale } from './venue.ts';

class OkxBook extends ReferenceBook {
  channel = '';
  /** Its snapshot had a checksum. */
  checked = false;
  /** seqId of the last message applied; null: its snapshot had none. */
  last: bigint | null = null;
  /** "prevSeqId seqId" of the last sixteen updates applied. */
  applied: string[] = [];
}

export class ReferenceOkxFrames extends ReferenceDecoder<OkxBook> {
  protected makeBook(symbol: string): OkxBook {
    return new OkxBook(symbol);
  }

  override frame(bytes: Uint8Array, connection: number): void {
    if (Buffer.from(bytes).toString('latin1') !== 'pong') super.frame(bytes, connection);
  }

  override disconnected(connection: number): void {
    super.disconnected(connection);
    for (const book of this.books.values()) if (book.connection < 0) book.channel = '';
  }

  protected message(frame: Json, connection: number): void {
    if (!isObject(frame)) refuse('no object');
    const { event, arg, action, data } = frame;
    if (typeof event === 'string') return;
    if (arg !== undefined && !isObject(arg)) refuse('arg is no object');
    const channel = arg?.channel;
    const symbol = arg?.instId;
    if (typeof channel !== 'string' || channel === '' || typeof symbol !== 'string' || symbol === '') return;
    if (data === undefined) return;
    const kind = /^books/.test(channel)
      ? 'book'
      : /^trades(-all)?$/.test(channel)
        ? 'trades'
        : /^(tickers|bbo-tbt)$/.test(channel)
          ? 'touch'
          : '';
    if (kind === '') return;
    if (!Array.isArray(data)) refuse('data is no array');
    const book = this.book(symbol);
    if (kind === 'trades') this.trades(book, data);
    else if (data.length === 0) refuse('no entry');
    else if (kind === 'touch') this.bestPrices(book, data[0]);
    else {
      const type = channel === 'books5' ? 'snapshot' : action;
      if (type !== 'snapshot' && type !== 'update') refuse('neither snapshot nor update');
      for (const entry of data) this.entry(book, channel, type, entry, connection);
    }
  }

  private entry(book: OkxBook | null, channel: string, type: string, entry: Json, connection: number): void {
    if (!isObject(entry)) refuse('an entry is an object');
    const levels = [...levelsOf(entry.bids, 'bid'), ...levelsOf(entry.asks, 'ask')];
    // Our decoder emits sides in the order they are written.
    if (Object.keys(entry).indexOf('asks') < Object.keys(entry).indexOf('bids')) {
      levels.sort((a, b) => Number(a.side === 'bid') - Number(b.side === 'bid'));
    }
    const checksum = entry.checksum === undefined ? 0n : integerOf(entry.checksum);
    if (checksum === null) refuse('a checksum is an integer');
    if (book === null) return;
    const time = this.time(integerOf(entry.ts));
    const sequence = integerOf(entry.seqId);
    const previous = integerOf(entry.prevSeqId);
    if (book.channel === '' && type === 'snapshot') book.channel = channel;
    if (book.channel !== '' && book.channel !== channel) return;
    if (type === 'snapshot') {
      book.connection = connection;
      book.checked = checksum !== 0n;
      book.last = null;
      book.applied = [];
      if (!this.begin(book, levels)) return;
      this.keep(book, levels);
      if (!this.isRight(book, checksum)) return;
      this.emitSnapshot(book, levels, time, sequence ?? 0n);
      book.last = sequence !== null && sequence >= 0n ? sequence : null;
      this.live(book);
      return;
    }
    this.define(book);
    if (book.stale !== Stale.None || book.connection !== connection) return;
    if (book.last !== null) {
      if (sequence === null || previous === null) refuse('an update without its numbers');
      if (!this.isNext(book, previous, sequence)) return;
    }
    if (!this.sensible(book, levels)) return;
    this.keep(book, levels);
    if (this.isRight(book, checksum)) this.emit(book, levels, time);
  }

  private isNext(book: OkxBook, previous: bigint, sequence: bigint): boolean {
    const link = `${previous} ${sequence}`;
    const last = book.last!;
    if (previous === last) {
      book.last = sequence;
      book.applied = [...book.applied, link].slice(-16);
      return true;
    }
    const seen = book.applied.includes(link);
    this.trouble(book, seen ? 'duplicate' : 'gap', last, previous);
    if (!seen) this.stale(book, Stale.Gap);
    return false;
  }

  private isRight(book: OkxBook, checksum: bigint): boolean {
    if (checksum === 0n || !book.checked) return true;
    const ours = BigInt(interleavedCrc(book, 25));
    if (ours === checksum) return true;
    this.trouble(book, 'checksum', checksum, ours);
    this.stale(book, Stale.Checksum);
    return false;
  }

  private trades(book: OkxBook | null, data: readonly Json[]): void {
    const rows = data.map((entry) => {
      if (!isObject(entry)) refuse('a trade is an object');
      const price = decimalOf(entry.px) ?? refuse('no price');
      const qty = decimalOf(entry.sz) ?? refuse('no size');
      const side = entry.side === 'buy' ? 'bid' : entry.side === 'sell' ? 'ask' : 'none';
      return { price, qty, side, id: idOf(entry.tradeId), ms: entry.ts === undefined ? null : integerOf(entry.ts) };
    });
    if (book === null) return;
    for (const { price, qty, side, id, ms } of rows) this.trade(book, side, price, qty, id, this.time(ms));
  }

  private bestPrices(book: OkxBook | null, entry: Json): void {
    if (!isObject(entry)) refuse('an entry is an object');
    const bid = bestOf(entry.bidPx, entry.bidSz, entry.bids);
    const ask = bestOf(entry.askPx, entry.askSz, entry.asks);
    if (book !== null) this.touch(book, bid, ask, this.time(integerOf(entry.ts)));
  }
}

/** CRC-32 of "bid:size:ask:size:..." as written, signed. */
export function interleavedCrc(book: ReferenceBook, depth: number): number {
  const bids = book.sorted('bid');
  const asks = book.sorted('ask');
  const parts: string[] = [];
  for (let i = 0; i < depth; i++) {
    if (i < bids.length) parts.push(...bids[i]);
    if (i < asks.length) parts.push(...asks[i]);
  }
  return crc32(parts.join(':')) | 0;
}

export function levelsOf(list: Json, side: 'bid' | 'ask'): Level[] {
  if (!Array.isArray(list)) refuse('levels are an array');
  return list.map((level: Json) => {
    if (!Array.isArray(level) || level.length < 2) refuse('a level is [price, quantity, ...]');
    const price = decimalOf(level[0]) ?? refuse('no price');
    const qty = decimalOf(level[1]) ?? refuse('no quantity');
    return { side, price, qty, orders: idOf(level[3]) };
  });
}

function bestOf(price: Json, qty: Json, levels: Json): [Value, Value] | null {
  if (levels !== undefined) {
    if (!Array.isArray(levels)) refuse('levels are an array');
    const [level] = levelsOf(levels.slice(0, 1), 'bid');
    return level === undefined ? null : [level.price, level.qty];
  }
  const px = decimalOf(price) ?? refuse('no best price');
  if (textOf(price) === '') return null;
  const sz = qty === undefined ? decimalOf('0') : decimalOf(qty);
  return [px, sz ?? refuse('no best size')];
}
