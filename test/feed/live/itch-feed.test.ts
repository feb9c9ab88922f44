/** The live ITCH feed and the exchange's ITCH lines, on loopback: the books at the end are those of the recording. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { stateHash } from '../../../src/book/state-hash.ts';
import { EventKind, StaleReason } from '../../../src/core/event.ts';
import { runBooks } from '../../../src/engine/book-run.ts';
import { RecordingFlow } from '../../../src/exchange/itch/recording-flow.ts';
import { type ItchVenue, type ItchVenueOptions, startItchVenue } from '../../../src/exchange/itch/venue.ts';
import { detectRecording } from '../../../src/feed/detect.ts';
import { ItchLiveFeed } from '../../../src/feed/live/itch/feed.ts';
import { loadLibc } from '../../../src/feed/live/itch/native-udp.ts';
import type { ItchLiveOptions, ItchUdpOptions } from '../../../src/feed/live/itch/options.ts';
import { itchSessionBase } from '../../../src/feed/live/itch/session-clock.ts';
import type { UdpLibrary } from '../../../src/feed/live/itch/udp-sockets.ts';
import { marketData, repositoryRoot } from '../../support/paths.ts';
import { hashOf, LiveBooks, soupPacket } from './itch-support.ts';

const SESSION = join(repositoryRoot(), 'replay-data', 'equities-session.itch50.gz');
const folder = mkdtempSync(join(tmpdir(), 'itch-feed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The first `count` messages of the project's own session, as a file. */
function part(count: number): { readonly path: string; readonly bytes: Uint8Array } {
  const whole = gunzipSync(readFileSync(SESSION));
  let to = 0;
  for (let i = 0; i < count; i++) to += 2 + whole.readUInt16BE(to);
  const path = join(folder, `part-${count}.itch50`);
  const bytes = whole.subarray(0, to);
  writeFileSync(path, bytes);
  return { path, bytes };
}

const PART = part(20_000);
const PART_HASH = hashOf(PART.bytes);

interface Run {
  readonly books: LiveBooks;
  readonly feed: ItchLiveFeed;
  readonly venue: ItchVenue;
  readonly notes: readonly string[];
}

/** Sockets of this thread, so that feed and venue take turns on it. */
const ON_ONE_THREAD = { parkMs: 0, rules: { silenceNs: 60e9 } } as const;

interface Asked {
  readonly library?: UdpLibrary;
  readonly retransmit?: boolean;
  readonly rules?: ItchUdpOptions['rules'];
  readonly venue?: Partial<ItchVenueOptions>;
  readonly paths?: readonly string[];
  readonly pace?: { readonly speed?: number; readonly rate?: number };
  readonly live?: Partial<ItchLiveOptions>;
  readonly group?: string;
  /** Between the venue's start and the feed's. */
  readonly lateMs?: number;
}

async function overUdp(asked: Asked): Promise<Run> {
  const books = new LiveBooks();
  // The retransmission server's port has to be known first: it is the venue's, whose lines need the feed's ports.
  const listener = await reserve();
  const line: ItchUdpOptions = {
    via: 'udp',
    a: asked.group ?? '127.0.0.1:0',
    ...(asked.group === undefined ? { b: '127.0.0.1:0' } : {}),
    ...(asked.retransmit === false ? {} : { retransmit: [`127.0.0.1:${listener}`] }),
    ...(asked.library === undefined ? {} : { library: asked.library }),
    ...ON_ONE_THREAD,
    rules: { ...ON_ONE_THREAD.rules, ...asked.rules },
  };
  const feed = new ItchLiveFeed({
    line,
    session: '',
    symbols: null,
    sessionBase: itchSessionBase(Date.now()),
    record: null,
    ...asked.live,
  });
  const [a, b] = await feed.open();
  const group = asked.group?.replace(/:\d+/, `:${a}`);
  const venue = await startItchVenue({
    flow: new RecordingFlow(asked.paths ?? [PART.path], asked.pace ?? { speed: Number.POSITIVE_INFINITY }),
    session: 'TEST',
    udp: {
      a: group ?? `127.0.0.1:${a}`,
      ...(b === undefined ? {} : { b: `127.0.0.1:${b}` }),
      ...(asked.retransmit === false ? {} : { retransmitPort: listener }),
    },
    heartbeatMs: 20,
    lingerMs: 20_000,
    ...asked.venue,
  });
  try {
    if (asked.lateMs !== undefined) await new Promise((resolve) => setTimeout(resolve, asked.lateMs));
    const { stats } = await feed.run(books.sink, books);
    return { books, feed, venue, notes: stats.notes };
  } finally {
    await venue.close();
  }
}

