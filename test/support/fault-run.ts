/**
 * A live feed against the whole exchange while that makes one fault, in virtual time: sockets, latency and hours are thought of
 * (virtual-world.ts), everything else is what runs. When the fault is over, the books must become the venue's.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../src/core/prng.ts';
import { type SessionBase, sessionBase, utcMidnight } from '../../src/core/time.ts';
import type { FaultName } from '../../src/exchange/fault-spec.ts';
import { FaultGate } from '../../src/exchange/faults.ts';
import type { Market } from '../../src/exchange/market.ts';
import { protocolKinds } from '../../src/exchange/protocols.ts';
import { VenueServer } from '../../src/exchange/venue-server.ts';
import { openLiveFeed } from '../../src/feed/live/live-feed.ts';
import type { LiveVenueStatus } from '../../src/feed/live/live-status.ts';
import type { LiveVenueName } from '../../src/feed/live/protocol.ts';
import type { LiveSource } from '../../src/feed/live/source.ts';
import type { EventSink } from '../../src/feed/sink.ts';
import { levelsOf, type RingBook, RingBooks } from './ring-books.ts';
import { settled, VIRTUAL_START_US, VirtualWorld } from './virtual-world.ts';

export interface FaultyVenue {
  /** Of the exchange. */
  readonly kind: string;
  readonly symbols: readonly string[];
  /** Levels a side that are followed. */
  readonly depth: number;
}

export const FAULTY_VENUES: Readonly<Partial<Record<LiveVenueName, FaultyVenue>>> = {
  binance: { kind: 'binance', symbols: ['BTCUSDT', 'ETHUSDT'], depth: 1000 },
  'binance-usdm': { kind: 'binance-usdm', symbols: ['BTCUSDT', 'ETHUSDT'], depth: 1000 },
  coinbase: { kind: 'coinbase', symbols: ['BTC-USD', 'ETH-USD'], depth: 5000 },
  'coinbase-full': { kind: 'coinbase', symbols: ['BTC-USD', 'ETH-USD'], depth: 5000 },
  kraken: { kind: 'kraken', symbols: ['BTC/USD', 'ETH/USD'], depth: 100 },
  okx: { kind: 'okx', symbols: ['BTC-USDT', 'ETH-USDT'], depth: 400 },
  bybit: { kind: 'bybit', symbols: ['BTCUSDT', 'ETHUSDT'], depth: 50 },
};

/** Of what happens to market data and requests; orders have their own (gateway-faults). */
export const FEED_FAULTS = [
  'drop',
  'duplicate',
  'reorder',
  'delay',
  'truncate',
  'corrupt',
  'checksum',
  'gap',
  'stall',
  'disconnect',
  'slow-snapshot',
  'refuse-429',
  'ban-418',
  'skew',
] as const satisfies readonly FaultName[];
export type FeedFault = (typeof FEED_FAULTS)[number];

/** The fault as often and as long as a seed has it. */
function specOf(fault: FeedFault, random: Prng): string {
  const chance = (0.005 + 0.1 * random.unit() ** 2).toFixed(4);
  const ms = (least: number, more: number): string => `${least + random.below(more)}ms`;
  if (fault === 'delay') return `delay:${ms(1, 3000)}@${chance}`;
  if (fault === 'stall')
    return random.below(5) === 0 ? `stall:${ms(9000, 5000)}@15s` : `stall:${ms(50, 800)}@${ms(1000, 2000)}`;
  if (fault === 'slow-snapshot') return `slow-snapshot:${ms(10, random.below(3) === 0 ? 12_000 : 2000)}`;
  if (fault === 'skew') return `skew:${random.below(2) === 0 ? '' : '-'}${ms(1, 10 ** (1 + random.below(6)))}`;
  if (fault === 'refuse-429' || fault === 'ban-418') return `${fault}:${(0.2 + 0.7 * random.unit()).toFixed(2)}`;
  return `${fault}:${chance}`;
}

