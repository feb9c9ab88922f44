/** `tapehead var` as a user runs it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isOneLine, tapehead, tapeheadJson, temporaryFolder } from '../support/command.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';

const METHODS = ['historical', 'age-weighted', 'filtered', 'parametric', 'cornish-fisher', 'monte-carlo'];
const EDHEC = marketData('prices/edhec_monthly_returns.csv');

/** 60 days of three instruments, C from the 11th on. */
function prices(folder: string): string {
  const rows = Array.from({ length: 60 }, (_, t) => {
    const date = new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
    const wave = (k: number): string => (100 + 10 * Math.sin(t * k) + ((t * 7) % 5)).toFixed(2);
    return `${date},${wave(0.9)},${wave(1.7)},${t < 10 ? '' : wave(2.3)}`;
  });
  const path = join(folder, 'prices.csv');
  writeFileSync(path, `date,A,B,C\n${rows.join('\n')}\n`);
  return path;
}

function positions(folder: string): string {
  const path = join(folder, 'positions.csv');
  writeFileSync(
    path,
    'symbol,quantity,strategy,account,sector\nA,10,s1,x,tech\nB,-5,s2,x,tech\nA,2,s2,y,tech\nC,1,s1,y,banks\n',
  );
  return path;
}

function json(args: readonly string[]): Promise<Record<string, unknown> & { var: number; es: number }> {
  return tapeheadJson(['var', ...args]);
}

test('each method answers in JSON, with ES at least VaR', async (t) => {
  const path = prices(temporaryFolder(t));
  for (const method of METHODS) {
    const answer = await json([
      '--prices',
      path,
      '--weights',
      'equal',
      '--method',
      method,
      '--confidence',
      '0.9',
      '--seed',
      '3',
    ]);
    assert.equal(answer.method, method);
    assert.ok(answer.var > 0 && answer.es >= answer.var, method);
    assert.equal(answer.confidence, 0.9);
    assert.equal(answer.horizonDays, 1);
    assert.equal(answer.observations, 49, 'fifty dates have all three');
    assert.equal(answer.unit, 'return');
  }
});

interface Row {
  readonly name: string;
  readonly var: number;
  readonly es: number;
}

test('components by instrument, strategy, account and sector sum to the total, in money', async (t) => {
  const folder = temporaryFolder(t);
  const args = ['--prices', prices(folder), '--positions', positions(folder), '--components', '--confidence', '0.9'];
  for (const method of METHODS) {
    const answer = await json([...args, '--method', method]);
    assert.equal(answer.unit, 'money');
    const groups = answer.groups as Record<string, Row[]>;
    assert.deepEqual(Object.keys(groups), ['strategy', 'account', 'sector']);
    for (const rows of [answer.components as Row[], ...Object.values(groups)]) {
      assert.ok(Math.abs(rows.reduce((sum, row) => sum + row.var, 0) - answer.var) < 1e-9 * answer.var, method);
      assert.ok(Math.abs(rows.reduce((sum, row) => sum + row.es, 0) - answer.es) < 1e-9 * answer.es, method);
    }
  }
});

test('--each gives one figure per column, on its own dates; --window, --to and --column choose', async (t) => {
  const path = prices(temporaryFolder(t));
  const each = (await json(['--prices', path, '--each'])) as unknown as {
    columns: { column: string; observations: number; var: number }[];
  };
  assert.deepEqual(
    each.columns.map(({ column, observations }) => [column, observations]),
    [
      ['A', 59],
      ['B', 59],
      ['C', 49],
    ],
  );
  const alone = await json(['--prices', path, '--column', 'B']);
  assert.equal(alone.var, each.columns[1].var);
  const window = await json(['--prices', path, '--column', 'B', '--window', '20', '--to', '2024-02-10']);
  assert.equal(window.observations, 20);
  assert.equal(window.to, '2024-02-10');
});

