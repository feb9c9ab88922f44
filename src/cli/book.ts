/** `tapehead book`: the book of one instrument after a message, at the end, or after every event. */
import { BookView } from '../book/view.ts';
import { formatDecimal } from '../core/decimal.ts';
import { TapeheadError } from '../core/errors.ts';
import { Side, STALE_REASON_TEXT } from '../core/event.ts';
import { BookKind, type InstrumentDef } from '../core/instrument-def.ts';
import { formatEpochNs, formatSessionTime, sessionBaseNs } from '../core/time.ts';
import { runBooks } from '../engine/book-run.ts';
import type { Market } from '../engine/market.ts';
import { type DetectedRecording, detectRecording } from '../feed/detect.ts';
import type { FormatName } from '../feed/feed.ts';
import { count, type Terminal, table } from './terminal.ts';

export interface BookOptions {
  readonly symbol?: string;
  readonly format?: FormatName;
  readonly date?: string;
  readonly levels?: number;
  readonly at?: number;
  readonly every?: boolean;
  readonly orders?: boolean;
  readonly csv?: boolean;
  readonly json?: boolean;
}

interface Level {
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly orders: number;
}

const DEFAULT_LEVELS = 10;
/** What LOBSTER writes for a level that is not there. */
const EMPTY_ASK = '9999999999,0';
const EMPTY_BID = '-9999999999,0';
const FLUSH_CHARS = 1 << 16;

export async function book(recordings: readonly string[], options: BookOptions, terminal: Terminal): Promise<number> {
  if (options.every === true && options.csv !== true && options.json !== true) {
    throw new TapeheadError('USAGE', '--every prints one row per event: say --csv or --json as well');
  }
  if (options.csv === true && options.json === true) throw new TapeheadError('USAGE', '--csv or --json, not both');
  if (options.every === true && options.orders === true) {
    throw new TapeheadError('USAGE', '--orders prints whole books: leave out --every');
  }
  const recording = await detectRecording(recordings, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.date === undefined ? {} : { date: options.date }),
  });
  const scope = {
    symbols: options.symbol === undefined ? null : [options.symbol],
    maxMessages: options.at ?? Number.POSITIVE_INFINITY,
  };
  // A text venue may come to need more decimals in mid-recording; all rows are in the last unit, so that is found first.
  const isInUnits = options.every === true && options.csv === true && !isCountedFromMidnight(recording);
  const units = isInUnits ? (await runBooks(recording, scope)).market.books.defs : [];
  const printer = new BookPrinter(recording, options, terminal, units);
  const run = await runBooks(recording, {
    ...scope,
    ...(options.every === true ? { onBookChange: (m, instrument, ns) => printer.row(m, instrument, ns) } : {}),
  });
  if (options.at !== undefined && run.messages < options.at) {
    throw new TapeheadError('USAGE', `--at ${options.at}: the recording has ${count(run.messages)} messages`);
  }
  if (options.every !== true) {
    const instrument = chooseInstrument(run.market, options.symbol);
    printer.whole(run.market, instrument, run.messages, run.lastEventNs[instrument] ?? 0);
  }
  printer.flush();
  if (run.feed.truncated !== null) terminal.err(`tapehead: warning: ${run.feed.truncated}\n`);
  return 0;
}

function chooseInstrument(market: Market, symbol: string | undefined): number {
  const defs = market.books.defs.filter((def): def is InstrumentDef => def !== undefined);
  if (symbol === undefined) {
    if (defs.length === 1) return defs[0].instrument;
    const names = defs.slice(0, 12).map((def) => def.symbol);
    const more = defs.length > names.length ? ` and ${defs.length - names.length} more` : '';
    throw new TapeheadError('USAGE', `--symbol is needed: the recording has ${names.join(', ')}${more}`);
  }
  const def = defs.find((candidate) => candidate.symbol === symbol);
  if (def === undefined) throw new TapeheadError('UNKNOWN_SYMBOL', `${symbol} does not appear up to that message`);
  return def.instrument;
}

