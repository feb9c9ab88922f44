/**
 * Makes `replay-data/`: two recordings from the market simulator and, beside them, what the simulator itself knows of
 * their outcome (`expected.json`), from its own matching engine and without any of tapehead's decoders or books.
 *
 * The content of the files is the same, byte for byte, for a seed on every machine. Compressed bytes are not: they
 * depend on the zlib that is built into Node; so sizes and SHA-256 in `expected.json` are of the decompressed content.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeDirectories } from '../core/directories.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { PRICE_DECIMALS, QTY_DECIMALS } from './binance-writer.ts';
import { scheduleDay } from './equities-day.ts';
import { EquitiesSession, type Instrument, type Tally } from './equities-session.ts';
import type { Ladder, MatchingBook } from './matching.ts';
import { SPOT_SYMBOL, SpotSession } from './spot-session.ts';

export const EQUITIES_FILE = 'equities-session.itch50.gz';
export const SPOT_FILE = 'spot-session.binance.gz';
export const EXPECTED_FILE = 'expected.json';
/** The seed of the committed files. */
export const DEFAULT_SEED = 20_260_304;

/** 9 is 2 % smaller and takes five times as long. */
const GZIP_LEVEL = 7;
const TWO_53 = 2n ** 53n;

export interface ReplayDataOptions {
  /** A safe integer, 0 or more. */
  readonly seed?: number;
  /** Activity relative to the committed files: 0.1 makes about a tenth of the messages. */
  readonly activity?: number;
}

export interface LevelSummary {
  readonly price: number;
  readonly qty: number;
  readonly orders: number;
}

export interface SideSummary {
  /** The touch, null when the side is empty. */
  readonly best: LevelSummary | null;
  readonly levels: number;
  readonly orders: number;
  /** Sum of all levels. */
  readonly qty: number;
  /** Sum of price x quantity over all levels, modulo 2^53. */
  readonly notional: number;
}

export interface InstrumentSummary {
  readonly locate: number;
  readonly symbol: string;
  /** E and printable C messages, and their shares. */
  readonly executed: Tally;
  /** P messages. */
  readonly hidden: Tally;
  /** Q messages with shares. */
  readonly crossed: Tally;
  /** B messages, and the shares of the trades they break (not taken out of the above). */
  readonly broken: Tally;
  readonly bids: SideSummary;
  readonly asks: SideSummary;
}

export interface ContentSummary {
  readonly seed: number;
  /** Decompressed. */
  readonly bytes: number;
  /** Of the decompressed content. */
  readonly sha256: string;
}

export interface EquitiesSummary extends ContentSummary {
  readonly messages: number;
  readonly messagesByType: Readonly<Record<string, number>>;
  /** Trades and shares over all instruments: executed, hidden and crossed. */
  readonly trades: number;
  readonly volume: number;
  readonly instruments: readonly InstrumentSummary[];
}

export interface SpotSummary extends ContentSummary {
  readonly symbol: string;
  readonly lines: number;
  /** By stream, and `snapshot`. */
  readonly linesByStream: Readonly<Record<string, number>>;
  readonly trades: number;
  /** Prices below are counts of 10^-priceDecimals, quantities of 10^-qtyDecimals. */
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  readonly volume: number;
  readonly snapshotUpdateId: number;
  readonly finalUpdateId: number;
  readonly bids: SideSummary;
  readonly asks: SideSummary;
}

export interface Expected {
  readonly equities: EquitiesSummary;
  readonly spot: SpotSummary;
}

/** A recording's decompressed bytes and the simulator's account of them. */
export interface Generated<Summary> {
  readonly content: Uint8Array;
  readonly summary: Summary;
}

/** Writes both recordings and `expected.json` into `dir` (made if need be) and returns what `expected.json` says. */
export function writeReplayData(dir: string, options: ReplayDataOptions = {}): Expected {
  const equities = generateEquities(options);
  const spot = generateSpot(options);
  const expected: Expected = { equities: equities.summary, spot: spot.summary };
  try {
    makeDirectories(dir);
    writeFileSync(join(dir, EQUITIES_FILE), gzipSync(equities.content, { level: GZIP_LEVEL }));
    writeFileSync(join(dir, SPOT_FILE), gzipSync(spot.content, { level: GZIP_LEVEL }));
    writeFileSync(join(dir, EXPECTED_FILE), `${JSON.stringify(expected, null, 2)}\n`);
  } catch (error) {
    throw new TapeheadError(
      'NO_FILE',
      `${dir}: recordings can't be written there (${messageOf(error)}); name another folder`,
    );
  }
  return expected;
}

export function generateEquities(options: ReplayDataOptions = {}): Generated<EquitiesSummary> {
  const { seed = DEFAULT_SEED, activity = 1 } = options;
  const session = new EquitiesSession(seed, activity);
  scheduleDay(session);
  session.run();
  const content = session.writer.contents();
  const messagesByType = sortedByName(session.writer.counts);
  const instruments = session.instruments.map(instrumentSummary);
  const total = (of: (instrument: InstrumentSummary) => number) => instruments.reduce((sum, each) => sum + of(each), 0);
  const summary: EquitiesSummary = {
    ...contentSummary(seed, content),
    messages: Object.values(messagesByType).reduce((sum, count) => sum + count, 0),
    messagesByType,
    trades: total((each) => each.executed.count + each.hidden.count + each.crossed.count),
    volume: total((each) => each.executed.qty + each.hidden.qty + each.crossed.qty),
    instruments,
  };
  return { content, summary };
}

export function generateSpot(options: ReplayDataOptions = {}): Generated<SpotSummary> {
  const { seed = DEFAULT_SEED, activity = 1 } = options;
  const session = new SpotSession(seed, activity);
  session.run();
  const content = new TextEncoder().encode(session.writer.contents());
  const linesByStream = sortedByName(session.writer.counts);
  const summary: SpotSummary = {
    ...contentSummary(seed, content),
    symbol: SPOT_SYMBOL,
    lines: Object.values(linesByStream).reduce((sum, count) => sum + count, 0),
    linesByStream,
    trades: session.trades.count,
    priceDecimals: PRICE_DECIMALS,
    qtyDecimals: QTY_DECIMALS,
    volume: session.trades.qty,
    snapshotUpdateId: session.snapshotId,
    finalUpdateId: session.updateId,
    ...bookSummary(session.book),
  };
  return { content, summary };
}

function contentSummary(seed: number, content: Uint8Array): ContentSummary {
  return { seed, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

function instrumentSummary(instrument: Instrument): InstrumentSummary {
  const { locate, symbol, executed, hidden, crossed, broken, book } = instrument;
  return { locate, symbol, executed, hidden, crossed, broken, ...bookSummary(book) };
}

function bookSummary(book: MatchingBook): { bids: SideSummary; asks: SideSummary } {
  book.checkInvariants();
  return { bids: sideSummary(book.bids), asks: sideSummary(book.asks) };
}

function sideSummary(ladder: Ladder): SideSummary {
  let orders = 0;
  let qty = 0;
  let notional = 0n;
  for (const level of ladder.levels) {
    orders += level.orders;
    qty += level.qty;
    notional += BigInt(level.price) * BigInt(level.qty);
  }
  const best = ladder.best();
  return {
    best: best === null ? null : { price: best.price, qty: best.qty, orders: best.orders },
    levels: ladder.levels.length,
    orders,
    qty,
    notional: Number(notional % TWO_53),
  };
}

function sortedByName(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
