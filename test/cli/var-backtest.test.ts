/** `tapehead var-backtest` as a user runs it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Gaussians } from '../../src/portfolio/math/gaussians.ts';
import { type CommandResult, isOneLine, tapehead, tapeheadJson, temporaryFolder } from '../support/command.ts';
import { marketData } from '../support/paths.ts';

const SPY = marketData('prices/pyportfolioopt_spy.csv.gz');

interface Json {
  readonly tests: {
    readonly periods: number;
    readonly exceedances: number;
    readonly expected: number;
    readonly kupiec: { readonly ratio: number; readonly pValue: number };
    readonly trafficLight: { readonly zone: string };
    readonly shortfall: { readonly z2PValue: number };
  };
  readonly forecasts: readonly {
    readonly date: string;
    readonly profit: number;
    readonly var: number;
    readonly es: number;
    readonly exceedance: boolean;
  }[];
}

/** Returns of two instruments, normal and independent; the second grows four times as wild half way. */
function returns(folder: string): string {
  const gaussians = new Gaussians(5);
  const rows = Array.from({ length: 600 }, (_, t) => {
    const date = new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10);
    return `${date},${(0.01 * gaussians.next()).toFixed(6)},${((t < 300 ? 0.01 : 0.04) * gaussians.next()).toFixed(6)}`;
  });
  const path = join(folder, 'returns.csv');
  writeFileSync(path, `date,calm,wild\n${rows.join('\n')}\n`);
  return path;
}

function json<T>(args: readonly string[]): Promise<T> {
  return tapeheadJson(['var-backtest', ...args]);
}

test('155 exceedances in 4,527 days at 2.5 % have a Kupiec ratio of 14.2394', async () => {
  const counts = ['--exceptions', '155', '--observations', '4527', '--confidence', '0.975'];
  const answer = await json<{ kupiec: { ratio: number }; trafficLight: { zone: string } }>(counts);
  assert.equal(answer.kupiec.ratio.toFixed(4), '14.2394');
  assert.equal(answer.trafficLight.zone, 'red');
  const { stdout } = await tapehead(['var-backtest', ...counts]);
  assert.match(stdout, /Kupiec, coverage +14\.2394 +0\.0002 +fails +too many: the VaR is too low/);
});

test('a calm series passes, one that turns wild fails, each with its verdict in words', async (t) => {
  const folder = temporaryFolder(t);
  const path = returns(folder);
  const base = ['--prices', path, '--returns', '--window', '200', '--method', 'parametric', '--confidence', '0.95'];
  const calm = await json<Json>([...base, '--column', 'calm']);
  assert.equal(calm.tests.periods, 400);
  assert.equal(calm.forecasts.length, 400);
  assert.ok(Math.abs(calm.tests.expected - 20) < 1e-9);
  assert.ok(calm.tests.kupiec.pValue > 0.05 && calm.tests.trafficLight.zone === 'green');
  for (const { profit, var: loss, es, exceedance } of calm.forecasts) {
    assert.equal(exceedance, -profit > loss);
    assert.ok(es > loss);
  }
  assert.equal(calm.forecasts.filter(({ exceedance }) => exceedance).length, calm.tests.exceedances);
  const wild = await json<Json>([...base, '--column', 'wild']);
  assert.ok(wild.tests.kupiec.pValue < 0.001 && wild.tests.trafficLight.zone === 'red');
  assert.ok(wild.tests.shortfall.z2PValue < 0.01);
  const { stdout } = await tapehead(['var-backtest', ...base, '--column', 'wild']);
  assert.match(stdout, /Kupiec, coverage.*fails {3}too many: the VaR is too low/);
  assert.match(stdout, /red: P\(so many or fewer\)/);
  assert.match(stdout, /×/);
  for (const line of stdout.split('\n').slice(1)) assert.ok(line.length <= 100, line);
  const each = await tapehead(['var-backtest', ...base, '--each']);
  assert.match(each.stdout, /calm +400 .*green/);
  assert.match(each.stdout, /wild +400 .*red/);
});

