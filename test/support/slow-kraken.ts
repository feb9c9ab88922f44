/** Kraken v1 and v2, slowly. */
import { crc32 } from 'node:zlib';
import { bestFirst, idOf, type Json, type SlowBook, SlowDecoder } from './slow-decoder.ts';

export class SlowKraken extends SlowDecoder {
  private readonly depths = new Map<string, number>();
  private readonly lastTrade = new Map<string, number>();

  override message(frame: Json): void {
    if (Array.isArray(frame)) this.v1(frame);
    else if (frame.channel === 'book') for (const entry of frame.data) this.v2Book(frame.type, entry);
    else if (frame.channel === 'trade') for (const entry of frame.data) this.v2Trade(entry);
    else if (frame.channel === undefined && frame.success === true) this.answer(frame);
  }

  private v1(frame: Json): void {
    const symbol = frame.at(-1);
    const channel: string = frame.at(-2);
    if (channel === 'trade') {
      for (const [price, qty, , side] of frame[1]) {
        this.trade(symbol, price, qty, side === 'b' ? 'buy' : side === 's' ? 'sell' : '', 0);
      }
    }
    if (!/^book-./.test(channel)) return;
    const parts: Json[] = frame.slice(1, -2);
    const isSnapshot = parts.some((part) => part.as !== undefined || part.bs !== undefined);
    const changes = parts.flatMap((part) => [
      ...(part.as ?? []).map((level: Json) => [false, ...level]),
      ...(part.a ?? []).map((level: Json) => [false, ...level]),
      ...(part.bs ?? []).map((level: Json) => [true, ...level]),
      ...(part.b ?? []).map((level: Json) => [true, ...level]),
    ]);
    const stated = parts.findLast((part) => part.c !== undefined)?.c;
    const depth = Number(channel.slice(5));
    if (isSnapshot) this.depths.set(symbol, Number.isInteger(depth) && depth >= 10 ? depth : 1e9);
    this.apply(symbol, isSnapshot, changes, stated, this.depths.get(symbol) ?? 1e9);
  }

  private v2Book(type: string, entry: Json): void {
    const { symbol, bids = [], asks = [], checksum } = entry;
    if ((type !== 'snapshot' && type !== 'update') || typeof symbol !== 'string') throw new Error('no book');
    const changes = [
      ...bids.map((level: Json) => [true, level.price, level.qty]),
      ...asks.map((level: Json) => [false, level.price, level.qty]),
    ];
    const longer = Math.max(bids.length, asks.length);
    const least = [10, 25, 100, 500, 1000].find((depth) => depth >= longer) ?? 1e9;
    if (type === 'snapshot' && !this.depths.has(symbol)) this.depths.set(symbol, least);
    this.apply(symbol, type === 'snapshot', changes, checksum, this.depths.get(symbol) ?? 1e9);
  }

  private apply(symbol: string, isSnapshot: boolean, changes: Json[], checksum: Json, depth: number): void {
    const book = isSnapshot ? this.clear(symbol) : this.book(symbol);
    if (isSnapshot) book.isLive = true;
    if (!book.isLive) return;
    for (const [isBid, price, qty] of changes) this.level(book, isBid, price, qty);
    if (!isSnapshot) this.cut(book, depth);
    if (checksum !== undefined && Number(checksum) !== checksumOf(book)) book.isLive = false;
  }

  private cut(book: SlowBook, depth: number): void {
    for (const isBid of [true, false]) {
      const side = isBid ? book.bids : book.asks;
      if (side.size > depth) for (const [price] of bestFirst(side, isBid).slice(depth)) side.delete(price);
    }
  }

  private v2Trade(entry: Json): void {
    const { symbol, price, qty, side } = entry;
    const id = idOf(entry.trade_id);
    if (id > 0 && id <= (this.lastTrade.get(symbol) ?? 0)) return;
    if (id > 0) this.lastTrade.set(symbol, id);
    this.trade(symbol, price, qty, side === 'buy' || side === 'sell' ? side : '', id);
  }

  private answer(frame: Json): void {
    const { channel, symbol, depth } = frame.result;
    if (channel !== 'book') return;
    if (frame.method === 'subscribe' && [10, 25, 100, 500, 1000].includes(Number(depth)))
      this.depths.set(symbol, Number(depth));
    if (frame.method === 'unsubscribe') this.book(symbol).isLive = false;
  }
}

function checksumOf(book: SlowBook): number {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  const levels = [...bestFirst(book.asks, false).slice(0, 10), ...bestFirst(book.bids, true).slice(0, 10)];
  return crc32(levels.map(([, { priceText, qtyText }]) => digits(priceText) + digits(qtyText)).join(''));
}
