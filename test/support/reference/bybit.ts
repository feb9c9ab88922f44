import { levelsOf } from './okx.ts';
import { decimalOf, idOf, integerOf, isObject, type Json } from './values.ts';
import { ReferenceBook, ReferenceDecoder, refuse, Stale } from './venue.ts';

class BybitBook extends ReferenceBook {
  depth = 0;
  last = 0n;
  lastCross = 0n;
  snapshotAt = 0n;
}

export class ReferenceBybitFrames extends ReferenceDecoder<BybitBook> {
  protected makeBook(symbol: string): BybitBook {
    return new BybitBook(symbol);
  }

  override disconnected(connection: number): void {
    super.disconnected(connection);
    for (const book of this.books.values()) if (book.connection < 0) book.depth = 0;
  }

  protected message(frame: Json, connection: number): void {
    if (!isObject(frame)) refuse('no object');
    if (typeof frame.topic !== 'string') return;
    const book = /^orderbook\.(\d{1,5})\.([^.]+)$/.exec(frame.topic);
    const trades = /^publicTrade\.([^.]+)$/.exec(frame.topic);
    if (book !== null && Number(book[1]) > 0) this.orderbook(frame, Number(book[1]), book[2], connection);
    else if (trades !== null) this.trades(frame, trades[1]);
  }

  private trades(frame: Json, symbol: string): void {
    if (!Array.isArray(frame.data)) refuse('trades are an array');
    const rows = frame.data.map((entry: Json) => {
      if (!isObject(entry)) refuse('a trade is an object');
      const price = decimalOf(entry.p) ?? refuse('no price');
      const qty = decimalOf(entry.v) ?? refuse('no size');
      return { entry, price, qty };
    });
    const book = this.book(symbol);
    if (book === null) return;
    for (const { entry, price, qty } of rows) {
      const side = entry.S === 'Buy' ? 'bid' : entry.S === 'Sell' ? 'ask' : 'none';
      this.trade(book, side, price, qty, idOf(entry.i), this.time(integerOf(entry.T)));
    }
  }

  private orderbook(frame: Json, depth: number, symbol: string, connection: number): void {
    const { data, type } = frame;
    if (!isObject(data)) refuse('a book is an object');
    if (type !== 'snapshot' && type !== 'delta') refuse('neither snapshot nor delta');
    if (data.s !== undefined && data.s !== symbol) refuse('two symbols');
    const levels = [...levelsOf(data.b, 'bid'), ...levelsOf(data.a, 'ask')];
    if (Object.keys(data).indexOf('a') < Object.keys(data).indexOf('b')) {
      levels.sort((a, b) => Number(a.side === 'bid') - Number(b.side === 'bid'));
    }
    const update = integerOf(data.u);
    if (update === null || update < 0n) refuse('u is no number');
    const cross = BigInt(idOf(data.seq));
    const book = this.book(symbol);
    if (book === null) return;
    const time = this.time(integerOf(frame.cts) ?? integerOf(frame.ts));
    if (type === 'snapshot') {
      if (depth < book.depth) return;
      book.connection = connection;
      book.depth = depth;
      if (!this.begin(book, levels)) return;
      this.emitSnapshot(book, levels, time, update);
      book.last = update;
      book.snapshotAt = update;
      book.lastCross = cross;
      this.live(book);
      return;
    }
    if (book.depth > 0 && depth !== book.depth) return;
    this.define(book);
    if (book.stale !== Stale.None || book.connection !== connection || !this.isNext(book, update, cross)) return;
    if (this.sensible(book, levels)) this.emit(book, levels, time);
  }

  private isNext(book: BybitBook, update: bigint, cross: bigint): boolean {
    if (update === book.last + 1n) {
      book.last = update;
      book.lastCross = cross;
      return true;
    }
    const isOld = update <= book.last && update > 1n && cross <= book.lastCross;
    const what = !isOld ? 'gap' : update > book.snapshotAt ? 'duplicate' : 'late';
    this.trouble(book, what, book.last + 1n, update);
    if (!isOld) this.stale(book, Stale.Gap);
    return false;
  }
}
