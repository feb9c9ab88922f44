import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { exposureOf } from '../../src/portfolio/derivatives/holding.ts';
import { optionValue } from '../../src/portfolio/derivatives/option.ts';
import { dateNs, type HeldBook, heldBook } from '../../src/portfolio/derivatives/positions.ts';
import { readPositions, symbolsOf } from '../../src/portfolio/prices/positions.ts';
import { readScenarios } from '../../src/portfolio/stress/scenario-file.ts';
import { temporaryFolder } from '../support/command.ts';

const HEADER = 'symbol,type,underlier,quantity,multiplier,strike,expiry,style,rate,dividendYield,volatility,price';
const MARKET = { names: ['A', 'B'], lastPrices: Float64Array.of(100, 50), asOf: '2024-01-31' };

function file(t: TestContext, name: string, text: string): string {
  const path = join(temporaryFolder(t), name);
  writeFileSync(path, text);
  return path;
}

async function bookOf(t: TestContext, ...rows: string[]): Promise<HeldBook> {
  return heldBook(await readPositions(file(t, 'p.csv', `${HEADER}\n${rows.join('\n')}\n`)), MARKET);
}

test('options, futures and what is held itself, from one file', async (t) => {
  const path = file(
    t,
    'p.csv',
    `${HEADER}\nA,,,10,1,,,,,,,\n,call,A,-2,100,110,2024-07-31,american,0.05,0.02,0.25,\nF,future,B,3,10,,2025-01-30,,0.04,0.01,,\nB,future,,1,10,,,,,,,51\n`,
  );
  const positions = await readPositions(path);
  assert.deepEqual(symbolsOf(positions), ['A', 'B']);
  const { holdings, hasOptions, notes } = heldBook(positions, MARKET);
  assert.ok(hasOptions);
  assert.deepEqual(notes, []);
  assert.deepEqual(
    holdings.map(({ name, row, quantity, moneyPerPoint }) => [name, row, quantity, moneyPerPoint]),
    [
      ['A', 0, 10, 1],
      ['A 2024-07-31 110 call', 0, -2, 100],
      ['F', 1, 3, 10],
      ['B', 1, 1, 10],
    ],
  );
  const terms = holdings[1].option!;
  assert.ok(Math.abs(terms.carry - 0.03) < 1e-15 && terms.style === 'american' && terms.strike === 110);
  assert.equal(terms.expiryNs - dateNs('2024-01-31'), 182 * 86_400e9);
  assert.ok(Math.abs(holdings[2].price - 50 * Math.exp(0.03)) < 1e-12, '365 days at 4 % less 1 %');
  assert.equal(holdings[3].price, 51);
});

test('JSON positions are the same as CSV ones', async (t) => {
  const text = JSON.stringify([
    { symbol: 'A', quantity: 10 },
    {
      symbol: 'C1',
      type: 'call',
      underlier: 'A',
      quantity: -2,
      strike: 110,
      expiry: '2024-07-31',
      rate: 0.05,
      dividendYield: 0.02,
      volatility: 0.25,
      multiplier: 100,
    },
  ]);
  // The first entry has no multiplier: in a table that has the column it must be there, as in CSV.
  await assert.rejects(readPositions(file(t, 'p.json', text)), /entry 1: the position in A has a missing number/);
  const whole = text.replace('"quantity":10', '"quantity":10,"multiplier":1');
  const fromJson = heldBook(await readPositions(file(t, 'p.json', whole)), MARKET);
  const fromCsv = await bookOf(t, 'A,,,10,1,,,,,,,', 'C1,call,A,-2,100,110,2024-07-31,,0.05,0.02,0.25,');
  assert.deepEqual(fromJson.holdings, fromCsv.holdings);
});

