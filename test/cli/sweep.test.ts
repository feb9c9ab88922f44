import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type SweepOptions, sweep } from '../../src/cli/sweep.ts';
import { cellsOf, cellText, parseGrid } from '../../src/cli/sweep-grid.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { temporaryFolder } from '../support/command.ts';
import { type PlainTerminal, plainTerminal } from '../support/plain-terminal.ts';

/** Stands for tapehead: says what it was asked, makes its log directory, and fails or waits where its parameters say so. */
const FAKE = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
const args = process.argv.slice(2);
const value = (name) => args[args.indexOf(name) + 1];
const params = Object.fromEntries(value('--params').split(',').map((part) => part.split('=')));
mkdirSync(value('--log'), { recursive: true });
writeFileSync(value('--log') + '/00000000.seg', 'x');
appendFileSync(new URL('calls.txt', import.meta.url), value('--params') + '\\n');
if (params.a === 'wait') { await new Promise((resolve) => setTimeout(resolve, 60_000)); }
if (params.a === 'fail') { console.error('some warning\\ntapehead: the strategy does not like a=fail'); process.exit(1); }
if (params.a === 'garbage') { console.log('{"log":'); process.exit(0); }
const net = String(Number(params.a) * 10 - Number(params.b));
const pnl = [{ currency: 'USDT', net, gross: net, fees: '0', turnover: '5', maxDrawdown: 1.5, sharpe: null }];
const report = { pnl, orders: { orders: 7, rejected: 1, fillRatio: 0.5 }, fills: { fills: 3, makerShare: null }, args };
console.log(JSON.stringify({ log: { headHash: 'hash-of-' + value('--params') }, report }));
`;

interface Bench {
  readonly recording: string;
  readonly command: readonly string[];
  readonly out: string;
  calls(): string[];
  run(options: Partial<SweepOptions>, terminal?: PlainTerminal): Promise<{ code: number; terminal: PlainTerminal }>;
  lines(): string[];
}

function bench(t: TestContext): Bench {
  const folder = temporaryFolder(t);
  const recording = join(folder, 'rec.gz');
  writeFileSync(recording, 'recording');
  const fake = join(folder, 'fake.mjs');
  writeFileSync(fake, FAKE);
  const out = join(folder, 'out');
  const command = [process.execPath, fake];
  const read = (path: string): string[] =>
    existsSync(path)
      ? readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];
  return {
    recording,
    command,
    out,
    calls: () => read(join(folder, 'calls.txt')).sort(),
    lines: () => read(join(out, 'results.jsonl')),
    run: async (options, terminal = plainTerminal()) => {
      const all = { strategy: 'mm', grid: 'a=1,2;b=3,4', out, jobs: 2, ...options };
      return { code: await sweep([recording], all, command, terminal), terminal };
    },
  };
}

test('a grid is every combination, the last parameter changing fastest; what makes no sense is refused', () => {
  const cells = cellsOf(parseGrid(' gamma=0.1, 0.2 ;qtyLots=1,2;side=buy'));
  assert.deepEqual(cells.map(cellText), [
    'gamma=0.1,qtyLots=1,side=buy',
    'gamma=0.1,qtyLots=2,side=buy',
    'gamma=0.2,qtyLots=1,side=buy',
    'gamma=0.2,qtyLots=2,side=buy',
  ]);
  const long = Array.from({ length: 400 }, (_, i) => i).join(',');
  for (const [bad, why] of [
    ['', /names no parameter/],
    ['a', /"a" is not name=value,value/],
    ['=1', /is not name=value/],
    ['a=1,,2', /a has an empty value/],
    ['a=1,1', /a has a value twice/],
    ['a=1;a=2', /a stands in it twice/],
    [`a=${long};b=${long}`, /160000 cells, 100000 are the most/],
  ] as const) {
    assert.throws(
      () => parseGrid(bad),
      (error) => error instanceof TapeheadError && why.test(error.message),
      bad,
    );
  }
});

test('every cell runs once; the table has its figures and head hash, best first; logs go', async (t) => {
  const b = bench(t);
  const { code, terminal } = await b.run({ params: 'c=x', seed: 7, symbols: ['A', 'B'] });
  assert.equal(code, 0);
  assert.deepEqual(b.calls(), ['c=x,a=1,b=3', 'c=x,a=1,b=4', 'c=x,a=2,b=3', 'c=x,a=2,b=4']);
  const rows = terminal.text.split('\n').filter((line) => line.includes('hash-of'));
  assert.deepEqual(
    rows.map((row) => row.trim().split(/\s+/).slice(0, 3).join(' ')),
    ['2 3 17.0000', '2 4 16.0000', '1 3 7.0000', '1 4 6.0000'],
  );
  assert.match(rows[0], /USDT .* hash-of-c=x,a=2,b=3$/);
  const { args } = JSON.parse(b.lines()[0]).report;
  for (const part of [b.recording, '--strategy', 'mm', '--json', '--no-sync', '--seed', '7', '--symbols', 'A,B']) {
    assert.ok(args.includes(part), part);
  }
  assert.equal(args[args.indexOf('--threads') + 1], '1');
  assert.deepEqual(readdirSync(join(b.out, 'logs')), []);
  assert.match(readFileSync(join(b.out, 'results.csv'), 'utf8'), /^a,b,net,gross,.*headHash,error\n2,3,17,17,/);
  assert.equal(terminal.errors.trim().split('\n').length, 4, 'off a terminal one plain line a cell');
});

test('logs are kept on request, one directory a cell', async (t) => {
  const b = bench(t);
  await b.run({ keepLogs: true, grid: 'a=1,2;b=3' });
  const logs = readdirSync(join(b.out, 'logs'));
  const identities = b.lines().map((line) => JSON.parse(line).identity);
  assert.deepEqual(logs.sort(), identities.sort());
});

test('the same sweep again runs nothing; another grid runs what is new; other options run everything', async (t) => {
  const b = bench(t);
  await b.run({});
  const again = await b.run({});
  assert.equal(b.calls().length, 4);
  assert.match(again.terminal.errors, /4 of 4 cells are there already/);
  assert.equal(again.terminal.text.split('hash-of').length, 5);
  await b.run({ grid: 'a=1,2,5;b=3,4' });
  assert.equal(b.calls().length, 6);
  await b.run({ seed: 2 });
  assert.equal(b.calls().length, 10);
  appendFileSync(b.recording, 'more');
  await b.run({});
  assert.equal(b.calls().length, 14);
});

test('a half-written last line is cut and its cell run again; any other line that is none is refused', async (t) => {
  const b = bench(t);
  await b.run({});
  const path = join(b.out, 'results.jsonl');
  truncateSync(path, readFileSync(path).length - 40);
  await b.run({});
  assert.equal(b.calls().length, 5);
  assert.equal(b.lines().length, 4);
  for (const line of b.lines()) JSON.parse(line);
  writeFileSync(path, `nonsense\n${readFileSync(path, 'utf8')}`);
  await assert.rejects(
    b.run({}),
    (error) => error instanceof TapeheadError && /results\.jsonl:1: not a result/.test(error.message),
  );
});

test('a cell that fails says why in its row and the others go on; it is tried again', async (t) => {
  const b = bench(t);
  const { code, terminal } = await b.run({ grid: 'a=1,fail,garbage,2;b=3' });
  assert.equal(code, 1);
  assert.match(terminal.text, /^ {2}fail +3 +the strategy does not like a=fail$/m);
  assert.match(terminal.text, /^ {2}garbage +3 +the run did not print its result as JSON$/m);
  assert.match(terminal.text, /2 of 4 cells finished, 2 cells failed/);
  await b.run({ grid: 'a=1,fail,garbage,2;b=3' });
  assert.equal(b.calls().length, 6);
  const missing = await sweep(
    [b.recording],
    { strategy: 'mm', grid: 'a=1', out: `${b.out}2` },
    ['/no/such/program'],
    plainTerminal(),
  );
  assert.equal(missing, 1);
});

test('an interrupted sweep stops its runs, keeps what is finished, and goes on when started again', async (t) => {
  const b = bench(t);
  const terminal = plainTerminal();
  const started = performance.now();
  const running = b.run({ grid: 'a=1,wait,2;b=3', jobs: 1 }, terminal);
  while (!b.calls().includes('a=wait,b=3')) await new Promise((resolve) => setTimeout(resolve, 20));
  terminal.interrupt();
  const { code } = await running;
  assert.equal(code, 130);
  assert.ok(performance.now() - started < 30_000);
  assert.equal(b.lines().length, 1);
  assert.match(terminal.errors, /interrupted; the same command goes on from here/);
  assert.deepEqual(readdirSync(join(b.out, 'logs')), []);
  await b.run({ grid: 'a=1,2;b=3', jobs: 1 });
  assert.deepEqual(b.calls(), ['a=1,b=3', 'a=2,b=3', 'a=wait,b=3']);
});

test('the table is sorted by any column, either way; a column that is none is refused before anything runs', async (t) => {
  const b = bench(t);
  const first = async (sort: string): Promise<string> => {
    const { terminal } = await b.run({ sort });
    const row = terminal.text.split('\n').find((line) => line.includes('hash-of'));
    return row!.trim().split(/\s+/).slice(0, 2).join(' ');
  };
  assert.equal(await first('-net'), '1 4');
  assert.equal(await first('b'), '1 4');
  assert.equal(await first('-b'), '1 3');
  await assert.rejects(
    b.run({ params: 'x=1, b=2', out: `${b.out}3` }),
    /^TapeheadError: b is in --params and in --grid$/,
  );
  await assert.rejects(b.run({ params: '{"c":1}', out: `${b.out}3` }), /can't be JSON/);
  await assert.rejects(b.run({ sort: 'luck', out: `${b.out}3` }), /--sort luck: there are net, gross,/);
  assert.ok(!existsSync(`${b.out}3`));
});

test('as JSON: every cell with parameters, figures and head hash', async (t) => {
  const b = bench(t);
  const { terminal } = await b.run({ json: true, grid: 'a=1;b=3' });
  const { results, ...summary } = JSON.parse(terminal.text);
  assert.deepEqual(summary, { cells: 1, finished: 1, failed: 0, out: b.out, interrupted: false });
  assert.deepEqual(results[0].params, { a: '1', b: '3' });
  assert.equal(results[0].headHash, 'hash-of-a=1,b=3');
  assert.equal(results[0].figures.net, 7);
});

test('results that have no place to go, and recordings that are not there, are one line', async (t) => {
  const b = bench(t);
  mkdirSync(b.out);
  writeFileSync(join(b.out, 'file'), '');
  const isOneLine = (text: RegExp) => (error: unknown) =>
    error instanceof TapeheadError && text.test(error.message) && !error.message.includes('\n');
  await assert.rejects(
    b.run({ out: join(b.out, 'file', 'deeper') }),
    isOneLine(/the sweep's results can't be kept in/),
  );
  await assert.rejects(
    sweep(['/no/recording'], { strategy: 'mm', grid: 'a=1', out: b.out }, b.command, plainTerminal()),
    isOneLine(/^\/no\/recording does not exist$/),
  );
});
