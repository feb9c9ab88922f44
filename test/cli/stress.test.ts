/** `tapehead stress`, and options in `tapehead var`, as a user runs them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CommandResult, isOneLine, tapehead, tapeheadJson, temporaryFolder } from '../support/command.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';

const STOCKS = marketData('prices/pyportfolioopt_stock_prices_20tickers.csv.gz');

interface StressJson {
  readonly unit: string;
  readonly value: number;
  readonly scenarios: readonly {
    readonly name: string;
    readonly loss: number;
    readonly holdings: readonly { readonly name: string; readonly loss: number }[];
  }[];
  readonly reverse: readonly {
    readonly name: string;
    readonly breaks: boolean;
    readonly percent?: number | null;
    readonly multiple?: number | null;
    readonly loss: number;
  }[];
  readonly notes: readonly string[];
}

/** A file of prices: A ends at 100, B at 50. */
function inputs(folder: string): { prices: string; positions: string; options: string } {
  const rows = ['date,A,B'];
  for (let t = 0; t < 40; t++) {
    const date = new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
    const last = t === 39;
    rows.push(`${date},${last ? 100 : 100 + ((t * 7) % 11)},${last ? 50 : 50 - ((t * 5) % 7) / 2}`);
  }
  const prices = join(folder, 'prices.csv');
  writeFileSync(prices, `${rows.join('\n')}\n`);
  const positions = join(folder, 'positions.csv');
  writeFileSync(positions, 'symbol,quantity\nA,10\nB,-4\n');
  const options = join(folder, 'options.csv');
  writeFileSync(
    options,
    'symbol,type,underlier,quantity,multiplier,strike,expiry,rate,volatility,strategy\nA,,,100,1,,,,,core\n' +
      'A put,put,A,1,100,95,2024-06-28,0.04,0.3,hedge\nB call,call,B,-2,100,52,2024-06-28,0.04,0.35,income\n',
  );
  return { prices, positions, options };
}

test('shocks, days and reverse stress of linear positions are plain arithmetic', async (t) => {
  const { prices, positions } = inputs(temporaryFolder(t));
  const answer = await tapeheadJson<StressJson>([
    ...['stress', '--prices', prices, '--positions', positions, '--shock', '-10', '20'],
    ...['--date', '2024-02-09', '--worst', '1', '--reverse', '100'],
  ]);
  assert.equal(answer.unit, 'money');
  assert.equal(answer.value, 800);
  const [down, up, day, worst] = answer.scenarios;
  assert.ok(Math.abs(down.loss - 80) < 1e-9 && Math.abs(up.loss + 160) < 1e-9);
  assert.deepEqual(
    down.holdings.map(({ name, loss }) => [name, Math.round(loss)]),
    [
      ['A', 100],
      ['B', -20],
    ],
  );
  // The last day: A fell from 100 + (38 x 7 mod 11) to 100, B rose from 50 - (38 x 5 mod 7) / 2 to 50.
  const [a, b] = [100 / (100 + ((38 * 7) % 11)) - 1, 50 / (50 - ((38 * 5) % 7) / 2) - 1];
  assert.ok(Math.abs(day.loss - (-1000 * a + 200 * b)) < 1e-9);
  assert.ok(worst.loss >= day.loss);
  const [fall, rise] = answer.reverse;
  assert.ok(fall.breaks && Math.abs(fall.percent! + 12.5) < 1e-9, 'a fall of 12.5 % of 800 is 100');
  assert.ok(!rise.breaks && rise.percent === null);
});

test('scenarios of a file, with options: a put limits what a fall costs, volatility pays for it', async (t) => {
  const folder = temporaryFolder(t);
  const { prices, options } = inputs(folder);
  const path = join(folder, 'scenarios.json');
  const scenarios = [
    { name: 'crash', others: -50 },
    { name: 'volatility', volatility: 10 },
    { name: 'B up', moves: { B: 30 } },
  ];
  writeFileSync(path, JSON.stringify({ scenarios }));
  const answer = await tapeheadJson<StressJson>([
    ...['stress', '--prices', prices, '--positions', options, '--scenarios', path, '--reverse', '1000'],
  ]);
  const [crash, volatility, rise] = answer.scenarios;
  assert.ok(crash.loss > 0 && crash.loss < 1200, `a crash costs ${crash.loss}`);
  assert.equal(volatility.holdings[0].loss, 0);
  assert.ok(volatility.holdings[1].loss < 0 && volatility.holdings[2].loss > 0);
  assert.ok(rise.loss > 0 && rise.holdings[2].loss === rise.loss);
  for (const { breaks, loss } of answer.reverse) if (breaks) assert.ok(loss >= 1000 && loss < 1000.001, `${loss}`);
  assert.ok(answer.reverse.some(({ name, breaks }) => name === 'B up' && breaks));
});

test('without a scenario there are shocks and the five worst periods; text has the largest contributors', async (t) => {
  const { prices, positions } = inputs(temporaryFolder(t));
  const { code, stdout, stderr } = await tapehead(['stress', '--prices', prices, '--positions', positions]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /all prices -20 % {2,}160\.00 {2,}20\.0 {2}A 200\.00/);
  assert.equal(stdout.split('\n').filter((line) => /^ {2}2024-/.test(line)).length, 5);
  for (const line of stdout.split('\n').slice(1)) assert.ok(line.length <= 100, line);
});