test('a price gives the volatility that gives the price', async (t) => {
  const { holdings, nowNs } = await bookOf(
    t,
    'P,put,A,1,1,105,2024-10-31,american,0.05,0.01,,9.5',
    'C,call,A,1,1,105,2024-10-31,,0.05,0,,6',
  );
  for (const [i, price] of [9.5, 6].entries()) {
    assert.ok(Math.abs(optionValue(holdings[i].option!, 100, nowNs) - price) < 1e-9);
  }
});

test('contracts expire: before the valuation date they are left out and named, on it they are worth exercise', async (t) => {
  const { holdings, notes, nowNs } = await bookOf(
    t,
    'old,call,A,1,1,90,2024-01-30,,0.05,,,',
    'today,call,A,1,1,90,2024-01-31,,0.05,,,',
    'A,,,1,1,,,,,,,',
  );
  assert.deepEqual(notes, ['old expired on 2024-01-30, before 2024-01-31: left out']);
  assert.deepEqual(
    holdings.map(({ name }) => name),
    ['today', 'A'],
  );
  assert.deepEqual(exposureOf(holdings[0], nowNs), { delta: 100, halfGamma: 0, vega: 0, value: 10 });
});

test('each mistake in a contract is one line that says where and what', async (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['C,call,A,1,1,110,2024-07-31,,0.05,,,', /line 2: C has no volatility, and no price/],
    ['C,call,A,1,1,110,2024-07-31,,0.05,,,0', /line 2: the price is 0: give one above 0/],
    ['C,call,A,1,1,90,2024-07-31,,0.05,,,2', /no volatility gives C its price of 2 .* below intrinsic value/],
    ['C,call,A,1,1,90,2024-07-31,,0.05,,,1000', /above every volatility/],
    ['C,call,A,1,1,,2024-07-31,,0.05,,0.2,', /has no strike/],
    ['C,call,A,1,1,-5,2024-07-31,,0.05,,0.2,', /the strike is -5/],
    ['C,call,A,1,1,90,,,0.05,,0.2,', /has no expiry/],
    ['C,call,A,1,1,90,soon,,0.05,,0.2,', /'soon' in the date column 'expiry' is not a date/],
    ['C,call,,1,1,90,2024-07-31,,0.05,,0.2,', /has no underlier/],
    ['C,swap,A,1,1,90,2024-07-31,,0.05,,0.2,', /type is 'swap': give spot, future, call or put/],
    ['C,call,A,1,1,90,2024-07-31,bermudan,0.05,,0.2,', /style is 'bermudan'/],
    ['C,call,A,1,1,90,2024-07-31,,5,,0.2,', /rate is 5: give 0.05 for 5 %/],
    ['C,call,A,1,1,90,2024-07-31,,0.05,,25,', /volatility is 25: give 0.2 for 20 %/],
    ['C,call,A,1,1,90,2024-07-31,,x,,0.2,', /rate is 'x', not a number/],
    ['A,spot,A,1,1,90,,,,,,', /spot has no underlier/],
    ['F,future,A,1,1,90,,,,,,', /a future has no strike/],
  ];
  for (const [row, pattern] of wrong) {
    await assert.rejects(bookOf(t, row), (error: Error) => {
      assert.match(error.message, pattern);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  }
  const refused = (text: string, pattern: RegExp, name = 'p.csv'): Promise<void> =>
    assert.rejects(readPositions(file(t, name, text)), pattern);
  await refused('symbol,type,quantity,strik\nA,spot,1,\n', /nothing is known of 'strik'; columns are/);
  await refused('symbol,quantity,strike\nA,1,5\n', /has contracts but no column type/);
  await refused('symbol,type,value\nA,spot,5\n', /give their quantity, not their value/);
  await refused('[{"symbol":"A","quantity":1,"size":3}]', /nothing is known of 'size'/, 'p.json');
  await refused('[{"symbol":"A","quantity":{}}]', /entry 1: 'quantity' is neither a number nor a text/, 'p.json');
  await refused('{"symbol":"A"}', /expected an array of objects/, 'p.json');
  await refused('[{]', /is not JSON/, 'p.json');
});

test('positions files at random: holdings that can be valued, or one line', async (t) => {
  const random = new Prng(31);
  t.diagnostic('seed 31');
  const path = file(t, 'p.csv', '');
  const good = ['C1', 'call', 'A', '1', '100', '100', '2024-06-30', '', '0.05', '', '0.2', ''];
  const values = [
    ['A', 'B', ''],
    ['put', 'put', 'future', 'spot', 'x'],
    ['B', 'A', ''],
    ['-3', '1e6', '0', '1e200', 'NaN', ''],
    ['1', '-10', ''],
    ['50', '1e-5', '1e9', '0', ''],
    ['2030-01-01', '2024-01-31', '2020-01-01', '2024-13-01', ''],
    ['european', 'american', 'american', 'odd'],
    ['', '0', '-0.01', '7'],
    ['0', '0.03', '-0.5'],
    ['', '', '0', '1.5', '-1', '1e9'],
    ['5', '60', '0', '-1'],
  ];
  let made = 0;
  for (let round = 0; round < 600; round++) {
    const row = good.slice();
    for (let change = random.below(5); change >= 0; change--) {
      const column = random.below(row.length);
      row[column] = values[column][random.below(values[column].length)];
    }
    writeFileSync(path, `${HEADER}\n${row.join(',')}\n`);
    try {
      const { holdings, nowNs } = heldBook(await readPositions(path), MARKET);
      for (const holding of holdings) {
        made++;
        const { value, delta, halfGamma, vega } = exposureOf(holding, nowNs);
        assert.ok(Number.isFinite(value + delta + halfGamma + vega), `round ${round}: ${row.join(',')}`);
      }
    } catch (error) {
      assert.equal(
        (error as Error).name,
        'TapeheadError',
        `round ${round}: ${row.join(',')}: ${(error as Error).stack}`,
      );
      assert.ok(!(error as Error).message.includes('\n'));
    }
  }
  assert.ok(made > 100 && made < 500, `${made} holdings`);
});

test("a user's scenarios are percent by instrument; a mistake in them is one line", (t) => {
  const read = (value: unknown) => readScenarios(file(t, 's.json', JSON.stringify(value)), ['A', 'B']);
  const { scenarios, notes } = read({
    scenarios: [
      { name: 'one', moves: { A: -20, Z: 5 }, volatility: 10 },
      { name: 'all', moves: { B: 3 }, others: -1 },
    ],
  });
  assert.deepEqual([...scenarios[0].shock.moves], [-0.2, 0]);
  assert.equal(scenarios[0].shock.moreVolatility, 0.1);
  assert.deepEqual([...scenarios[1].shock.moves], [-0.01, 0.03]);
  assert.deepEqual(notes, ["'one' moves what is not held: Z"]);
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [[], /s\.json: .*expected object/],
    [{ scenarios: [] }, /scenarios: /],
    [{ scenarios: [{ name: 'x', move: {} }] }, /scenarios\.0: .*move/],
    [{ scenarios: [{ name: 'x' }] }, /'x' moves nothing/],
    [{ scenarios: [{ name: 'x', others: -101 }] }, /scenarios\.0\.others/],
    [{ scenarios: [{ name: 'x', moves: { A: '3' } }] }, /scenarios\.0\.moves\.A/],
    [
      {
        scenarios: [
          { name: 'x', others: 1 },
          { name: 'x', others: 2 },
        ],
      },
      /two scenarios are called 'x'/,
    ],
  ];
  for (const [value, pattern] of wrong) {
    assert.throws(
      () => read(value),
      (error: Error) => error.name === 'TapeheadError' && pattern.test(error.message) && !error.message.includes('\n'),
      JSON.stringify(value),
    );
  }
  assert.throws(() => readScenarios('/no/such.json', ['A']), { code: 'NO_FILE' });
});
