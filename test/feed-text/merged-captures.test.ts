import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Prng } from '../../src/core/prng.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { openFeed } from '../../src/feed/open.ts';
import { parseHeader } from '../../src/feed/text/capture-header.ts';
import { apartByVenue, MergedCaptures } from '../../src/feed/text/merged-captures.ts';
import { EventProbe, type SeenEvent } from '../support/event-probe.ts';

const START = 1618678132;
const DECLARED = {
  binance: { venue: 'binance', symbols: ['BTCUSDT'] },
  okx: { venue: 'okx', symbols: ['BTC-USDT'] },
};
type Name = keyof typeof DECLARED;

interface Line {
  readonly venue: Name;
  /** Of the line, without its braces. */
  readonly rest: string;
  readonly ns: number;
}

/** What happened on two venues, in order. */
function happenings(seed: number): Line[] {
  const prng = new Prng(seed);
  const lines: Line[] = [];
  let ns = 0;
  const add = (venue: Name, line: object): void => {
    ns += 1 + prng.below(3_000_000);
    const { t, ...rest } = { t: 'recv', conn: `${venue.toUpperCase()}.ws.1`, ...line };
    lines.push({ venue, rest: `"t":"${t}",${JSON.stringify(rest).slice(1, -1)}`, ns });
  };
  for (const venue of ['binance', 'okx'] as const) add(venue, { t: 'connect' });
  add('binance', {
    t: 'http',
    conn: 'BINANCE.http.1',
    url: 'http://x/api/v3/depth?symbol=BTCUSDT&limit=1000',
    data: JSON.stringify({ lastUpdateId: 0, bids: [['99.00', '2.0']], asks: [['101.00', '3.0']] }),
  });
  const ids = { binance: 0, okx: 0 };
  for (let n = 0; n < 400; n++) {
    const venue = prng.below(3) === 0 ? 'okx' : 'binance';
    const id = ++ids[venue];
    const price = `${90 + prng.below(9)}.5`;
    if (venue === 'binance') {
      add(venue, {
        data: JSON.stringify({ e: 'depthUpdate', s: 'BTCUSDT', U: id, u: id, b: [[price, '1.5']], a: [] }),
      });
    } else {
      const isFirst = id === 1;
      const entry = {
        bids: [[price, `${id}.5`, '0', '1']],
        asks: isFirst ? [['101', '1', '0', '1']] : [],
        checksum: 0,
      };
      const data = [{ ...entry, ts: `${START}000`, seqId: id, prevSeqId: isFirst ? -1 : id - 1 }];
      const arg = { channel: 'books', instId: 'BTC-USDT' };
      add(venue, { data: JSON.stringify({ arg, action: isFirst ? 'snapshot' : 'update', data }) });
    }
  }
  add('okx', { t: 'disconnect' });
  return lines;
}

const stamp = (ns: number) => `${START + Math.floor(ns / 1e9)}.${String(ns % 1e9).padStart(9, '0')}`;

/** The text of a capture that holds these lines. */
function capture(session: string, names: readonly Name[], lines: readonly Line[], isPrefixed: boolean): string {
  const venues = names.map((name) => ({ ...DECLARED[name], prefix: isPrefixed ? `${name}:` : '' }));
  const header = { t: 'header', ts: START, format: 3, session, venues };
  return [JSON.stringify(header), ...lines.map((line) => `{${line.rest},"ts":${stamp(line.ns)}}`), ''].join('\n');
}

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tapehead-merge-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function put(dir: string, name: string, ...texts: readonly string[]): string {
  const path = join(dir, name);
  mkdirSync(path);
  for (const [i, text] of texts.entries()) writeFileSync(join(path, `${name}-000${i + 1}.jsonl.gz`), gzipSync(text));
  return path;
}

async function replayed(
  paths: readonly string[],
  symbols: readonly string[] | null = null,
): Promise<{ events: SeenEvent[]; truncated: string | null; notes: readonly string[] }> {
  const recording = await detectRecording(paths);
  const probe = new EventProbe();
  const control = { stopRequested: () => false, progress: () => undefined };
  const { stats, truncated } = await openFeed(recording, { symbols }).run(probe.sink, control);
  return { events: probe.take(), truncated, notes: stats.notes };
}

