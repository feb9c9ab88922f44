import { interleavedCrc } from './okx.ts';
import { decimalOf, idOf, integerOf, isNumber, isObject, type Json, textOf, type Value } from './values.ts';
import { type Level, ReferenceBook, ReferenceDecoder, refuse, Stale } from './venue.ts';

interface Channel {
  readonly connection: number;
  readonly id: number;
  readonly kind: 'book' | 'trades' | 'ticker' | 'ignored';
  readonly symbol: string;
  started: boolean;
}

/** A numbered connection: every number that was seen. */
interface Numbers {
  first: number;
  due: number;
  hole: [number, number];
}

const BULK_UPDATES = 536870912;

export class ReferenceBitfinexFrames extends ReferenceDecoder {
  private channels: Channel[] = [];
  private readonly numbers = new Map<number, Numbers>();
  private readonly flags = new Map<number, number>();
  // of the frame at hand
  private tag: string | null = null;
  private payload: Json;
  private number: number | null = null;
  private at = 0;

  protected makeBook(symbol: string): ReferenceBook {
    return new ReferenceBook(symbol);
  }

  override disconnected(connection: number): void {
    this.numbers.delete(connection);
    this.flags.delete(connection);
    this.channels = this.channels.filter((channel) => channel.connection !== connection);
    super.disconnected(connection);
  }

  protected message(frame: Json, connection: number): void {
    if (Array.isArray(frame)) this.channelFrame(frame, connection);
    else if (isObject(frame)) this.event(frame, connection);
    else refuse('neither an object nor an array');
  }

  private event(frame: Json, connection: number): void {
    const value = (name: string): Json => textOf(frame[name]) ?? frame[name];
    const id = frame.chanId === null ? 0 : Number(value('chanId'));
    if (frame.event === 'subscribed') {
      const symbol = String(value('symbol') ?? value('key') ?? '');
      const known = ['book', 'trades', 'ticker'].includes(frame.channel) && !symbol.startsWith('f');
      const kind = known && !(frame.channel === 'book' && frame.prec === 'R0') ? frame.channel : 'ignored';
      this.unsubscribed(id, connection);
      this.channels.push({ connection, id, kind, symbol, started: false });
    } else if (frame.event === 'unsubscribed') this.unsubscribed(id, connection);
    else if (frame.event === 'conf') this.flags.set(connection, Number(value('flags') ?? 0));
    else if (
      frame.event === 'info' &&
      ['20051', '20060'].includes(isNumber(frame.code) ? String(Number(textOf(frame.code))) : '')
    ) {
      super.disconnected(connection);
    }
  }

  private unsubscribed(id: number, connection: number): void {
    const gone = this.channels.find((channel) => channel.id === id && channel.connection === connection);
    if (gone === undefined) return;
    this.channels = this.channels.filter((channel) => channel !== gone);
    const book = gone.kind === 'book' ? this.book(gone.symbol) : null;
    if (book !== null) this.stale(book, Stale.Disconnected);
  }

  private channelFrame(frame: readonly Json[], connection: number): void {
    const id = integerOf(frame[0]);
    if (id === null || id < 0n || frame.length < 2) refuse('not [channel id, payload]');
    this.tag = typeof frame[1] === 'string' ? frame[1] : null;
    this.payload = undefined;
    this.number = null;
    this.at = this.tsRecv;
    for (const [i, value] of frame.entries()) {
      if (i === 0 || (i === 1 && this.tag !== null)) continue;
      if (this.payload === undefined && (Array.isArray(value) || this.tag === 'cs')) this.payload = value;
      else if (i > 1) this.trailing(integerOf(value));
    }
    if (this.tag === 'hb') {
      this.accepts(connection);
      return;
    }
    const channel = this.channels.find((one) => one.id === Number(id) && one.connection === connection);
    if (channel === undefined || channel.kind === 'ignored') this.accepts(connection);
    else if (channel.kind === 'book') this.bookFrame(channel);
    else if (channel.kind === 'trades') this.trades(channel);
    else this.ticker(channel);
  }

  private trailing(value: bigint | null): void {
    if (value === null) return;
    if (value < 100_000_000_000n) this.number = Number(value);
    else this.at = this.time(value);
  }

