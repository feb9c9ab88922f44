/**
 * Differential fuzzing of the venue decoders: a session goes through the fast decoder and a slow one, one of its frames
 * damaged. Either both show the same books and trades, or the fast one refuses the frame, or it says that the book is
 * stale: never a book that it calls live and that differs.
 */
import assert from 'node:assert/strict';
import { Side } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { FrameError } from '../../src/feed/text/json-cursor.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import type { VenueDecoder } from '../../src/feed/text/venue.ts';
import { CAPTURE_BASE } from './capture-script.ts';
import { EventBooks } from './event-books.ts';
import { EventProbe, utf8 } from './event-probe.ts';
import type { MakeSession, SessionFrame } from './fuzz-sessions.ts';
import { type Json, NotJson, parse, type SlowBook, type SlowDecoder } from './slow-decoder.ts';

export interface FuzzCase {
  readonly session: MakeSession;
  readonly fast: (market: TextMarket) => VenueDecoder;
  readonly slow: () => SlowDecoder;
}

export interface FuzzOutcome {
  /** Damaged frames that the fast decoder took, leaving its book live. */
  same: number;
  refused: number;
  stale: number;
}

/** Sessions that the damage is done to. */
const SESSIONS = 64;

function slowText(book: SlowBook): string[] {
  const side = (n: Side, levels: SlowBook['bids']) => [...levels].map(([price, { qty }]) => `${n} ${price} ${qty}`);
  return [
    ...[...side(Side.Bid, book.bids), ...side(Side.Ask, book.asks)].sort(),
    ...[...book.orders.values()].map(({ isBid, price, qty }) => `${isBid} ${price} ${qty}`),
  ];
}

const ALPHABET = utf8('0123456789.-eE"\\,:[]{}ntul abcs\xff');
const VALUES = [
  'null',
  '0',
  '-1',
  '1e3',
  '"0"',
  '""',
  '[]',
  '{}',
  'true',
  '9007199254740993',
  '0.000000000000000000001',
];

/** One to three edits of bytes, or a number replaced by something else. */
function damaged(bytes: Uint8Array, prng: Prng): Uint8Array {
  if (prng.below(4) === 0) return withOtherValue(bytes, prng);
  let result = bytes;
  for (let edits = 1 + prng.below(3); edits > 0; edits--) result = edited(result, prng);
  return result;
}

function edited(bytes: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(bytes.length);
  const how = prng.below(8);
  const copy = Buffer.from(bytes);
  if (how < 3) copy[at] = ALPHABET[prng.below(ALPHABET.length)];
  else if (how === 3) copy[at] = prng.below(256);
  else if (how === 4) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + prng.below(4))]);
  else if (how === 5)
    return Buffer.concat([copy.subarray(0, at), ALPHABET.subarray(prng.below(20)).subarray(0, 1), copy.subarray(at)]);
  else if (how === 6) {
    const to = Math.min(bytes.length, at + 1 + prng.below(40));
    return Buffer.concat([copy.subarray(0, to), copy.subarray(at)]);
  } else if (prng.below(4) === 0) return copy.subarray(0, at);
  return copy.length === 0 ? utf8('{') : copy;
}

/** One digit run becomes another, or one number another value. */
function withOtherValue(bytes: Uint8Array, prng: Prng): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const numbers = [...text.matchAll(/"?-?\d[\d.]*"?/g)];
  if (numbers.length === 0) return bytes;
  const one = numbers[prng.below(numbers.length)];
  const isQuoted = one[0].startsWith('"');
  const other = String(prng.below(100_000));
  const value = prng.below(3) === 0 ? VALUES[prng.below(VALUES.length)] : isQuoted ? `"${other}"` : other;
  return Buffer.from(text.slice(0, one.index) + value + text.slice(one.index + one[0].length), 'latin1');
}

interface PreparedFrame extends SessionFrame {
  readonly bytes: Uint8Array;
  readonly parsed: Json;
}