class BookPrinter {
  private readonly recording: DetectedRecording;
  private readonly options: BookOptions;
  private readonly terminal: Terminal;
  /** Definitions whose decimals CSV rows are in, by instrument; where there is none, the one of the moment. */
  private readonly units: readonly (InstrumentDef | undefined)[];
  private pending = '';

  constructor(
    recording: DetectedRecording,
    options: BookOptions,
    terminal: Terminal,
    units: readonly (InstrumentDef | undefined)[],
  ) {
    this.recording = recording;
    this.options = options;
    this.terminal = terminal;
    this.units = units;
  }

  /** One row (or JSON line) of `--every`. */
  row(market: Market, instrument: number, tsEvent: number): void {
    const def = market.books.defs[instrument];
    if (def === undefined || (this.options.symbol !== undefined && def.symbol !== this.options.symbol)) return;
    if (this.options.symbol === undefined) chooseInstrument(market, undefined);
    const levels = this.options.levels ?? DEFAULT_LEVELS;
    const text =
      this.options.json === true
        ? this.json(market, def, tsEvent, levels, null)
        : this.csvRow(market, def, tsEvent, levels);
    this.pending += `${text}\n`;
    if (this.pending.length > FLUSH_CHARS) this.flush();
  }

  whole(market: Market, instrument: number, messages: number, tsEvent: number): void {
    const def = market.books.defs[instrument];
    if (def === undefined) return;
    const { options } = this;
    const all = options.json === true || options.orders === true;
    const levels = options.levels ?? (all ? Number.POSITIVE_INFINITY : DEFAULT_LEVELS);
    if (options.json === true) this.pending += `${this.json(market, def, tsEvent, levels, messages)}\n`;
    else if (options.csv === true && options.orders === true) this.pending += csvLevels(market, def, levels);
    else if (options.csv === true) this.pending += `${this.csvRow(market, def, tsEvent, levels)}\n`;
    else this.pending += this.page(market, def, tsEvent, levels, messages);
  }

  flush(): void {
    if (this.pending !== '') this.terminal.out(this.pending);
    this.pending = '';
  }

  /** ns as the recording counts them: since the epoch for text venues, since the exchange's midnight for ITCH, LOBSTER. */
  private eventNs(ns: number): string {
    return isCountedFromMidnight(this.recording)
      ? String(ns)
      : String(BigInt(ns) + sessionBaseNs(this.recording.sessionBase));
  }

  private csvRow(market: Market, def: InstrumentDef, tsEvent: number, levels: number): string {
    const bids = side(market, def.instrument, Side.Bid, levels);
    const asks = side(market, def.instrument, Side.Ask, levels);
    const depth = Number.isFinite(levels) ? levels : Math.max(bids.length, asks.length);
    const unit = this.units[def.instrument] ?? def;
    const price = (level: Level) => moreDecimals(level.priceTicks, unit.priceDecimals - def.priceDecimals);
    const size = (level: Level) => moreDecimals(level.qtyLots, unit.qtyDecimals - def.qtyDecimals);
    let row = this.eventNs(tsEvent);
    for (let i = 0; i < depth; i++) {
      row += i < asks.length ? `,${price(asks[i])},${size(asks[i])}` : `,${EMPTY_ASK}`;
      row += i < bids.length ? `,${price(bids[i])},${size(bids[i])}` : `,${EMPTY_BID}`;
    }
    return row;
  }

