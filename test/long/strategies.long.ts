/**
 * Every shipped strategy over every recording, with one, two and three threads: one head hash, and a rerun that is
 * identical. Parameters are the defaults, but for those of two
 * instruments: the first two that the recording defines.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryLog } from '../../src/audit/log-query.ts';
import { SHIPPED } from '../../src/strategy/shipped/index.ts';
import { tapehead } from '../support/command.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';

const folders = ['binance', 'captures', 'itch50', 'lobster'].flatMap((folder) => {
  const path = marketData(folder);
  if (path === null) return [];
  const files = readdirSync(path).filter((file) => /\.(gz|zst|zip|itch50)$/.test(file));
  return files.map((file) => [join(path, file)]);
});
const own = ['equities-session.itch50.gz', 'spot-session.binance.gz'].map((file) => [
  join(repositoryRoot(), 'replay-data', file),
]);
const recordings = [...own, ...folders];
if (folders.length === 0) console.log('skipped the real recordings: ../shared/market-data is absent');

const root = mkdtempSync(join(tmpdir(), 'tapehead-strategies-'));
let runs = 0;
let orders = 0;
let fills = 0;
try {
  for (const paths of recordings) {
    const symbols = await symbolsOf(paths);
    for (const name of Object.keys(SHIPPED)) {
      const config = join(root, 'config.json');
      writeFileSync(config, JSON.stringify(configOf(name, symbols)));
      const heads = new Set<string>();
      for (const threads of ['1', '2', '3']) {
        const log = join(root, 'log');
        const args = ['--config', config, '--threads', threads, '--log', log, '--no-sync', '--json'];
        const result = await tapehead(['replay', ...paths, ...args]);
        assert.equal(result.code, 0, `${name} over ${paths.join(' ')}: ${result.stderr}`);
        const json = JSON.parse(result.stdout);
        heads.add(json.log.headHash);
        if (threads === '3') {
          const rerun = await tapehead(['rerun', log]);
          assert.equal(rerun.code, 0, `${name} over ${paths.join(' ')}: ${rerun.stderr}`);
          orders += json.report.orders.orders;
          fills += json.report.fills.fills;
        }
        rmSync(log, { recursive: true });
        runs++;
      }
      assert.equal(heads.size, 1, `${name} over ${paths.join(' ')}: ${[...heads].join(' ')}`);
    }
  }
  const what = `${Object.keys(SHIPPED).length} strategies x ${recordings.length} recordings x 3 topologies`;
  console.log(`${runs} runs (${what}): one head hash each, reruns identical; ${orders} orders, ${fills} fills`);
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function symbolsOf(paths: readonly string[]): Promise<string[]> {
  const log = join(root, 'symbols');
  const result = await tapehead(['replay', ...paths, '--log', log, '--no-sync']);
  assert.equal(result.code, 0, result.stderr);
  const symbols = new Set<string>();
  for (const record of queryLog(log, { type: 'Instrument' })) symbols.add(String(record.symbol));
  rmSync(log, { recursive: true });
  return [...symbols];
}

function configOf(name: string, [first, second = first]: readonly string[]): object {
  const specs = SHIPPED[name].parameters;
  const params: Record<string, unknown> = {};
  if ('symbolA' in specs) Object.assign(params, { symbolA: first, symbolB: second });
  if ('group' in specs) params.group = 'same';
  return { groups: { same: [first, second] }, strategies: [{ use: name, params }] };
}