  /** False: a message with this number came already, or is late. */
  private accepts(connection: number): boolean {
    const { number } = this;
    if (number === null) return true;
    let known = this.numbers.get(connection);
    if (known === undefined) {
      known = { first: number, due: number, hole: [0, 0] };
      this.numbers.set(connection, known);
    }
    const { due } = known;
    if (number === due) {
      known.due++;
      return true;
    }
    const isGap = number > due;
    const isLate = number < known.first || (number >= known.hole[0] && number < known.hole[1]);
    const what = isGap ? 'gap' : isLate ? 'late' : 'duplicate';
    if (isGap) {
      known.hole = [due, number];
      known.due = number + 1;
    }
    const books = [...this.books.values()].filter((book) => book.connection === connection);
    for (const [i, book] of books.entries()) {
      if (i === 0) this.trouble(book, what, due, number);
      if (isGap) this.stale(book, Stale.Gap);
    }
    return isGap;
  }

  private list(): { isList: boolean; rows: readonly Json[] } {
    const { payload } = this;
    if (!Array.isArray(payload)) return refuse('no payload');
    const isList = payload.length === 0 || Array.isArray(payload[0]);
    return { isList, rows: isList ? payload : [payload] };
  }

  private bookFrame(channel: Channel): void {
    const { connection } = channel;
    if (this.tag === 'cs') {
      this.checksum(channel);
      return;
    }
    const { isList, rows } = this.list();
    const isBulk = ((this.flags.get(connection) ?? 0) & BULK_UPDATES) !== 0;
    const isSnapshot = isList && !(channel.started && isBulk);
    const levels = rows.map(levelOf);
    if (isSnapshot) channel.started = true;
    const accepted = this.accepts(connection);
    const book = this.book(channel.symbol);
    if (!accepted || book === null) return;
    if (isSnapshot) {
      book.connection = connection;
      if (!this.begin(book, levels)) return;
      this.keep(book, levels);
      this.emitSnapshot(book, levels, this.at, BigInt(this.number ?? 0));
      this.live(book);
      return;
    }
    this.define(book);
    if (book.stale !== Stale.None || book.connection !== connection || !this.sensible(book, levels)) return;
    this.keep(book, levels);
    this.emit(book, levels, this.at);
  }

  private checksum(channel: Channel): void {
    const checksum = integerOf(this.payload);
    if (checksum === null) refuse('a checksum is an integer');
    const accepted = this.accepts(channel.connection);
    const book = this.book(channel.symbol);
    if (!accepted || book === null || book.stale !== Stale.None || book.connection !== channel.connection) return;
    const ours = BigInt(interleavedCrc(book, 25));
    if (ours === checksum) return;
    this.lines.push(`checksum ${book.symbol} ${checksum} ${ours}`);
    this.stale(book, Stale.Checksum);
  }

  private trades(channel: Channel): void {
    const { rows } = this.list();
    const trades = rows.map((row) => {
      if (!Array.isArray(row) || row.length < 4) refuse('[id, ms, amount, price]');
      const qty = decimalOf(row[2]) ?? refuse('no amount');
      return { id: idOf(row[0]), ms: integerOf(row[1]), qty, price: decimalOf(row[3]) ?? refuse('no price') };
    });
    const accepted = this.accepts(channel.connection);
    const book = this.book(channel.symbol);
    if (!accepted || this.tag === 'tu' || book === null) return;
    for (const { id, ms, qty, price } of trades) {
      this.trade(book, qty.sign < 0 ? 'ask' : 'bid', price, absolute(qty), id, this.time(ms));
    }
  }

  private ticker(channel: Channel): void {
    const { isList, rows } = this.list();
    if (isList || rows[0].length < 4) refuse('[bid, bid size, ask, ask size, ...]');
    const sides = [rows[0][0], rows[0][2]].map((value: Json): [Value, Value] | null => {
      if (value === null || value === '') return null;
      return [decimalOf(value) ?? refuse('no price'), decimalOf('0')!];
    });
    const accepted = this.accepts(channel.connection);
    const book = this.book(channel.symbol);
    if (accepted && book !== null) this.touch(book, sides[0], sides[1], this.at);
  }
}

/** [price, count, amount] */
function levelOf(row: Json): Level {
  if (!Array.isArray(row) || row.length < 3) return refuse('[price, count, amount]');
  const price = decimalOf(row[0]) ?? refuse('no price');
  const amount = decimalOf(row[2]) ?? refuse('no amount');
  const count = integerOf(row[1]);
  if (count === null || count < 0n) return refuse('a count is no number');
  const qty =
    count === 0n
      ? { ...amount, plain: '0', sign: 0, isLong: false }
      : { ...absolute(amount), sign: amount.sign === 0 ? Number.NaN : Math.abs(amount.sign) };
  return { side: amount.sign < 0 ? 'ask' : 'bid', price, qty, orders: String(count) };
}

function absolute(value: Value): Value {
  return { ...value, plain: value.plain.replace('-', ''), sign: Math.abs(value.sign) };
}