/** A UDP port that is free now. */
async function reserve(): Promise<number> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function overSoup(asked: Asked & { readonly password?: string }): Promise<Run> {
  const books = new LiveBooks();
  const venue = await startItchVenue({
    flow: new RecordingFlow(asked.paths ?? [PART.path], asked.pace ?? { speed: Number.POSITIVE_INFINITY }),
    session: 'TEST',
    soup: { port: 0, user: 'desk', password: 'secret' },
    lingerMs: 20_000,
    ...asked.venue,
  });
  const feed = new ItchLiveFeed({
    line: { via: 'soup', host: '127.0.0.1', port: venue.soupPort, user: 'desk', password: asked.password ?? 'secret' },
    session: '',
    symbols: null,
    sessionBase: itchSessionBase(Date.now()),
    record: null,
    ...asked.live,
  });
  try {
    const { stats } = await feed.run(books.sink, books);
    return { books, feed, venue, notes: stats.notes };
  } finally {
    await venue.close();
  }
}

/** State hash of the books that `tapehead replay` of these files comes to. */
async function replayHash(paths: readonly string[]): Promise<string> {
  const { market } = await runBooks(await detectRecording([...paths]), {
    symbols: null,
    maxMessages: Number.POSITIVE_INFINITY,
  });
  return stateHash(market.books).hex();
}

const LIBRARIES: readonly UdpLibrary[] = typeof loadLibc() === 'string' ? ['dgram'] : ['koffi', 'dgram'];

for (const library of LIBRARIES) {
  test(`over two clean lines with ${library} the books are those of the file`, async () => {
    const { books, feed, notes } = await overUdp({ library });
    assert.ok(notes.includes(`sockets: ${library}`));
    assert.equal(books.hash(), PART_HASH);
    assert.equal(books.sink.messages, 20_000);
    assert.equal(feed.arbiter?.lostMessages, 0);
    assert.equal(books.backwards, 0, 'receive times do not go back');
  });

  test(`with 1 % loss on each line and ${library}, what both lost comes by retransmission`, async () => {
    const faults = { a: { drop: 0.01, duplicate: 0.01 }, b: { drop: 0.01, reorder: 0.01 }, retransmit: { drop: 0.1 } };
    const { books, feed, venue } = await overUdp({ library, venue: { faults, seed: 5 } });
    assert.equal(books.hash(), PART_HASH);
    assert.equal(books.sink.messages, 20_000, 'each once');
    assert.equal(feed.arbiter?.lostMessages, 0);
    const [a, b] = venue.counts().lines;
    assert.ok(a.dropped > 0 && a.duplicated > 0 && b.dropped > 0 && b.reordered > 0);
    assert.equal(books.count(EventKind.Gap) + books.count(EventKind.Stale), 0);
  });
}

test('packets that are cut, delayed and mixed up end in the same books', async () => {
  const rates = { drop: 0.02, duplicate: 0.05, reorder: 0.05, delay: 0.05, delayMs: 3, truncate: 0.02 };
  const { books, feed, venue, notes } = await overUdp({ venue: { faults: { a: rates, b: rates, retransmit: rates } } });
  assert.equal(books.hash(), PART_HASH);
  assert.equal(feed.arbiter?.lostMessages, 0);
  const truncated = venue.counts().lines.reduce((sum, line) => sum + line.truncated, 0);
  const malformed = feed.arbiter?.lines.reduce((sum, line) => sum + line.malformed, 0) ?? 0;
  assert.ok(malformed > 0 && malformed <= truncated, `${malformed} of ${truncated}`);
  assert.ok(
    notes.some((note) => /line A: .*malformed packets/.test(note)),
    notes.join('; '),
  );
});