test('the page stands alone and holds the plot and every verdict', async (t) => {
  const folder = temporaryFolder(t);
  const page = join(folder, 'page.html');
  const result = await tapehead(['var-backtest', '--prices', returns(folder), '--returns', '--each', '--html', page]);
  assert.equal(result.code, 0, result.stderr);
  const html = readFileSync(page, 'utf8');
  assert.ok(!/(src|href)=/.test(html) && !html.includes('<script') && !html.includes('NaN'));
  assert.equal(html.split('<svg class="plot"').length - 1, 2);
  for (const word of [
    'Kupiec',
    'Christoffersen',
    'Basel',
    'Acerbi-Szekely',
    '<h2>calm</h2>',
    'prefers-color-scheme: dark',
  ]) {
    assert.ok(html.includes(word), word);
  }
});

test('a book with options is forecast by its value in every period, gamma and all', async (t) => {
  const folder = temporaryFolder(t);
  const prices = join(folder, 'prices.csv');
  const gaussians = new Gaussians(8);
  let price = 100;
  const rows = Array.from({ length: 160 }, (_, day) => {
    price *= 1 + 0.01 * gaussians.next();
    return `${new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10)},${day === 159 ? 100 : price.toFixed(4)}`;
  });
  writeFileSync(prices, `date,A\n${rows.join('\n')}\n`);
  const positions = join(folder, 'positions.csv');
  writeFileSync(
    positions,
    'symbol,type,underlier,quantity,strike,expiry,volatility,rate\nc,call,A,-10,100,2024-07-08,0.2,0\np,put,A,-10,100,2024-07-08,0.2,0\n',
  );
  const base = ['--prices', prices, '--positions', positions, '--window', '100', '--confidence', '0.9'];
  const full = await json<Json>(base);
  assert.equal(full.tests.periods, 59);
  // Short 10 straddles: both large rises and large falls lose, hardly anything gains.
  assert.ok(full.forecasts.every(({ profit }) => profit <= 0.1) && full.tests.exceedances > 0);
  const curved = await json<Json>([...base, '--method', 'parametric', '--revaluation', 'delta-gamma']);
  assert.equal(curved.tests.periods, 59);
  isOneLine(await tapehead(['var-backtest', ...base, '--method', 'parametric']), /--revaluation delta-gamma/);
});

test('mistakes are one line each', async (t) => {
  const path = returns(temporaryFolder(t));
  const run = (...args: string[]): Promise<CommandResult> => tapehead(['var-backtest', ...args]);
  isOneLine(await run(), /give --prices with a history, or --exceptions/);
  isOneLine(await run('--exceptions', '5'), /go together/);
  isOneLine(await run('--exceptions', '5', '--observations', '3'), /more than --observations/);
  isOneLine(await run('--exceptions', '1', '--observations', '3', '--confidence', '1'), /give 0\.5 or more, below 1/);
  isOneLine(await run('--prices', path, '--returns', '--horizon', '5'), /--horizon must be 1/);
  isOneLine(await run('--prices', path, '--returns', '--window', '600'), /no more than the window of 600/);
  isOneLine(await run('--prices', path, '--returns', '--window', '1'), /2 periods or more/);
  isOneLine(await run('--prices', path, '--returns', '--html', '/no/such/dir/x.html'), /can't be written/);
});

test('the S&P 500 of 2005 to 2019: filtered forecasts are covered better than plain ones', {
  skip: SPY === null,
}, async () => {
  const base = ['--prices', SPY!, '--confidence', '0.99', '--window', '250', '--from', '2005-01-01'];
  const [plain, filtered] = [await json<Json>(base), await json<Json>([...base, '--method', 'filtered'])];
  assert.equal(plain.tests.periods, filtered.tests.periods);
  assert.ok(
    filtered.tests.kupiec.ratio < plain.tests.kupiec.ratio,
    `${filtered.tests.kupiec.ratio} ${plain.tests.kupiec.ratio}`,
  );
});
