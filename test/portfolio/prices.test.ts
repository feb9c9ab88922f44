/** Histories: formats, calendars, missing values, splits; nothing is filled or dropped without being counted. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { TapeheadError } from '../../src/core/errors.ts';
import { heldBook } from '../../src/portfolio/derivatives/positions.ts';
import { type AlignedReturns, type AlignSettings, align } from '../../src/portfolio/prices/align.ts';
import { type HistoryChoice, historyOf } from '../../src/portfolio/prices/history.ts';
import { readPositions, symbolsOf } from '../../src/portfolio/prices/positions.ts';
import { readSplits } from '../../src/portfolio/prices/splits.ts';
import { readTable } from '../../src/portfolio/prices/table.ts';
import { temporaryFolder } from '../support/command.ts';
import { marketData } from '../support/paths.ts';

const ALL: HistoryChoice = { names: null, isReturns: false, from: null, to: null };
const DROP: AlignSettings = { isReturns: false, missing: 'drop', splits: [] };

/** Two calendars: B has no price on the 3rd and the 5th, C none before the 3rd. */
const WIDE = `date,A,B,C
2024-01-02,100,50,
2024-01-03,110,,10
2024-01-04,99,55,20
2024-01-05,99,NA,20
2024-01-08,198,44,10
`;

function file(t: TestContext, name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, content);
  return path;
}

async function aligned(
  path: string,
  settings: Partial<AlignSettings> = {},
  choice: Partial<HistoryChoice> = {},
): Promise<AlignedReturns> {
  const all = { ...DROP, ...settings };
  return align(historyOf(await readTable(path), { ...ALL, isReturns: all.isReturns, ...choice }), all);
}

function returnsOf({ scenarios }: AlignedReturns): number[] {
  return [...scenarios.returns].map((one) => Number(one.toPrecision(12)));
}