const FAULTY_MS = 5_000;
/** Whatever happened, the books are the venue's so long after it at the latest: delays of reconnects grow to 30 s. */
const HEALING_MS = 240_000;
/** A book that is live and wrong for so long stays wrong: nothing comes any more. */
const WRONG_MS = 5_000;
const LOOK_MS = 100;
/**
 * Losses that the venue's protocol does not show: level2_batch of Coinbase has neither sequence nor checksum, Kraken's checksum
 * is of the best ten levels. A book that is wrong for it is counted as such, and the next snapshot must mend it.
 */
const UNSEEN: ReadonlySet<string> = new Set(
  ['coinbase', 'kraken'].flatMap((venue) => ['drop', 'stall', 'reorder'].map((fault) => `${venue} ${fault}`)),
);

export interface FaultRun {
  /** How often the fault happened. */
  readonly made: number;
  readonly frames: number;
  readonly events: number;
  /** Virtual ms from the end of the fault to equal books. */
  readonly healedMs: number;
  readonly staleTimes: number;
  /** 1 where the loss could not be seen (UNSEEN) and left a wrong book. */
  readonly unseen: number;
  readonly status: LiveVenueStatus;
}

/** What looks at the books instead of `RingBooks`: an engine that trades, say. */
export interface Follower {
  readonly sink: EventSink;
  /** Behind everything that happened. */
  drain(): void;
  bookOf(symbol: string): RingBook | undefined;
}