function prepared(frame: SessionFrame): PreparedFrame {
  return { ...frame, bytes: utf8(frame.text), parsed: parse(frame.text) };
}

/** Sends `count` damaged frames, each inside a session of its own. */
export function fuzzDecoder(fuzz: FuzzCase, count: number, seed: number): FuzzOutcome {
  const prng = new Prng(seed);
  const sessions = Array.from({ length: SESSIONS }, () => fuzz.session(prng).map(prepared));
  const outcome: FuzzOutcome = { same: 0, refused: 0, stale: 0 };
  const probe = new EventProbe();
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // half of the frames are refused, by an error
  for (let n = 0; n < count; n++) {
    const session = sessions[n % SESSIONS];
    runOne(fuzz, session, prng, probe, outcome, `seed ${seed}, frame ${n}`);
  }
  Error.stackTraceLimit = stackTraceLimit;
  return outcome;
}

function runOne(
  fuzz: FuzzCase,
  frames: readonly PreparedFrame[],
  prng: Prng,
  probe: EventProbe,
  outcome: FuzzOutcome,
  where: string,
): void {
  const market = new TextMarket({ symbols: null, base: CAPTURE_BASE });
  market.open(probe.sink);
  const fast = fuzz.fast(market);
  const slow = fuzz.slow();
  const books = new EventBooks();
  const at = prng.below(frames.length);
  const until = Math.min(frames.length, at + 3);
  for (let i = 0; i < until; i++) {
    const { url } = frames[i];
    const bytes = i === at ? damaged(frames[i].bytes, prng) : frames[i].bytes;
    const text = i === at ? Buffer.from(bytes).toString('utf8') : frames[i].text;
    market.tsRecv = i;
    const isTaken = offer(fast, url, bytes, () => `${where}: ${text}`);
    const events = probe.take();
    if (!isTaken) {
      assert.ok(i >= at, `${where}: a frame that is right is refused: ${text}`);
      outcome.refused++;
      return;
    }
    books.apply(events);
    if (i !== at && url === '') slow.parsed(frames[i].parsed);
    else offerSlow(slow, url, text, `${where}: not JSON, and not refused: ${text}`);
    compareTrades(slow.trades, books.trades, i < at, `${where}: ${text}`);
    for (const [symbol, isLive] of books.live) {
      if (isLive && i < at) continue; // the damaged frame's comparison would show it
      if (isLive) compareBooks(slow.book(symbol), books.text(symbol), `${where}: ${symbol} behind ${text}`);
      else assert.ok(i >= at || i < 2, `${where}: stale without damage: ${text}`);
    }
  }
  if ([...books.live.values()].every((isLive) => isLive)) outcome.same++;
  else outcome.stale++;
}

function offer(fast: VenueDecoder, url: string, bytes: Uint8Array, where: () => string): boolean {
  try {
    if (url === '') fast.frame(bytes, 0, bytes.length, 0);
    else fast.rest(url, bytes, 0, bytes.length);
    return true;
  } catch (error) {
    assert.ok(error instanceof FrameError, `${where()}: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}

function offerSlow(slow: SlowDecoder, url: string, text: string, where: string): void {
  try {
    if (url === '') slow.frame(text);
    else {
      slow.trades = [];
      slow.rest(url, text);
    }
  } catch (error) {
    assert.ok(!(error instanceof NotJson), where);
  }
}

/** The fast decoder leaves trades out that make no sense; it makes none up. */
function compareTrades(slow: readonly string[], fast: readonly string[], isClean: boolean, where: string): void {
  if (isClean) assert.deepEqual(fast, slow, where);
  let at = 0;
  for (const trade of fast) {
    at = slow.indexOf(trade, at) + 1;
    assert.ok(at > 0, `${where}: the trade ${trade} is not in it`);
  }
}

function compareBooks(slow: SlowBook, fast: readonly string[], where: string): void {
  assert.ok(slow.isLive, `${where}: live, and should not be`);
  assert.deepEqual(fast, slowText(slow), where);
}
