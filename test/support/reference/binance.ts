import { levelsOf } from './okx.ts';
import { decimalOf, integerOf, isNumber, isObject, type Json, type Value } from './values.ts';
import { type Level, ReferenceBook, ReferenceDecoder, refuse, Stale } from './venue.ts';

interface Diff {
  readonly first: number;
  readonly final: number;
  /** Null on spot. */
  readonly previous: number | null;
  readonly levels: readonly Level[];
  readonly ms: bigint | null;
}

class BinanceBook extends ReferenceBook {
  state: 'waiting' | 'joining' | 'live' = 'waiting';
  last = -1;
  lastFirst = -1;
  snapshotId = 0;
  queue: Diff[] = [];
}

export class ReferenceBinanceFrames extends ReferenceDecoder<BinanceBook> {
  protected makeBook(symbol: string): BinanceBook {
    return new BinanceBook(symbol);
  }

  override disconnected(connection: number): void {
    for (const book of this.books.values()) {
      // A book of a snapshot alone is nobody's, and goes with any connection.
      if (book.connection !== connection && book.connection >= 0) continue;
      book.connection = -1;
      book.state = 'waiting';
      book.last = -1;
      book.lastFirst = -1;
      book.queue = [];
      this.stale(book, Stale.Disconnected);
    }
  }

  protected message(frame: Json, connection: number): void {
    if (!isObject(frame)) refuse('no object');
    const fields = isObject(frame.data) ? { ...frame, ...frame.data } : frame;
    const { e: type, s: symbol } = fields;
    const name = typeof symbol === 'string' ? symbol : null;
    if (type === 'depthUpdate') this.depth(fields, name, connection);
    else if (type === 'trade' || type === 'aggTrade') this.print(fields, name, type === 'trade' ? 't' : 'a');
    else if (type === 'bookTicker' || (typeof type !== 'string' && hasTouch(fields))) this.ticker(fields, name);
  }

  override rest(symbol: string, bytes: Uint8Array): void {
    this.extreme = false;
    const body = this.parse(bytes);
    if (!isObject(body)) refuse('no object');
    const id = integerOf(body.lastUpdateId);
    const [bids, asks] = sideKeys(body);
    if (id === null || id < 0n || !Array.isArray(body[bids]) || !Array.isArray(body[asks])) return;
    const levels = inOrder(body, bids, asks);
    const book = this.book(symbol);
    if (book === null || book.state === 'live') return;
    const snapshotId = Number(id);
    const firstLeft = book.queue.find((diff) => relation(snapshotId, diff) !== 'before');
    if (firstLeft !== undefined && relation(snapshotId, firstLeft) === 'beyond') return;
    const time = this.time(integerOf(body.E));
    if (!this.begin(book, levels)) {
      book.state = 'waiting';
      return;
    }
    this.emitSnapshot(book, levels, time, id);
    Object.assign(book, { state: 'joining', snapshotId, last: snapshotId, lastFirst: -1 });
    this.drain(book);
    if (book.state !== 'waiting') this.live(book);
  }

  private depth(fields: Json, symbol: string | null, connection: number): void {
    const [bids, asks] = sideKeys(fields);
    if (symbol === null || !Array.isArray(fields[bids]) || !Array.isArray(fields[asks])) refuse('s, b and a');
    const levels = inOrder(fields, bids, asks);
    const [first, final] = [integerOf(fields.U), integerOf(fields.u)];
    if (first === null || final === null || first < 0n || final < first) refuse('U and u are ids');
    const previous = fields.pu === undefined ? -1n : integerOf(fields.pu);
    if (previous === null) refuse('pu is an id');
    if (typeof fields.stream === 'string' && /@depth\d/.test(fields.stream)) return;
    const book = this.book(symbol);
    if (book === null) return;
    this.define(book);
    book.connection = connection;
    const diff: Diff = {
      first: Number(first),
      final: Number(final),
      previous: previous === -1n ? null : Number(previous),
      levels,
      ms: integerOf(fields.E),
    };
    if (!this.use(book, diff)) book.queue.push(diff);
  }

