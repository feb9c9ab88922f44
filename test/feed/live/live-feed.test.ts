import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, StaleReason } from '../../../src/core/event.ts';
import { Prng } from '../../../src/core/prng.ts';
import type { LiveRules } from '../../../src/feed/live/protocol.ts';
import type { LiveVenueSource } from '../../../src/feed/live/source.ts';
import type { SeenEvent } from '../../support/event-probe.ts';
import { FakeBinance } from './fake-binance.ts';
import { LiveSession } from './session.ts';

/** Books by instrument, from the events alone: price and quantity in ticks and lots. */
function booksOf(events: readonly SeenEvent[]): Map<number, Map<string, number>> {
  const books = new Map<number, Map<string, number>>();
  for (const { kind, instrument, side, price, qty } of events) {
    if (kind === EventKind.Instrument && !books.has(instrument)) books.set(instrument, new Map());
    const book = books.get(instrument);
    if (kind === EventKind.Clear) book?.clear();
    if (kind !== EventKind.Level) continue;
    if (qty === 0) book?.delete(`${side} ${price}`);
    else book?.set(`${side} ${price}`, qty);
  }
  return books;
}

function sameAsVenue(session: LiveSession, venue: FakeBinance): boolean {
  session.status;
  const books = [...booksOf(session.events).values()];
  return venue.symbols.every((symbol, i) => {
    const { bids, asks } = venue.markets.get(symbol)!;
    const theirs = [
      ...[...bids].map(([price, qty]) => `1 ${Math.round(Number(price) * 1e8)} ${Math.round(Number(qty) * 1e8)}`),
      ...[...asks].map(([price, qty]) => `2 ${Math.round(Number(price) * 1e8)} ${Math.round(Number(qty) * 1e8)}`),
    ].sort();
    const ours = [...(books[i] ?? new Map())].map(([key, qty]) => `${key} ${qty}`).sort();
    return theirs.join() === ours.join();
  });
}

