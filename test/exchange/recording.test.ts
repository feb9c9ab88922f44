import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { playedKind } from '../../src/exchange/protocols.ts';
import { type RecordedEntry, recordedEntries, recordedProtocol } from '../../src/exchange/recording.ts';
import { temporaryFolder } from '../support/command.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';
import { startVenue } from '../support/venue-scene.ts';

async function entriesOf(path: string, limit = Number.POSITIVE_INFINITY): Promise<RecordedEntry[]> {
  const entries: RecordedEntry[] = [];
  for await (const entry of recordedEntries(path)) {
    entries.push(entry);
    if (entries.length === limit) break;
  }
  return entries;
}

interface Heard {
  readonly frames: readonly string[];
  /** Bodies of the snapshots, sorted. */
  readonly snapshots: readonly string[];
  /** Frames that had been sent when the first snapshot was answered. */
  readonly sentBefore: number;
  /** Frames that had been sent when the snapshots were asked for. */
  readonly sentWhenAsked: number;
}

/**
 * What a client hears that asks for a snapshot of each symbol when `askAt` frames have come. Answers and frames come on sockets of
 * their own, in no order between them: frames and snapshots are told apart.
 */
async function hear(
  t: TestContext,
  path: string,
  url: string,
  entries: readonly RecordedEntry[],
  askAt = 0,
): Promise<Heard> {
  const symbols = entries.flatMap((entry) => (entry.is === 'snapshot' ? [entry.symbol] : []));
  const progress = { frames: 0, ended: 0, error: '' };
  const kind = await playedKind(path, Number.POSITIVE_INFINITY, progress);
  const venue = await startVenue(t, [], { kinds: [kind], rate: 0 });
  const frames: string[] = [];
  let sentBefore = -1;
  let sentWhenAsked = -1;
  const client = new WebSocket(`ws://127.0.0.1:${venue.net.port}/${kind.name}${url}`);
  t.after(() => client.terminate());
  const ask = async (symbol: string): Promise<string> => {
    const address = `http://127.0.0.1:${venue.net.port}/${kind.name}/api/v3/depth?symbol=${symbol || 'ANY'}&limit=1000`;
    const response = await fetch(address);
    if (sentBefore < 0) sentBefore = progress.frames;
    return response.text();
  };
  const answers: Promise<string>[] = [];
  await new Promise<void>((resolve, reject) => {
    const askIfDue = (): void => {
      if (frames.length !== askAt) return;
      sentWhenAsked = progress.frames;
      answers.push(...symbols.map(ask));
    };
    client.on('error', reject);
    client.on('open', () => {
      client.send('{"subscribe":"anything"}');
      askIfDue();
    });
    client.on('message', (frame) => {
      frames.push(String(frame));
      askIfDue();
      if (frames.length === entries.length - symbols.length) resolve();
    });
  });
  return { frames, snapshots: (await Promise.all(answers)).sort(), sentBefore, sentWhenAsked };
}

const framesOf = (entries: readonly RecordedEntry[]): string[] =>
  entries.flatMap((entry) => (entry.is === 'frame' ? [String(entry.frame)] : []));
const snapshotsOf = (entries: readonly RecordedEntry[]): string[] =>
  entries.flatMap((entry) => (entry.is === 'snapshot' ? [entry.body] : [])).sort();

test('a client hears a recording verbatim and in order, the snapshot at its place', async (t) => {
  const packed = readFileSync(join(repositoryRoot(), 'replay-data/spot-session.binance.gz'));
  const lines = gunzipSync(packed).toString().split('\n').slice(0, 2000);
  const path = join(temporaryFolder(t), 'part.binance');
  writeFileSync(path, `${lines.join('\n')}\n`);
  const entries = await entriesOf(path);
  assert.equal(entries.length, 2000);
  assert.equal(await recordedProtocol(path), 'binance');
  const snapshotAt = entries.findIndex((entry) => entry.is === 'snapshot');
  assert.ok(snapshotAt > 0 && snapshotAt < 1000);
  const url = '/stream?streams=btcusdt@depth@100ms';
  // Asked for at once it waits for its place; asked for at its place, the frames have waited for it.
  for (const askAt of [0, snapshotAt]) {
    const heard = await hear(t, path, url, entries, askAt);
    assert.deepEqual(heard.frames, framesOf(entries));
    assert.deepEqual(heard.snapshots, snapshotsOf(entries));
    assert.ok(heard.sentBefore >= snapshotAt, `answered after ${heard.sentBefore} frames`);
    if (askAt === snapshotAt) assert.equal(heard.sentWhenAsked, snapshotAt);
  }
});

test('what is no recording of a venue is said in one line', async (t) => {
  const path = join(temporaryFolder(t), 'nothing');
  writeFileSync(path, 'nothing\n');
  await assert.rejects(recordedProtocol(path), /^TapeheadError: [^\n]*not a line of a recording/);
  writeFileSync(path, '{"t":"header","exchange":"NYSE"}\n');
  await assert.rejects(recordedProtocol(path), /^TapeheadError: [^\n]*no recording of a venue that can be served/);
});

test('a recording that is damaged further on cuts who hears it, and says why', async (t) => {
  const path = join(temporaryFolder(t), 'cut.binance');
  const line = '1723161253937085768 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","U":1,"u":1}}';
  writeFileSync(path, `${line}\nnothing\n${line}\n`);
  const progress = { frames: 0, ended: 0, error: '' };
  const venue = await startVenue(t, [], {
    kinds: [await playedKind(path, Number.POSITIVE_INFINITY, progress)],
    rate: 0,
  });
  const client = new WebSocket(`ws://127.0.0.1:${venue.net.port}/binance/stream?streams=btcusdt@depth`);
  client.on('error', () => undefined);
  t.after(() => client.terminate());
  await once(client, 'close');
  assert.match(progress.error, /not a line of a recording: nothing/);
});

for (const [name, protocol] of [
  ['BINANCE', 'binance'],
  ['KRAKEN', 'kraken'],
  ['OKX', 'okx'],
  ['COINBASE', 'coinbase'],
] as const) {
  const file = marketData(`captures/${name}.jsonl.zst`);
  test(`the capture of ${name} is heard verbatim`, {
    skip: file === null ? 'no ../shared/market-data' : false,
  }, async (t) => {
    assert.ok(file !== null);
    assert.equal(await recordedProtocol(file), protocol);
    const entries = await entriesOf(file);
    const heard = await hear(t, file, '/ws', entries);
    assert.deepEqual(heard.frames, framesOf(entries));
    assert.deepEqual(heard.snapshots, snapshotsOf(entries));
  });
}