test('captures of two venues replay as one live session of both would', async (t) => {
  for (const seed of [1, 2]) {
    const dir = folder(t);
    const lines = happenings(seed);
    const of = (name: Name) => lines.filter((line) => line.venue === name);
    const both = put(dir, 'both', capture('s', ['binance', 'okx'], lines, true));
    const binance = of('binance');
    const a = put(
      dir,
      'a',
      capture('a', ['binance'], binance.slice(0, 130), false),
      capture('a', ['binance'], binance.slice(130), false),
    );
    const b = put(dir, 'b', capture('b', ['okx'], of('okx'), false));
    const one = await replayed([both]);
    const merged = await replayed([a, b]);
    assert.ok(one.events.length > 400);
    assert.deepEqual(
      merged.events.flatMap(({ def }) => (def === null ? [] : [def.symbol])),
      one.events.flatMap(({ def }) => (def === null ? [] : [def.symbol])),
    );
    assert.deepEqual(merged.events, one.events, `seed ${seed}`);
    assert.deepEqual((await replayed([b, a])).events, one.events, `seed ${seed}, named the other way round`);
    assert.deepEqual(merged.notes, one.notes);
    assert.deepEqual(await inPieces([a, b]), one.events, `seed ${seed}, in pieces of 500 bytes`);
    const btc = await replayed([a, b], ['okx:BTC-USDT']);
    assert.deepEqual(
      [...new Set(btc.events.flatMap(({ def }) => (def === null ? [] : [def.symbol])))],
      ['okx:BTC-USDT'],
    );
  }
});

/** The events of captures that are read a few bytes at a time. */
async function inPieces(dirs: readonly string[]): Promise<SeenEvent[]> {
  const files = dirs.flatMap((dir) =>
    readdirSync(dir)
      .sort()
      .map((name) => {
        const path = join(dir, name);
        const [first] = gunzipSync(readFileSync(path)).toString().split('\n', 1);
        return { input: { path, entry: null }, header: parseHeader(Buffer.from(first), 0, first.length) };
      }),
  );
  const captures = apartByVenue(files);
  assert.ok(captures !== null);
  const { sessionBase: base } = await detectRecording(dirs);
  const probe = new EventProbe();
  const control = { stopRequested: () => false, progress: () => undefined };
  await new MergedCaptures(captures, { base, symbols: null }, 500).run(probe.sink, control);
  return probe.take();
}

test('of two captures one may be cut at its end: it is said, and the other goes on', async (t) => {
  const dir = folder(t);
  const lines = happenings(3);
  const binance = capture(
    'a',
    ['binance'],
    lines.filter((line) => line.venue === 'binance'),
    false,
  );
  const a = put(dir, 'a', binance.slice(0, 10_000));
  const b = put(
    dir,
    'b',
    capture(
      'b',
      ['okx'],
      lines.filter((line) => line.venue === 'okx'),
      false,
    ),
  );
  const { events, truncated } = await replayed([a, b]);
  assert.match(truncated ?? '', /a-0001\.jsonl\.gz ends inside line \d+ \(byte \d+\), replayed up to there/);
  assert.equal(events.at(-1)?.name, 'Stale');
});

test('two sessions of one venue, and damage in one of two captures, are errors of one line', async (t) => {
  const dir = folder(t);
  const lines = happenings(4);
  const binance = lines.filter((line) => line.venue === 'binance');
  const okx = lines.filter((line) => line.venue === 'okx');
  const a = put(dir, 'a', capture('a', ['binance'], binance, false));
  const again = put(dir, 'again', capture('c', ['binance'], binance, false));
  await assert.rejects(replayed([a, again]), /of another live session than the file before it: replay them apart$/);
  const text = capture('b', ['okx'], okx, false).split('\n');
  text[5] = text[5].replace('"data":"{', '"data":"');
  const b = put(dir, 'b', text.join('\n'));
  await assert.rejects(replayed([a, b]), /b-0001\.jsonl\.gz:line 6 \(byte \d+\): .*damaged there/);
});