async function settled(session: LiveSession, venue: FakeBinance): Promise<boolean> {
  for (let i = 0; i < 2_000; i++) {
    if (session.isLive && sameAsVenue(session, venue)) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}

const one = (venue: FakeBinance, redundancy: 1 | 2 = 1): LiveVenueSource[] => [
  { name: 'binance', symbols: venue.symbols, endpoints: venue.endpoints, redundancy },
];

interface Scene {
  readonly symbols?: readonly string[];
  readonly redundancy?: 1 | 2;
  readonly rotateBytes?: number;
  readonly rules?: Partial<LiveRules>;
  /** Called once every book is live. */
  play(venue: FakeBinance, session: LiveSession): Promise<void>;
}

/** Plays a scene; at its end the books are the venue's, and a replay of the capture emits what the session emitted. */
async function scene({
  symbols = ['BTCUSDT'],
  redundancy = 1,
  rotateBytes = 1 << 30,
  rules = {},
  play,
}: Scene): Promise<void> {
  const venue = await FakeBinance.start(symbols, 1);
  const session = new LiveSession(one(venue, redundancy), { record: true, rotateBytes, rules });
  try {
    assert.ok(await venue.until(() => session.isLive), `never live: ${session.said.join('; ')}`);
    await play(venue, session);
    assert.ok(await settled(session, venue), `the books differ: ${session.said.join('; ')}`);
    await session.stop();
    assert.deepEqual(await session.replayed(), session.events);
  } finally {
    await session.end();
    await venue.close();
  }
}

function staleFor(session: LiveSession, reason: StaleReason): boolean {
  return session.events.some((event) => event.kind === EventKind.Stale && event.price === reason);
}

test('a live session follows two books, and its recording, in several files, replays to the very same events', () =>
  scene({
    symbols: ['BTCUSDT', 'ETHUSDT'],
    rotateBytes: 2_000,
    play: async (venue, session) => {
      assert.ok(await venue.until(() => session.count('Trade') > 40));
      assert.equal(session.count('Gap') + session.count('Duplicate') + session.count('OutOfOrder'), 0);
      const [first] = session.events;
      assert.deepEqual([first.def?.symbol, first.def?.priceDecimals, first.def?.qtyDecimals], ['BTCUSDT', 8, 8]);
    },
  }));

test('a frame that is lost makes the book stale, a snapshot makes it whole', () =>
  scene({
    play: async (venue, session) => {
      let lost = 0;
      venue.fault = (stream) => (stream.includes('@depth') && lost++ === 3 ? [] : null);
      assert.ok(await venue.until(() => session.count('Gap') === 1 && session.isLive));
      assert.ok(staleFor(session, StaleReason.Gap));
      assert.equal(session.status.venues[0].resyncs, 2);
    },
  }));

test('what comes twice or late on one line is not applied twice', () =>
  scene({
    play: async (venue, session) => {
      const kept: string[] = [];
      let n = 0;
      venue.fault = (stream, _client, frame) => {
        if (!stream.includes('@depth')) return null;
        kept.push(frame);
        return n++ === 4 ? [frame, frame, kept[2]] : null;
      };
      assert.ok(await venue.until(() => n > 6));
      assert.ok(await settled(session, venue));
      assert.equal(session.status.venues[0].repeated, 2);
      assert.equal(session.count('Gap'), 0);
    },
  }));

test('a connection that is cut is made anew, and the books follow', () =>
  scene({
    play: async (venue, session) => {
      venue.cutAll();
      assert.ok(await venue.until(() => session.status.venues[0].reconnects === 1 && session.isLive));
      assert.ok(staleFor(session, StaleReason.Disconnected));
      assert.match(session.said.join(), /connection 1 lost/);
    },
  }));

test('a frame that is not what the venue sends is refused, named and recorded; the session goes on', () =>
  scene({
    play: async (venue, session) => {
      const damaged = [(frame: string) => frame.slice(0, 60), () => Buffer.from([0xff, 0xfe, 0x00])];
      for (const [i, damage] of damaged.entries()) {
        let isDone = false;
        venue.fault = (_stream, _client, frame) => {
          const isNow = !isDone;
          isDone = true;
          return isNow ? [damage(frame)] : null;
        };
        assert.ok(await venue.until(() => session.status.venues[0].refused === i + 1 && session.isLive), `damage ${i}`);
      }
      assert.ok(staleFor(session, StaleReason.BadValue));
      assert.equal(session.status.venues[0].reconnects, damaged.length);
    },
  }));

test('a venue that refuses snapshots for their rate is asked again when it says so', () =>
  scene({
    play: async (venue, session) => {
      const refusals: number[] = [];
      venue.restFault = () => {
        refusals.push(performance.now());
        if (refusals.length === 1) return { status: 429, headers: { 'Retry-After': '1' }, body: '{}' };
        venue.restFault = () => null;
        return { status: 200, body: '<html>' };
      };
      venue.cutAll();
      assert.ok(await venue.until(() => session.status.venues[0].reconnects === 1 && session.isLive));
      assert.ok(refusals[1] - refusals[0] >= 990, `asked again after ${refusals[1] - refusals[0]} ms`);
      const [{ rateLimited, refused, failedRequests }] = session.status.venues;
      assert.deepEqual([rateLimited, refused, failedRequests], [1, 1, 1]);
    },
  }));

test('an engine that falls behind gets no frames: they are recorded, the books are stale, then whole again', () =>
  scene({
    play: async (venue, session) => {
      session.isStalled = true;
      assert.ok(await venue.until(() => session.feed.status().venues[0].skipped > 20));
      session.isStalled = false;
      assert.ok(await venue.until(() => session.isLive));
      assert.ok(staleFor(session, StaleReason.Overrun));
      assert.equal(session.status.venues[0].overruns, 1);
    },
  }));

test('a line on which nothing comes any more is silent: its book is stale, and it is made anew', () =>
  scene({
    rules: { silenceMs: 400, ping: null },
    play: async (venue, session) => {
      for (let i = 0; i < 4_000 && !staleFor(session, StaleReason.Silent); i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        session.status;
      }
      assert.ok(staleFor(session, StaleReason.Silent));
      assert.ok(await venue.until(() => session.status.venues[0].reconnects > 0 && session.isLive));
      assert.ok(session.status.venues[0].silences > 0);
      venue.keepTicking();
    },
  }));

test('a quiet line whose pings are answered is not silent', () =>
  scene({
    rules: { silenceMs: 800, ping: { everyMs: 50, text: '' } },
    play: async (_venue, session) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      assert.equal(session.status.venues[0].silences, 0);
    },
  }));