test('text has the figures, what was dropped, and the components', async (t) => {
  const folder = temporaryFolder(t);
  const args = [
    '--prices',
    prices(folder),
    '--positions',
    positions(folder),
    '--components',
    '--es',
    '--horizon',
    '10',
  ];
  const { code, stdout } = await tapehead(['var', ...args]);
  assert.equal(code, 0);
  assert.match(stdout, /VaR 95 % +[\d,]+\.\d\d\n/);
  assert.match(stdout, /ES 95 % +[\d,]+\.\d\d\n/);
  assert.match(stdout, /horizon +10 periods: one period's figures x sqrt\(10\)/);
  assert.match(stdout, /dropped +10 dates of 60/);
  assert.match(stdout, /strategy +exposure/);
  assert.match(stdout, /total .* 100\.0 /);
});

test("PerformanceAnalytics' archived values through the command", {
  skip: EDHEC === null ? 'no ../shared/market-data' : false,
}, async () => {
  const args = ['--prices', EDHEC!, '--returns', '--column', 'Convertible Arbitrage', '--to', '2005-04-30'];
  const gaussian = await json([...args, '--method', 'parametric']);
  assert.deepEqual([gaussian.var.toFixed(6), gaussian.es.toFixed(6)], ['0.012133', '0.017133']);
  const historical = await json([...args, '--method', 'historical']);
  assert.deepEqual([historical.var.toFixed(6), historical.es.toFixed(6)], ['0.014095', '0.024080']);
  assert.equal((await json([...args, '--method', 'cornish-fisher'])).var.toFixed(6), '0.014674');
});

test('a figure that there is none of is null in JSON, one line, and exit 1', async (t) => {
  const path = join(temporaryFolder(t), 'flat.csv');
  writeFileSync(path, 'date,A\n2024-01-01,5\n2024-01-02,5\n2024-01-03,5\n');
  const result = await tapehead(['var', '--prices', path, '--json']);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^tapehead: .*flat\.csv: no VaR \(zero-variance\): .*\n$/);
  const answer = JSON.parse(result.stdout);
  assert.equal(answer.var, null);
  assert.equal(answer.unavailable.reason, 'zero-variance');
});

test('docs/var.md shows what the commands print', async (t) => {
  const text = readFileSync(join(repositoryRoot(), 'docs/var.md'), 'utf8');
  const folder = temporaryFolder(t);
  for (const [, name, content] of text.matchAll(/cat > (\S+) <<'END'\n([\s\S]*?)END\n/g))
    writeFileSync(join(folder, name), content);
  const commands = [...text.matchAll(/^tapehead (var .*)$/gm)].map(([, line]) => line.split(' ')).slice(0, 2);
  assert.equal(commands.length, 2);
  for (const args of commands) {
    const { stdout } = await tapehead(args, { cwd: folder });
    assert.ok(text.includes(stdout.trimEnd()), stdout);
  }
});

test('mistakes are one line', async (t: TestContext) => {
  const folder = temporaryFolder(t);
  const path = prices(folder);
  const wrong: [string[], RegExp][] = [
    [[], /--prices/],
    [['--prices', join(folder, 'none.csv')], /none\.csv/],
    [['--prices', path, '--method', 'guess'], /guess/],
    [['--prices', path, '--confidence', '95'], /--confidence/],
    [['--prices', path, '--confidence', '0.3'], /confidence is 0\.3/],
    [['--prices', path, '--confidence', '1'], /confidence is 1/],
    [['--prices', path, '--horizon', '0'], /--horizon/],
    [['--prices', path, '--lambda', '0.9'], /historical has no use for --lambda/],
    [['--prices', path, '--df', '5'], /historical has no use for --df/],
    [['--prices', path, '--method', 'parametric', '--df', '2'], /more than 2 degrees/],
    [['--prices', path, '--method', 'filtered', '--lambda', '0.9', '--half-life', '5'], /one of them/],
    [['--prices', path, '--weights', '0.5,0.5'], /2 numbers for 3 columns/],
    [['--prices', path, '--positions', positions(folder), '--weights', 'equal'], /one of them/],
    [['--prices', path, '--positions', positions(folder), '--returns'], /quantities/],
    [['--prices', path, '--each', '--components'], /--each/],
    [['--prices', path, '--column', 'Z'], /no 'Z'/],
    [['--prices', path, '--missing', 'refuse'], /C has no value on 2024-01-01/],
  ];
  for (const [args, pattern] of wrong) isOneLine(await tapehead(['var', ...args]), pattern);
});