export async function faultRun(
  name: LiveVenueName,
  fault: FeedFault,
  seed: number,
  follow: (world: VirtualWorld, base: SessionBase) => Follower = () => new RingBooks(),
): Promise<FaultRun> {
  const random = new Prng(seed);
  const { kind, symbols, depth } = FAULTY_VENUES[name]!;
  const world = new VirtualWorld(random.u32());
  const nowUs = (): number => world.nowUs();
  const spec = specOf(fault, random);
  // A venue that can't be reached or understood when a session begins ends it: those faults come later.
  const isFromStart =
    !['refuse-429', 'ban-418', 'slow-snapshot', 'truncate', 'corrupt'].includes(fault) && random.below(2) === 0;
  const gate = new FaultGate(isFromStart ? spec : '', random.u32(), nowUs, (ms, work) => world.after(ms, work));
  const rate = 10 + random.below(60);
  const venue = await VenueServer.start({
    kinds: protocolKinds([kind]),
    assets: ['BTC', 'ETH'],
    seed: random.u32(),
    rate,
    faults: gate,
    net: {
      port: 0,
      host: 'venue',
      maxFrameBytes: 1 << 16,
      maxBodyBytes: 1 << 16,
      maxBacklogBytes: 1 << 26,
      idleSeconds: 60,
    },
    machine: world,
    nowUs,
  });
  const redundancy = random.below(4) === 0 && !UNSEEN.has(`${name} ${fault}`) ? 2 : 1;
  const base = venue.baseOf(venue.venues[0].protocol);
  const source: LiveSource = {
    venues: [{ name, symbols, endpoints: { ws: `ws://${base}`, rest: `http://${base}` }, redundancy }],
    record: null,
    sessionBase: sessionBase(utcMidnight(BigInt(VIRTUAL_START_US) * 1000n)),
    prefixSymbols: false,
    seed: random.u32(),
  };
  const said: string[] = [];
  const feed = openLiveFeed(source, { world, say: (text) => said.push(text) });
  const follower = follow(world, source.sessionBase);
  let isStopped = false;
  const running = feed.run(follower.sink, { stopRequested: () => isStopped, progress: () => undefined });
  let failure: Error | null = null;
  running.catch((error: Error) => {
    failure = error;
  });
  const step = (): void => follower.drain();
  const what = `${name}, ${spec}, seed ${seed}`;
  try {
    const { markets } = venue.venues[0].exchange;
    const books = (): RingBook[] => symbols.flatMap((symbol) => follower.bookOf(symbol) ?? []);
    const run = async (ms: number): Promise<void> => {
      for (let leftMs = ms; leftMs > 0; leftMs -= LOOK_MS) {
        await world.runUntil(world.nowMs() + Math.min(leftMs, LOOK_MS), step);
        if (failure !== null) throw failure;
        const isFollowed = feed.status().venues[0].up > 0;
        assert.ok(isFollowed || !books().some((book) => book.isLive), `${what}: a live book, and no connection`);
      }
    };
    for (let i = 0; !isFromStart && !(books().length === 2 && books().every((book) => book.isLive)); i++) {
      assert.ok(i < 400, `${what}: never live: ${said.join('; ')}`);
      await run(LOOK_MS);
    }
    gate.set(spec);
    const untilMs = world.nowMs() + FAULTY_MS + (/@15s$/.test(spec) ? 12_000 : 0);
    while (world.nowMs() < untilMs) {
      await run(100 + random.below(3000));
      // Faults of requests need somebody who asks.
      if (['refuse-429', 'ban-418', 'slow-snapshot'].includes(fault)) feed.cut(name);
    }
    const made = fault === 'skew' ? 1 : (gate.counts()[fault] ?? 0);
    gate.set(fault === 'skew' ? spec : '');
    // What is lost shows when the next message comes, so some come still.
    venue.setRate(100);
    await run(1000 + random.below(1000));
    venue.setRate(0);
    const overMs = world.nowMs();
    let differs = 'the books are not live';
    let unseen = 0;
    let liveMs = 0;
    while (differs !== '' && world.nowMs() - overMs < HEALING_MS && liveMs < WRONG_MS) {
      await run(LOOK_MS);
      differs = difference(markets, books(), depth);
      liveMs = books().every((book) => book.isLive) ? liveMs + LOOK_MS : 0;
      if (liveMs < WRONG_MS || unseen > 0 || !UNSEEN.has(`${name} ${fault}`)) continue;
      unseen = 1;
      liveMs = 0;
      feed.cut(name);
    }
    assert.equal(differs, '', `${what}: not the venue's books in the end; ${differs}; ${said.slice(-4).join('; ')}`);
    const [status] = feed.status().venues;
    const staleTimes = follower instanceof RingBooks ? follower.stales.reduce((sum, count) => sum + count, 0) : 0;
    const events = follower instanceof RingBooks ? follower.events : 0;
    return { made, frames: status.frames, events, healedMs: world.nowMs() - overMs, staleTimes, unseen, status };
  } catch (error) {
    throw error instanceof assert.AssertionError ? error : new Error(`${what}: ${error}`, { cause: error });
  } finally {
    isStopped = true;
    await world.runUntil(world.nowMs() + 200, step);
    await settled();
    await running.catch(() => undefined);
    follower.drain();
    await venue.close();
  }
}

/** '' where every book is live and is the venue's. */
function difference(markets: readonly Market[], books: readonly RingBook[], depth: number): string {
  for (const [i, market] of markets.entries()) {
    const book = books[i];
    if (book?.isLive !== true) return `${market.symbol} is not live`;
    const { priceDecimals, qtyDecimals } = market.listing;
    const theirs: string[] = [];
    for (const isBid of [true, false]) {
      const levels = market.depth(isBid, depth);
      for (let at = 0; at < levels.length; at += 2) {
        theirs.push(`${isBid ? 'bid' : 'ask'} ${levels[at]} ${levels[at + 1]}`);
      }
    }
    theirs.sort();
    const ours = levelsOf(book, priceDecimals, qtyDecimals);
    if (ours.join() === theirs.join()) continue;
    const missing = theirs.filter((level) => !ours.includes(level));
    const wrong = ours.filter((level) => !theirs.includes(level));
    return `${market.symbol}: ${missing.length} levels of the venue's ${theirs.length} are missing (${missing[0]}), ${wrong.length} of ours are not there (${wrong[0]})`;
  }
  return '';
}