  /** False: it is to wait for a snapshot. */
  private use(book: BinanceBook, diff: Diff): boolean {
    const { first, final, previous } = diff;
    const known = previous === null ? book.last + 1 : book.last;
    const came = previous ?? first;
    const isLast = final === book.last && first === book.lastFirst;
    if (book.state === 'waiting') {
      if (final > book.last) {
        Object.assign(book, { last: final, lastFirst: first });
        return false;
      }
      this.trouble(book, isLast ? 'duplicate' : 'late', book.last + 1, first);
      return true;
    }
    if (book.state === 'joining') {
      const where = relation(book.snapshotId, diff);
      if (where === 'before') return true;
      if (where === 'joins') {
        book.state = 'live';
        this.apply(book, diff);
        return true;
      }
    } else if (final <= book.last) {
      this.trouble(book, final > book.snapshotId || isLast ? 'duplicate' : 'late', known, came);
      return true;
    } else if (came === known || (previous === null && first < known)) {
      this.apply(book, diff);
      return true;
    }
    this.trouble(book, 'gap', known, came);
    this.stale(book, Stale.Gap);
    Object.assign(book, { state: 'waiting', last: final, lastFirst: first });
    return false;
  }

  private apply(book: BinanceBook, { first, final, levels, ms }: Diff): void {
    Object.assign(book, { last: final, lastFirst: first });
    if (levels.length === 0) return;
    if (this.sensible(book, levels)) this.emit(book, levels, this.time(ms));
    else book.state = 'waiting';
  }

  private drain(book: BinanceBook): void {
    while (book.queue.length > 0) {
      if (!this.use(book, book.queue[0])) return;
      book.queue.shift();
      if (book.state === 'waiting') return;
    }
  }

  private ticker(fields: Json, symbol: string | null): void {
    if (symbol === null || !hasTouch(fields)) refuse('a bookTicker has s, b, B, a and A');
    const book = this.book(symbol);
    const pair = (price: Json, qty: Json): [Value, Value] => [decimalOf(price)!, decimalOf(qty)!];
    if (book === null) return;
    this.touch(book, pair(fields.b, fields.B), pair(fields.a, fields.A), this.time(integerOf(fields.E)));
  }

  private print(fields: Json, symbol: string | null, idKey: string): void {
    const [price, qty] = [decimalOf(fields.p), decimalOf(fields.q)];
    if (symbol === null || price === null || qty === null || typeof fields.m !== 'boolean') refuse('s, p, q and m');
    const book = price.sign === 0 && qty.sign === 0 ? null : this.book(symbol);
    if (book === null) return;
    const stated = idKey === 'a' && !isNumber(fields.a) ? null : integerOf(fields[idKey]);
    const id = String(stated ?? 0);
    this.trade(book, fields.m ? 'ask' : 'bid', price, qty, id, this.time(integerOf(fields.T)));
  }
}

/** The first update behind the snapshot has U <= id + 1 <= u on spot, U <= id <= u on futures. */
function relation(id: number, { first, final, previous }: Diff): 'before' | 'joins' | 'beyond' {
  if (previous === null) return final <= id ? 'before' : first <= id + 1 ? 'joins' : 'beyond';
  return final < id ? 'before' : first <= id || previous === id ? 'joins' : 'beyond';
}

/** Snapshots and updates have different names for the sides; either is understood in both. */
function sideKeys(fields: Json): [bids: string, asks: string] {
  return [Array.isArray(fields.bids) ? 'bids' : 'b', Array.isArray(fields.asks) ? 'asks' : 'a'];
}

/** Both sides as they are written, one behind the other. */
function inOrder(fields: Json, bids: string, asks: string): Level[] {
  const sides = [levelsOf(fields[bids], 'bid'), levelsOf(fields[asks], 'ask')];
  const keys = Object.keys(fields);
  return (keys.indexOf(asks) < keys.indexOf(bids) ? sides.reverse() : sides).flat();
}

function hasTouch(fields: Json): boolean {
  const numbers = [fields.b, fields.B, fields.A].every((value) => typeof value === 'string' || isNumber(value));
  return typeof fields.s === 'string' && numbers && typeof fields.a === 'string';
}