  /** Prices and sizes as the recording writes them: integers of 1/10,000 for ITCH and LOBSTER, decimals for text venues. */
  private json(market: Market, def: InstrumentDef, tsEvent: number, levels: number, messages: number | null): string {
    const integers = isCountedFromMidnight(this.recording);
    const number = (value: number, decimals: number) => (integers ? String(value) : formatDecimal(value, decimals));
    const one = (level: Level) =>
      `{"price":${number(level.priceTicks, def.priceDecimals)},"size":${number(level.qtyLots, def.qtyDecimals)},"orders":${level.orders}}`;
    const reason = market.books.staleReason[def.instrument];
    return [
      `{"symbol":${JSON.stringify(def.symbol)}`,
      ...(messages === null ? [] : [`"messages":${messages}`]),
      `"tsEvent":${this.eventNs(tsEvent)}`,
      `"stale":${reason === 0 ? 'null' : JSON.stringify(STALE_REASON_TEXT[reason])}`,
      `"priceUnit":${integers ? 1 / 10 ** def.priceDecimals : 1}`,
      `"bids":[${side(market, def.instrument, Side.Bid, levels).map(one).join(',')}]`,
      `"asks":[${side(market, def.instrument, Side.Ask, levels).map(one).join(',')}]}`,
    ].join(',');
  }

  private page(market: Market, def: InstrumentDef, tsEvent: number, levels: number, messages: number): string {
    const { terminal } = this;
    const reason = market.books.staleReason[def.instrument];
    const base = sessionBaseNs(this.recording.sessionBase);
    const at = base === 0n ? formatSessionTime(tsEvent) : formatEpochNs(BigInt(tsEvent) + base);
    let text = `${terminal.bold(def.symbol)}  after message ${count(messages)}, ${at}\n`;
    if (reason !== 0)
      text += `${terminal.bad(`STALE: ${STALE_REASON_TEXT[reason]}. This book is not to be trusted.`)}\n`;
    const bids = side(market, def.instrument, Side.Bid, levels);
    const asks = side(market, def.instrument, Side.Ask, levels);
    if (bids.length + asks.length === 0) return `${text}  the book is empty\n`;
    const withOrders = def.bookKind === BookKind.L3;
    const cells = (level: Level | undefined, mirrored: boolean): string[] => {
      if (level === undefined) return withOrders ? ['', '', ''] : ['', ''];
      const price = formatDecimal(level.priceTicks, def.priceDecimals);
      const size = formatDecimal(level.qtyLots, def.qtyDecimals);
      const full = withOrders ? [String(level.orders), size, price] : [size, price];
      return mirrored ? full.reverse() : full;
    };
    const head = withOrders
      ? ['orders', 'bid size', 'bid', 'ask', 'ask size', 'orders']
      : ['bid size', 'bid', 'ask', 'ask size'];
    const rows = [head];
    for (let i = 0; i < Math.max(bids.length, asks.length); i++)
      rows.push([...cells(bids[i], false), ...cells(asks[i], true)]);
    return (
      text +
      table(
        rows.map((row) => ['', ...row]),
        '',
      )
    );
  }
}

function isCountedFromMidnight(recording: DetectedRecording): boolean {
  return recording.format === 'itch50' || recording.format === 'lobster';
}

/** An integer in a unit that is 10^-decimals as large; exact beyond 2^53, which a level gone by then may pass. */
function moreDecimals(value: number, decimals: number): string {
  return decimals <= 0 || value === 0 ? String(value) : `${value}${'0'.repeat(decimals)}`;
}

/** Best first. */
function side(market: Market, instrument: number, which: typeof Side.Bid | typeof Side.Ask, levels: number): Level[] {
  const view = new BookView(market.books, instrument);
  const found: Level[] = [];
  for (let depth = 0; depth < Math.min(levels, view.depth(which)); depth++) {
    found.push({
      priceTicks: view.priceTicksAt(which, depth),
      qtyLots: view.qtyLotsAt(which, depth),
      orders: view.ordersAt(which, depth),
    });
  }
  return found;
}

/** `side,price,size,orders`, bids best first, then asks best first. */
function csvLevels(market: Market, def: InstrumentDef, levels: number): string {
  const rows = ['side,price,size,orders'];
  for (const level of side(market, def.instrument, Side.Bid, levels))
    rows.push(`B,${level.priceTicks},${level.qtyLots},${level.orders}`);
  for (const level of side(market, def.instrument, Side.Ask, levels))
    rows.push(`S,${level.priceTicks},${level.qtyLots},${level.orders}`);
  return `${rows.join('\n')}\n`;
}