async function refused(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

test('by default only dates that all instruments have are used, and what is dropped is counted', async (t) => {
  const path = file(t, 'wide.csv', WIDE);
  const both = await aligned(path, {}, { names: ['A', 'B'] });
  assert.deepEqual(returnsOf(both), [-0.01, 1, 0.1, -0.2]);
  assert.deepEqual(both.dates, ['2024-01-04', '2024-01-08']);
  assert.equal(both.report.datesDropped, 2);
  assert.equal(both.report.returnsOverGaps, 2);
  assert.deepEqual(both.report.missingValues, [{ instrument: 'B', values: 2 }]);
  assert.deepEqual([...both.lastPrices!], [198, 44]);
  const alone = await aligned(path, {}, { names: ['A'] });
  assert.deepEqual(returnsOf(alone), [0.1, -0.1, 0, 1], "another instrument's gaps are not A's");
});

test('carry goes on with the last price, and counts it; before the first price there is nothing to carry', async (t) => {
  const { report, ...rest } = await aligned(file(t, 'wide.csv', WIDE), { missing: 'carry' });
  assert.equal(report.valuesCarried, 2);
  assert.equal(report.datesDropped, 1);
  assert.deepEqual(returnsOf({ report, ...rest }), [-0.1, 0, 1, 0.1, 0, -0.2, 1, 0, -0.5]);
});

test('refuse names the first missing value', async (t) => {
  await refused(aligned(file(t, 'wide.csv', WIDE), { missing: 'refuse' }), /B has no value on 2024-01-03/);
});

test('long format, gzip, semicolons, tabs, quotes, CRLF, any order of rows: the same history', async (t) => {
  const expected = returnsOf(await aligned(file(t, 'a.csv', WIDE), {}, { names: ['A', 'B'] }));
  const rows = WIDE.trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const long = rows.flatMap(([date, a, b]) => [`${date},B,"${b}",7`, `${date},A,${a},7`]).reverse();
  const variants: [string, string | Uint8Array][] = [
    ['long.csv', `Date,Ticker,Close,Volume\n${long.join('\n')}\n`],
    ['gzip.csv.gz', gzipSync(WIDE)],
    ['semicolon.csv', WIDE.replaceAll(',', ';')],
    ['tab.tsv', WIDE.replaceAll(',', '\t').replaceAll('\n', '\r\n')],
    ['quoted.csv', `\uFEFF${WIDE.replace('date,A', '"date","A"').replaceAll('2024-01-04', '"2024-01-04"')}\n\n`],
    ['reversed.csv', [WIDE.split('\n')[0], ...WIDE.trim().split('\n').slice(1).reverse()].join('\n')],
    ['compact.csv', WIDE.replaceAll(/(\d{4})-(\d\d)-(\d\d)/g, '$1$2$3')],
    ['times.csv', WIDE.replaceAll(/(\d{4}-\d\d-\d\d)/g, '$1T00:00:00Z')],
  ];
  for (const [name, content] of variants) {
    const result = await aligned(file(t, name, content), {}, { names: ['A', 'B'] });
    assert.deepEqual(returnsOf(result), expected, name);
    assert.deepEqual(result.dates, ['2024-01-04', '2024-01-08'], name);
  }
});

test('Parquet, wide and long, with dates, nulls and NaN', async (t) => {
  const dates = ['2024-01-02', '2024-01-03', '2024-01-04', '2024-01-05'].map((day) => new Date(`${day}T00:00:00Z`));
  const wide = parquetWriteBuffer({
    columnData: [
      { name: 'date', data: dates, type: 'TIMESTAMP' },
      { name: 'A', data: [100, 110, 99, 99], type: 'DOUBLE' },
      { name: 'B', data: [50, null, 55, Number.NaN], type: 'DOUBLE', nullable: true },
      { name: 'C', data: [1, 2, 3, 4], type: 'INT32' },
    ],
  });
  const result = await aligned(file(t, 'wide.parquet', new Uint8Array(wide)));
  assert.deepEqual(returnsOf(result), [-0.01, 0.1, 2]);
  assert.equal(result.report.datesDropped, 2);
  assert.deepEqual(result.dates, ['2024-01-04']);
  const long = parquetWriteBuffer({
    columnData: [
      { name: 'date', data: ['2024-01-02', '2024-01-02', '2024-01-03', '2024-01-03'], type: 'STRING' },
      { name: 'symbol', data: ['A', 'B', 'A', 'B'], type: 'STRING' },
      { name: 'price', data: [1, 2, 3, 5], type: 'DOUBLE' },
    ],
  });
  assert.deepEqual(returnsOf(await aligned(file(t, 'long.parquet', new Uint8Array(long)))), [2, 1.5]);
});

test('splits listed are applied, others are only pointed out', async (t) => {
  const path = file(
    t,
    's.csv',
    'date,A,B\n2024-01-02,400,10\n2024-01-03,404,10\n2024-01-04,101,11\n2024-01-05,102,11\n',
  );
  const plain = await aligned(path);
  assert.equal(returnsOf(plain)[1], -0.75, 'never repaired');
  assert.match(plain.report.notes.join(), /A on 2024-01-04: the price changed as in a 4:1 split/);
  const splits = await readSplits(file(t, 'splits.csv', 'date,symbol,ratio\n2024-01-04,A,4\n2024-01-04,Z,2\n'));
  const applied = await aligned(path, { splits });
  assert.deepEqual(returnsOf(applied).slice(0, 2), [0.01, 0]);
  assert.equal(applied.report.splitsApplied, 1);
  assert.match(applied.report.notes.join(), /1 of the splits listed/);
  assert.equal(applied.lastPrices![0], 102);
});

test('returns are taken as they are; large ones are pointed out', async (t) => {
  const path = file(t, 'r.csv', 'date,A\n2024-01-31,0.01\n2024-02-29,-0.02\n2024-03-29,\n2024-04-30,3\n');
  const { report, ...rest } = await aligned(path, { isReturns: true });
  assert.deepEqual(returnsOf({ report, ...rest }), [0.01, -0.02, 3]);
  assert.equal(rest.lastPrices, null);
  assert.match(report.notes.join(), /1 returns are larger than 100 %/);
  await refused(aligned(path, { isReturns: true, missing: 'carry' }), /carry is for prices/);
});

test('what can not be right is refused with file, line and what it is', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /x\.csv is empty/],
    ['date,A\n', /no rows/],
    ['date\n2024-01-02\n', /one column only/],
    ['date,A\n2024-01-02,1\n2024-01-03,abc\n', /line 3: A is 'abc', not a number/],
    ['date,A\n2024-01-02,1\n2024-01-03,inf\n', /line 3: A is 'inf'/],
    ['date,A\n2024-01-02,1\n2024-01-03,1e999\n', /line 3/],
    ['date,A\n2024-01-02,1\n2024-01-03,0\n', /line 3: the price of A is 0/],
    ['date,A\n2024-01-02,1\n2024-01-03,-5\n', /line 3: the price of A is -5/],
    ['date,A\n2024-01-02,1\n2024-02-30,5\n', /line 3: '2024-02-30'.*not a date/],
    ['date,A\n2024-01-02,1\n03/04/2024,5\n', /line 3: '03\/04\/2024'.*not a date/],
    ['date,A\n2024-01-02,1\n2024-01-02,5\n', /line 3: a second row for 2024-01-02/],
    ['date,A\n2024-01-02,1,2\n', /line 2: 3 cells where the header has 2/],
    ['date,A,A\n2024-01-02,1,2\n', /two columns are called 'A'/],
    ['date,A\n2024-01-02,"1\n', /line 2: a quote is never closed/],
    ['date,A,B\n2024-01-02,1,\n2024-01-03,,2\n', /on none of 2 dates.*A has the fewest, 1/],
  ];
  for (const [content, pattern] of cases) await refused(aligned(file(t, 'x.csv', content)), pattern);
  await refused(aligned(file(t, 'x.csv', Uint8Array.of(0xff, 0xfe, 0x00, 0x80))), /neither CSV nor Parquet/);
  await refused(aligned(file(t, 'x.gz', Uint8Array.of(0x1f, 0x8b, 1, 2, 3))), /x\.gz is damaged/);
  await refused(aligned(file(t, 'x.parquet', 'PAR1 and nothing else')), /x\.parquet can't be read as Parquet/);
  await refused(aligned('/no/such/file.csv'), /can't be read/);
  await refused(aligned(file(t, 'x.csv', WIDE), {}, { names: ['Z'] }), /no 'Z'; it has A, B, C/);
  await refused(aligned(file(t, 'x.csv', WIDE), {}, { from: '2030-01-01' }), /no date from 2030-01-01/);
});