test('without a server what both lines lost leaves every book stale, and the run goes on counting', async () => {
  const faults = { a: { drop: 0.2 }, b: { drop: 0.2 } };
  const rules = { holdNs: 1e6, retryNs: 1e6 };
  const { books, feed, notes } = await overUdp({ retransmit: false, rules, venue: { faults, lingerMs: 20_000 } });
  const lost = feed.arbiter?.lostMessages ?? 0;
  assert.ok(lost > 0);
  assert.equal(books.sink.messages, 20_000 - lost);
  assert.equal(books.count(EventKind.Gap), feed.arbiter?.holesLost);
  const standings = books.market.books.defs.map((_, i) => books.market.books.staleReason[i]);
  assert.ok(standings.length > 0);
  for (const standing of standings) if (standing !== undefined) assert.notEqual(standing, StaleReason.None);
  assert.ok(
    notes.some((note) => note.startsWith(`${lost} messages were lost`)),
    notes.join('; '),
  );
});

test('a feed that comes late asks for the session from its first message', async () => {
  const { books, feed } = await overUdp({ lateMs: 150 });
  assert.equal(books.sink.messages, 20_000);
  assert.equal(books.hash(), PART_HASH);
  assert.equal(feed.arbiter?.lostMessages, 0);
});

test('multicast groups are joined on the interface that is named', async (context) => {
  const { books } = await overUdp({ group: '239.255.77.1:0@127.0.0.1' });
  if (books.sink.messages === 0) {
    context.skip('no multicast on this loopback');
    return;
  }
  assert.equal(books.hash(), PART_HASH);
});

test('over SoupBinTCP the books are those of the file', async () => {
  const { books, notes } = await overSoup({});
  assert.equal(books.hash(), PART_HASH);
  assert.equal(books.sink.messages, 20_000);
  assert.ok(
    notes.some((note) => note.startsWith('SoupBinTCP: 1 logins, 20000 messages')),
    notes.join('; '),
  );
});

test('a connection that is cut again and again loses nothing', async () => {
  const { books, feed, venue } = await overSoup({ venue: { faults: { soupDisconnect: 0.3 }, seed: 3 } });
  const { soup } = venue.counts();
  assert.ok(soup !== null && soup.disconnects > 0);
  assert.equal(feed.soup?.client.counts.logins, soup.disconnects + 1);
  assert.equal(books.sink.messages, 20_000);
  assert.equal(books.hash(), PART_HASH, 'live again, and the same');
  assert.ok(books.count(EventKind.Connection) >= 2 * soup.disconnects);
});

