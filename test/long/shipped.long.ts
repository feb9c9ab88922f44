/**
 * Every shipped strategy over every recording, side by side in one run with an account each, with one, two and three
 * threads: the same log each time, and a rerun that is identical. Some 5 minutes.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHIPPED } from '../../src/strategy/shipped/index.ts';
import { tapehead } from '../support/command.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';

const own = (file: string): string => join(repositoryRoot(), 'replay-data', file);
const RECORDINGS: readonly (readonly (string | null)[])[] = [
  [own('spot-session.binance.gz')],
  [own('equities-session.itch50.gz')],
  ['spot_btcusdt_20240808.gz', 'spot_btcusdt_20240809.gz'].map((file) => marketData(`binance/${file}`)),
  ['usdm_btcusdt_20240718.gz', 'usdm_btcusdt_20240719.gz'].map((file) => marketData(`binance/${file}`)),
  [marketData('lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip')],
  [marketData('lobster/LOBSTER_SampleFile_GOOG_2012-06-21_1.zip')],
  [marketData('itch50/AAPL_20200130_locate13_first10k.itch50')],
  [marketData('itch50/ALL_dirstart_1000msgs.itch50')],
  ...['KRAKEN', 'OKX', 'BINANCE', 'COINBASE', 'BITFINEX'].map((name) => [marketData(`captures/${name}.jsonl.zst`)]),
];

const folder = mkdtempSync(join(tmpdir(), 'tapehead-long-'));
const config = join(folder, 'run.json');
const names = Object.keys(SHIPPED);
const strategies = names.map((name) => ({
  use: name,
  account: name,
  params: name === 'cross-venue-arbitrage' ? { symbols: ['TAPX', 'TAPE'] } : {},
}));
writeFileSync(config, JSON.stringify({ accounts: names.map((name) => ({ name, currency: 'USD' })), strategies }));

let runs = 0;
let orders = 0;
let halted = 0;
const wrong: string[] = [];
const skipped: string[] = [];
for (const files of RECORDINGS) {
  const paths = files.filter((file): file is string => file !== null && existsSync(file));
  if (paths.length < files.length) {
    skipped.push(files.join(' ') || 'a recording of ../shared/market-data');
    continue;
  }
  let head = '';
  for (const threads of [1, 2, 3]) {
    const log = join(folder, 'log');
    const args = ['replay', ...paths, '--config', config, '--log', log, '--threads', String(threads), '--json'];
    const run = await tapehead(args);
    if (run.code !== 0) {
      wrong.push(`${paths[0]}: ${run.stderr.trim()}`);
      break;
    }
    const { report, log: written } = JSON.parse(run.stdout);
    runs++;
    if (head !== '' && written.headHash !== head) wrong.push(`${paths[0]}: another head hash with ${threads} threads`);
    head = written.headHash;
    if (threads === 3) {
      orders += report.orders?.orders ?? 0;
      halted += report.strategyStates.filter(({ state }: { state: string }) => state === 'halted').length;
      const again = await tapehead(['rerun', log]);
      if (again.code !== 0) wrong.push(`${paths[0]}: ${again.stdout.trim()} ${again.stderr.trim()}`);
    }
    rmSync(log, { recursive: true, force: true });
  }
  console.log(`${paths.join(' ')}: ${head}`);
}
rmSync(folder, { recursive: true, force: true });
for (const line of [...skipped.map((one) => `skipped: ${one}`), ...wrong]) console.log(line);
console.log(
  `${names.length} strategies over ${RECORDINGS.length - skipped.length} recordings: ${runs} runs, ${orders} orders, ${halted} halted, ${wrong.length} differences`,
);
process.exitCode = wrong.length > 0 || halted > 0 ? 1 : 0;
