/** The same recording replayed 20 times, with 1, 2 and 3 threads, at full and paced speed, pinned and not: one head hash. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tapehead } from '../support/command.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';

const ROUNDS = 20;
const own = (file: string): string => join(repositoryRoot(), 'replay-data', file);
const real = (...files: string[]): string[] | null => {
  const paths = files.map(marketData);
  return paths.every((path): path is string => path !== null) ? paths : null;
};
const SESSIONS: readonly (readonly string[] | null)[] = [
  [own('equities-session.itch50.gz')],
  [own('spot-session.binance.gz')],
  real('binance/spot_btcusdt_20240808.gz', 'binance/spot_btcusdt_20240809.gz'),
  real('lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip'),
  real('captures/KRAKEN.jsonl.zst'),
];

const root = mkdtempSync(join(tmpdir(), 'tapehead-determinism-'));
let runs = 0;
try {
  for (const paths of SESSIONS) {
    if (paths === null) {
      console.log('skipped a real recording: ../shared/market-data is absent');
      continue;
    }
    const heads = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const log = join(root, 'log');
      const options = ['--threads', String(1 + (round % 3)), ...(round % 2 === 0 ? [] : ['--no-pin'])];
      if (round % 5 === 4) options.push('--speed', '20000');
      const result = await tapehead(['replay', ...paths, '--log', log, '--json', ...options]);
      assert.equal(result.code, 0, result.stderr);
      heads.add(JSON.parse(result.stdout).log.headHash);
      if (round === 0) assert.equal((await tapehead(['rerun', log])).code, 0);
      rmSync(log, { recursive: true });
      runs++;
    }
    assert.equal(heads.size, 1, `${paths.join(' ')}: ${[...heads].join(' ')}`);
    console.log(`${[...heads][0]} ${ROUNDS} times: ${paths.map((path) => path.split('/').pop()).join(' + ')}`);
  }
  console.log(
    `${runs} replays of ${SESSIONS.length} sessions, 1-3 threads, pinned and not, full speed and paced: one head hash each`,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