test('positions: quantities at the last price, values and weights as given, labels by row', async (t) => {
  const history = await aligned(file(t, 'wide.csv', WIDE), {}, { names: ['A', 'B'] });
  const positions = await readPositions(
    file(t, 'p.csv', 'Symbol,Quantity,Multiplier,Strategy,sector\nB,10,1,x,tech\nA,-2,50,y,\nB,5,1,y,tech\n'),
  );
  assert.deepEqual(symbolsOf(positions), ['B', 'A']);
  const { names, lastPrices } = history;
  const { holdings } = heldBook(positions, { names, lastPrices, asOf: '2024-01-31' });
  assert.deepEqual(
    holdings.map(({ row, quantity, moneyPerPoint, price }) => [row, quantity * moneyPerPoint * price]),
    [
      [1, 440],
      [0, -19800],
      [1, 220],
    ],
  );
  assert.deepEqual(positions.labels, ['strategy', 'sector']);
  assert.deepEqual(positions.rows[1].labels, { strategy: 'y', sector: '(none)' });
  assert.throws(() => heldBook(positions, { names, lastPrices: null, asOf: '2024-01-31' }), { code: 'USAGE' });
  await refused(readPositions(file(t, 'p.csv', 'symbol,quantity\n')), /holds no position|no rows/);
  await refused(readPositions(file(t, 'p.csv', 'symbol,size\nA,1\n')), /one of quantity, value and weight/);
  await refused(
    readPositions(file(t, 'p.csv', 'symbol,value\nA,\n')),
    /line 2: the position in A has a missing number/,
  );
  await refused(readPositions(file(t, 'p.csv', 'symbol,value\nA,x\n')), /line 2: value is 'x'/);
});

const stocks = marketData('prices/pyportfolioopt_stock_prices_20tickers.csv.gz');

test('twenty stocks with first days from 1989 to 2014 are read in place', {
  skip: stocks === null ? 'no ../shared/market-data/prices' : false,
}, async () => {
  const { report, scenarios } = await aligned(stocks!);
  assert.equal(report.dates, 7126);
  assert.equal(report.datesUsed + report.datesDropped, 7126);
  assert.equal(scenarios.observations, report.datesUsed - 1);
  assert.equal(report.missingValues.find(({ instrument }) => instrument === 'BABA')?.values, 7126 - report.datesUsed);
  const apple = await aligned(stocks!, {}, { names: ['AAPL'] });
  assert.equal(apple.scenarios.observations, 7125);
});