test('mistakes of stress are one line each', async (t) => {
  const { prices, positions } = inputs(temporaryFolder(t));
  const run = (...args: string[]): Promise<CommandResult> =>
    tapehead(['stress', '--prices', prices, '--positions', positions, ...args]);
  isOneLine(await run('--shock', '-150'), /percent from -100 on/);
  isOneLine(await run('--date', '2030-01-01'), /no period used ends then; the nearest before is 2024-02-09/);
  isOneLine(await run('--volatility', '5', '--worst', '1'), /--volatility goes with --shock/);
  isOneLine(await run('--reverse', '0'), /a loss above 0/);
  isOneLine(await run('--scenarios', '/no/such.json'), /can't be read/);
  isOneLine(await run('--as-of', '2023-01-01'), /--as-of 2023-01-01 is before the last price, of 2024-02-09/);
});

test('var values options: components sum to the total, greeks to theirs, in every method', async (t) => {
  const { prices, options } = inputs(temporaryFolder(t));
  for (const [method, revaluation] of [
    ['historical', 'full'],
    ['age-weighted', 'delta-gamma'],
    ['filtered', 'full'],
    ['monte-carlo', 'full'],
    ['parametric', 'delta-gamma'],
    ['parametric', 'delta'],
  ]) {
    const answer = await tapeheadJson<{
      var: number;
      es: number;
      revaluation: string;
      components: { name: string; var: number; es: number }[];
      groups: { strategy: { var: number }[] };
      greeks: { holdings: { value: number; deltaPerPercent: number }[]; total: { value: number } };
    }>([
      ...['var', '--prices', prices, '--positions', options, '--method', method, '--revaluation', revaluation],
      ...['--components', '--greeks', '--confidence', '0.9'],
    ]);
    const sum = (rows: readonly { var: number }[]): number => rows.reduce((total, row) => total + row.var, 0);
    assert.ok(answer.es >= answer.var && answer.var > 0, method);
    assert.equal(answer.revaluation, revaluation);
    assert.ok(Math.abs(sum(answer.components) - answer.var) < 1e-6 * answer.var, method);
    assert.ok(Math.abs(sum(answer.groups.strategy) - answer.var) < 1e-6 * answer.var, method);
    assert.deepEqual(
      answer.components.map(({ name }) => name),
      ['A', 'A put', 'B call'],
    );
    const { holdings, total } = answer.greeks;
    assert.ok(Math.abs(holdings.reduce((a, { value }) => a + value, 0) - total.value) < 1e-9);
    assert.ok(
      holdings[0].deltaPerPercent === 100 && holdings[1].deltaPerPercent < 0 && holdings[2].deltaPerPercent < 0,
    );
  }
});

test('what var can not do with options is said in one line', async (t) => {
  const { prices, positions, options } = inputs(temporaryFolder(t));
  const run = (file: string, ...args: string[]): Promise<CommandResult> =>
    tapehead(['var', '--prices', prices, '--positions', file, ...args]);
  isOneLine(await run(options, '--method', 'parametric'), /give --revaluation delta-gamma or delta/);
  isOneLine(await run(positions, '--greeks'), /nothing that is held is an option/);
  isOneLine(await run(positions, '--revaluation', 'delta'), /--revaluation has no use/);
});

test('the real prices: a hedged book loses less in the worst days than the shares alone', {
  skip: STOCKS === null,
}, async (t) => {
  const folder = temporaryFolder(t);
  const [alone, hedged] = ['alone.csv', 'hedged.csv'].map((name) => join(folder, name));
  const header = 'symbol,type,underlier,quantity,multiplier,strike,expiry,style,rate,dividendYield,volatility\n';
  writeFileSync(alone, `${header}AAPL,,,1000,1,,,,,,\n`);
  writeFileSync(hedged, `${header}AAPL,,,1000,1,,,,,,\nput,put,AAPL,10,100,170,2018-06-15,american,0.02,0.015,0.28\n`);
  const run = (path: string): Promise<StressJson> =>
    tapeheadJson<StressJson>(['stress', '--prices', STOCKS!, '--positions', path, '--worst', '3']);
  const [bare, covered] = [await run(alone), await run(hedged)];
  assert.equal(bare.scenarios[0].name, '2000-09-29', "Apple's fall of 52 %");
  assert.ok(bare.scenarios[0].loss > 85_000);
  assert.ok(covered.scenarios[0].loss < 0.15 * bare.scenarios[0].loss, `${covered.scenarios[0].loss}`);
});

test('docs/stress.md and docs/var-backtest.md show what the commands print', async (t) => {
  for (const document of ['docs/stress.md', 'docs/var-backtest.md']) {
    const text = readFileSync(join(repositoryRoot(), document), 'utf8');
    const folder = temporaryFolder(t);
    for (const [, name, content] of text.matchAll(/cat > (\S+) <<'END'\n([\s\S]*?)END\n/g))
      writeFileSync(join(folder, name), content);
    const [, line] = /^tapehead ((?:stress|var-backtest) .*)$/m.exec(text) ?? [];
    const { stdout, stderr } = await tapehead(line!.split(' '), { cwd: folder });
    assert.equal(stderr, '');
    assert.ok(text.includes(stdout.trimEnd()), stdout);
  }
});
