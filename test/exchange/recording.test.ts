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

const textOf = (entry: RecordedEntry): string => (entry.is === 'frame' ? String(entry.frame) : `REST ${entry.body}`);

/** What a client hears that asks for a snapshot of each symbol as soon as it is connected. */
async function hear(
  t: TestContext,
  path: string,
  url: string,
  count: number,
  symbols: readonly string[],
): Promise<string[]> {
  const progress = { frames: 0, ended: 0, error: '' };
  const kind = await playedKind(path, Number.POSITIVE_INFINITY, progress);
  const venue = await startVenue(t, [], { kinds: [kind], rate: 0 });
  const heard: string[] = [];
  const client = new WebSocket(`ws://127.0.0.1:${venue.net.port}/${kind.name}${url}`);
  t.after(() => client.terminate());
  const done = new Promise<void>((resolve) => {
    client.on('message', (frame) => {
      heard.push(String(frame));
      if (heard.length === count) resolve();
    });
  });
  await once(client, 'open');
  client.send('{"subscribe":"anything"}');
  for (const symbol of symbols) {
    void fetch(`http://127.0.0.1:${venue.net.port}/${kind.name}/api/v3/depth?symbol=${symbol}&limit=1000`)
      .then((response) => response.text())
      .then((body) => heard.push(`REST ${body}`));
  }
  await done;
  assert.ok(progress.frames >= count - symbols.length);
  return heard;
}

test('a client hears a recording verbatim and in order, the snapshot at its place', async (t) => {
  const packed = readFileSync(join(repositoryRoot(), 'replay-data/spot-session.binance.gz'));
  const lines = gunzipSync(packed).toString().split('\n').slice(0, 2000);
  const path = join(temporaryFolder(t), 'part.binance');
  writeFileSync(path, `${lines.join('\n')}\n`);
  const entries = await entriesOf(path);
  assert.equal(entries.length, 2000);
  assert.equal(await recordedProtocol(path), 'binance');
  const snapshotAt = entries.findIndex((entry) => entry.is === 'snapshot');
  assert.ok(snapshotAt >= 0 && snapshotAt < 1000);
  const url = '/stream?streams=btcusdt@depth@100ms';
  assert.deepEqual(await hear(t, path, url, 2000, ['BTCUSDT']), entries.map(textOf));
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
    const symbols = entries.flatMap((entry) => (entry.is === 'snapshot' ? [entry.symbol] : []));
    const heard = await hear(t, file, '/ws', entries.length, symbols);
    const frames = (list: readonly string[]): string[] => list.filter((text) => !text.startsWith('REST '));
    const snapshots = (list: readonly string[]): string[] => list.filter((text) => text.startsWith('REST ')).sort();
    assert.deepEqual(frames(heard), frames(entries.map(textOf)));
    assert.deepEqual(snapshots(heard), snapshots(entries.map(textOf)));
  });
}