test('streams that bring nothing for long are silent though pings are answered, where the venue has such a rule', () =>
  scene({
    rules: { silenceMs: 10_000, quietMs: 200, ping: { everyMs: 50, text: '' } },
    play: async (_venue, session) => {
      const before = session.count('Stale');
      for (let i = 0; i < 200 && session.count('Stale') === before; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.ok(session.status.venues[0].silences >= 1 && session.count('Stale') > before);
    },
  }));

test('a line that is old is replaced before it is cut: the book stays live, nothing is applied twice', () =>
  scene({
    rules: { maxAgeMs: 300 },
    play: async (venue, session) => {
      const before = session.count('Stale');
      const isReplaced = (): boolean => {
        const { replaced, redundant } = session.status.venues[0];
        return replaced >= 2 && redundant > 0;
      };
      assert.ok(await venue.until(isReplaced), `${venue.connections} connections`);
      assert.equal(session.status.venues[0].reconnects, 0);
      assert.equal(session.count('Stale'), before);
      assert.equal(session.count('Gap') + session.count('Duplicate') + session.count('OutOfOrder'), 0);
    },
  }));

test('two lines with losses of their own: no duplicate, no gap but where both lost', () =>
  scene({
    redundancy: 2,
    play: async (venue, session) => {
      assert.ok(await venue.until(() => session.status.venues[0].up === 2));
      const prng = new Prng(11);
      const lost = new Map<string, number>();
      let both = 0;
      venue.fault = (stream, _client, frame) => {
        if (!stream.includes('@depth') || prng.below(20) !== 0) return null;
        const times = (lost.get(frame) ?? 0) + 1;
        lost.set(frame, times);
        if (times === 2) both++;
        return [];
      };
      for (let i = 0; i < 600; i++) venue.step();
      await new Promise((resolve) => setTimeout(resolve, 100));
      venue.fault = () => null;
      assert.ok(await venue.until(() => session.isLive), `stale: ${session.said.join()}`);
      assert.ok(lost.size > 30, `${lost.size} lost`);
      assert.ok(session.count('Gap') <= both, `${session.count('Gap')} gaps, ${both} lost on both`);
      assert.equal(session.count('Gap') > 0, both > 0);
      assert.equal(session.count('Duplicate') + session.count('OutOfOrder'), 0);
      const ids = session.events.filter((event) => event.name === 'Trade').map((event) => event.id2);
      assert.deepEqual(
        ids,
        [...new Set(ids)].sort((a, b) => a - b),
      );
    },
  }));

test('a line that is cut beside another one leaves the books live', () =>
  scene({
    redundancy: 2,
    play: async (venue, session) => {
      assert.ok(await venue.until(() => session.status.venues[0].up === 2));
      const before = session.count('Stale');
      venue.clients[0].socket.terminate();
      assert.ok(await venue.until(() => session.status.venues[0].reconnects === 1));
      assert.equal(session.count('Stale'), before);
    },
  }));

test('several venues in one run: symbols say whose they are, indices are dense, the capture holds them all', async () => {
  const spot = await FakeBinance.start(['BTCUSDT'], 1);
  const futures = await FakeBinance.start(['BTCUSDT', 'ETHUSDT'], 2, true);
  const session = new LiveSession(
    [...one(spot), { name: 'binance-usdm', symbols: futures.symbols, endpoints: futures.endpoints, redundancy: 1 }],
    { record: true },
  );
  try {
    assert.ok(
      await spot.until(() => {
        futures.step();
        return session.isLive && session.count('Trade') > 20;
      }),
    );
    await session.stop();
    const defs = session.events.flatMap((event) => (event.def === null ? [] : [event.def]));
    assert.deepEqual(defs.map((def) => def.symbol).sort(), [
      'binance-usdm:BTCUSDT',
      'binance-usdm:ETHUSDT',
      'binance:BTCUSDT',
    ]);
    assert.deepEqual(defs.map((def) => def.instrument).sort(), [0, 1, 2]);
    assert.deepEqual(await session.replayed(), session.events);
  } finally {
    await session.end();
    await spot.close();
    await futures.close();
  }
});

test('a symbol that the venue does not have, and an address without a venue, end the session with one line', async () => {
  const venue = await FakeBinance.start(['BTCUSDT'], 1);
  const { endpoints } = venue;
  const unknown = new LiveSession([{ name: 'binance', symbols: ['NOSUCH'], endpoints, redundancy: 1 }]);
  const futures = await FakeBinance.start(['BTCUSDT'], 1, true);
  const near = new LiveSession([
    { name: 'binance-usdm', symbols: ['BTCUSDX'], endpoints: futures.endpoints, redundancy: 1 },
  ]);
  try {
    assert.match((await unknown.failure()).message, /^binance refuses NOSUCH: Invalid symbol\.$/);
    assert.match((await near.failure()).message, /^binance-usdm has no BTCUSDX \(nearest: BTCUSDT\)$/);
  } finally {
    await unknown.end();
    await near.end();
    await venue.close();
    await futures.close();
  }
  const gone = new LiveSession([{ name: 'binance', symbols: ['BTCUSDT'], endpoints, redundancy: 1 }]);
  try {
    assert.match(
      (await gone.failure()).message,
      /^binance: http:\/\/127\.0\.0\.1:\d+\/.*ECONNREFUSED.*is the address right/,
    );
  } finally {
    await gone.end();
  }
});
