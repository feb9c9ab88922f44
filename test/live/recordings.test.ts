/**
 * The recordings in ../shared/market-data, served by `tapehead venue` and followed by `tapehead live`, end with the books of
 * their replay. What is compared is the state hash: every level of every book.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startTapehead, tapehead, temporaryFolder } from '../support/command.ts';
import { marketData } from '../support/paths.ts';

interface Served {
  readonly file: string;
  readonly venue: string;
  readonly symbols: string;
}

const RECORDINGS: readonly Served[] = [
  { file: 'captures/KRAKEN.jsonl.zst', venue: 'kraken', symbols: '' },
  { file: 'captures/OKX.jsonl.zst', venue: 'okx', symbols: '' },
  { file: 'captures/BINANCE.jsonl.zst', venue: 'binance', symbols: '' },
  { file: 'captures/COINBASE.jsonl.zst', venue: 'coinbase', symbols: '' },
];
const LONG: readonly Served[] = [
  { file: 'binance/spot_btcusdt_20240808.gz', venue: 'binance', symbols: 'BTCUSDT' },
  { file: 'binance/spot_btcusdt_20240809.gz', venue: 'binance', symbols: 'BTCUSDT' },
  { file: 'binance/usdm_btcusdt_20240718.gz', venue: 'binance-usdm', symbols: 'BTCUSDT' },
  { file: 'binance/usdm_btcusdt_20240719.gz', venue: 'binance-usdm', symbols: 'BTCUSDT' },
];

async function serve(t: TestContext, path: string): Promise<{ url: string; heard: Promise<void> }> {
  const { child, done } = startTapehead(['venue', '--recording', path, '--port', '0']);
  t.after(async () => {
    child.kill('SIGINT');
    await done;
  });
  return new Promise((resolve, reject) => {
    let text = '';
    let end = (): void => {};
    const heard = new Promise<void>((over) => {
      end = over;
    });
    const take = (piece: string): void => {
      text += piece;
      const port = /tapehead venue {2}127\.0\.0\.1:(\d+)/.exec(text);
      const name = /\n {2}([a-z-]+) {2}/.exec(text);
      if (port !== null && name !== null) resolve({ url: `ws://127.0.0.1:${port[1]}/${name[1]}`, heard });
      if (/heard to the end by [1-9]/.test(text)) end();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    done.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
}

for (const { file, venue, symbols } of process.env.LONG === undefined ? RECORDINGS : [...RECORDINGS, ...LONG]) {
  const path = marketData(file) ?? '';
  const skip = path === '' ? `../shared/market-data/${file} is not there` : false;
  test(`${file}, served and followed live, ends with the books of its replay`, { skip }, async (t) => {
    const folder = temporaryFolder(t);
    const replayed = await tapehead(['replay', path, '--log', join(folder, 'replayed'), '--json']);
    assert.equal(replayed.code, 0, replayed.stderr);
    const expected = JSON.parse(replayed.stdout);
    const wanted = symbols === '' ? await symbolsOf(join(folder, 'replayed')) : symbols;
    const { url, heard } = await serve(t, path);
    const live = startTapehead([
      'live',
      '--venue',
      `${venue}=${wanted}`,
      '--url',
      url,
      '--log',
      join(folder, 'live'),
      '--json',
      '--no-pin',
      '--no-terms',
    ]);
    await Promise.race([heard, live.done]);
    await new Promise((resolve) => setTimeout(resolve, 2000)); // what was sent is read and decoded by then
    live.child.kill('SIGINT');
    const { code, stdout, stderr } = await live.done;
    assert.equal(code, 0, stderr);
    const summary = JSON.parse(stdout);
    assert.equal(summary.stateHash, expected.stateHash, `${summary.events} events live, ${expected.events} replayed`);
  });
}

/** As the recording itself names them. */
async function symbolsOf(log: string): Promise<string> {
  const { stdout } = await tapehead(['log', log, '--type', 'Instrument', '--json']);
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => String(JSON.parse(line).symbol));
  return [...new Set(names)].join(',');
}