test('what was missed may come together with the login and the end of the session: the books are live', async () => {
  const message = (i: number): Uint8Array => PART.bytes.subarray(starts[i] + 2, starts[i + 1]);
  const starts = [0];
  for (let i = 0; i < 100; i++) starts.push(starts[i] + 2 + (PART.bytes[starts[i]] * 256 + PART.bytes[starts[i] + 1]));
  let logins = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const first = logins++ * 60;
      const login = soupPacket('A', 'TEST'.padStart(10) + String(first + 1).padStart(20));
      const pieces = Array.from({ length: first === 0 ? 60 : 40 }, (_, i) => soupPacket('S', message(first + i)));
      socket.end(Buffer.concat([login, ...pieces, ...(first === 0 ? [] : [soupPacket('Z', '')])]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const line = { via: 'soup', host: '127.0.0.1', port, user: 'desk', password: 'secret' } as const;
  const source = { line, session: '', symbols: null, sessionBase: itchSessionBase(Date.now()), record: null };
  const books = new LiveBooks();
  try {
    await new ItchLiveFeed(source).run(books.sink, books);
  } finally {
    server.close();
  }
  assert.equal(logins, 2);
  assert.equal(books.hash(), hashOf(PART.bytes.subarray(0, starts[100])));
});

test('a wrong password ends the run with one line', async () => {
  await assert.rejects(overSoup({ password: 'wrong' }), {
    name: 'TapeheadError',
    message: /^127\.0\.0\.1:\d+ refused the login: user or password is wrong$/,
  });
});

test('what is recorded replays to the books that the live run had', async () => {
  const directory = join(folder, 'recorded');
  const record = { directory, name: 'TEST', fileBytes: 200_000 };
  const { books, feed, notes } = await overUdp({ live: { record }, venue: { faults: { a: { drop: 0.05 } } } });
  assert.ok(feed.recorded.length > 2, 'rotated');
  assert.match(feed.recorded[0], /TEST\.000000000001\.itch50\.gz$/);
  assert.equal(await replayHash(feed.recorded), books.hash());
  const content = Buffer.concat(feed.recorded.map((path) => gunzipSync(readFileSync(path))));
  assert.ok(content.equals(PART.bytes), 'byte for byte the file that was published');
  assert.ok(notes.some((note) => note.startsWith('20000 messages recorded in ')));
});

for (const name of ['AAPL_20200130_locate13_first10k.itch50', 'ALL_dirstart_1000msgs.itch50']) {
  const path = marketData(`itch50/${name}`);
  const options = { skip: path === null ? 'no ../shared/market-data' : false };
  test(
    `${name} read back over two lossy lines and over a connection that is cut: the books of a replay`,
    options,
    async () => {
      const paths = [path ?? ''];
      const faults = { a: { drop: 0.01 }, b: { drop: 0.01 }, soupDisconnect: 0.3 };
      const expected = await replayHash(paths);
      assert.equal((await overUdp({ paths, venue: { faults } })).books.hash(), expected);
      assert.equal((await overSoup({ paths, venue: { faults } })).books.hash(), expected);
    },
  );
}

test('symbols choose the instruments that have events', async () => {
  const { books, notes } = await overUdp({ live: { symbols: ['TAPE', 'NOWHERE'] } });
  assert.ok(notes.includes('never seen in this session: NOWHERE'), notes.join('; '));
  const symbols = books.market.books.defs.filter((def) => def !== undefined).map((def) => def.symbol);
  assert.deepEqual(symbols, ['TAPE']);
});

test('an address that can not be bound or understood ends with one line', async () => {
  for (const [a, message] of [
    ['localhost', /line A "localhost" is no address/],
    ['192.0.2.1:0', /^192\.0\.2\.1:0 can't be received on: /],
  ] as const) {
    for (const library of LIBRARIES) {
      const line: ItchUdpOptions = { via: 'udp', a, library };
      const feed = new ItchLiveFeed({
        line,
        session: '',
        symbols: null,
        sessionBase: itchSessionBase(Date.now()),
        record: null,
      });
      await assert.rejects(feed.open(), { name: 'TapeheadError', message });
    }
  }
});

for (const library of LIBRARIES) {
  test(`the whole session of replay-data reaches a thread of its own with ${library}, over two lossy lines`, async () => {
    const listener = await reserve();
    const line = {
      via: 'udp',
      a: '127.0.0.1:0',
      b: '127.0.0.1:0',
      retransmit: [`127.0.0.1:${listener}`],
      library,
    } as const;
    const options = { line, session: 'DAY', symbols: null, sessionBase: itchSessionBase(Date.now()), record: null };
    const thread = new Worker(new URL('./itch-live-worker.js', import.meta.url), { workerData: options });
    try {
      const [ports] = (await once(thread, 'message')) as [number[]];
      const venue = await startItchVenue({
        flow: new RecordingFlow([SESSION], { rate: 400_000 }),
        session: 'DAY',
        udp: { a: `127.0.0.1:${ports[0]}`, b: `127.0.0.1:${ports[1]}`, retransmitPort: listener },
        faults: { a: { drop: 0.01 }, b: { drop: 0.01 } },
        heartbeatMs: 20,
        lingerMs: 30_000,
      });
      try {
        const [report] = (await once(thread, 'message')) as [{ hash: string; messages: number; notes: string[] }];
        assert.equal(report.messages, 256_702);
        assert.equal(report.hash, await replayHash([SESSION]), report.notes.join('; '));
      } finally {
        await venue.close();
      }
    } finally {
      await thread.terminate();
    }
  });
}
