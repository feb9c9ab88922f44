import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { OrderSide } from '../../src/core/order.ts';
import { OrderAction, RecordType } from '../../src/core/record.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { CONVERTED, WHOLE } from '../../src/report/marks.ts';
import { temporaryFolder } from '../support/command.ts';
import { NaiveReport } from '../support/naive-report.ts';
import { assertSameFigures, CURRENCIES } from '../support/report-twins.ts';
import { TradingTape } from '../support/trading-log.ts';
import { SESSION_CONFIG, TradingSession } from '../support/trading-session.ts';

const MULTIPLIERS = new Map([
  [0, 1n],
  [1, 50n],
]);

for (const [seed, rescaleAt] of [[1], [2, 700], [3, 1]] as const) {
  test(`every figure is what a slow count of the same records gives (seed ${seed})`, (t) => {
    const directory = join(temporaryFolder(t), 'log');
    const tape = new TradingTape(directory, SESSION_CONFIG);
    new TradingSession(tape, { seed, steps: 1500, ...(rescaleAt === undefined ? {} : { rescaleAt }) }).run();
    tape.close();
    const naive = new NaiveReport(tape.written, MULTIPLIERS);
    const report = BacktestReport.of(directory);
    const { json } = report;
    assert.equal(json.records, tape.written.length);
    assert.ok(json.isClosed && json.hasTrading);
    assert.ok(json.fills.fills > 100 && json.fills.busts > 0);

    assertSameFigures(json, naive);
  });

  test(`equity, drawdown and Sharpe follow the marks exactly (seed ${seed})`, (t) => {
    const directory = join(temporaryFolder(t), 'log');
    const tape = new TradingTape(directory, SESSION_CONFIG);
    new TradingSession(tape, {
      seed,
      steps: 1200,
      stepNs: 90_000_000,
      ...(rescaleAt === undefined ? {} : { rescaleAt }),
    }).run();
    tape.close();
    const naive = new NaiveReport(tape.written, MULTIPLIERS);
    const { pass, json } = BacktestReport.of(directory, { markEveryNs: 50e6 });
    const marks = naiveMarks(tape, naive, 50e6);
    assert.deepEqual(
      [...pass.marks.timeNs.view()],
      marks.map((mark) => mark.ns),
    );
    for (const curve of pass.marks.curves) {
      const values = marks.map((mark) => {
        let sum = 0n;
        for (const [key, value] of mark.values) {
          const held = naive.holdings.get(key)!;
          if (curve.strategy === CONVERTED) sum += held.instrument === 0 ? value : (value * 98n) / 100n;
          const isIn = curve.strategy === WHOLE || held.strategy === curve.strategy;
          if (isIn && CURRENCIES[held.instrument] === curve.currency) sum += value;
        }
        return Number(sum) / 1e12;
      });
      for (const [i, value] of values.entries()) near(curve.values.get(i), value, `mark ${i}`);
      let drawdown = 0;
      for (let i = 0, peak = 0; i < values.length; i++) {
        peak = Math.max(peak, values[i]);
        drawdown = Math.max(drawdown, peak - values[i]);
      }
      near(curve.maxDrawdown, drawdown, 'drawdown');
      if (curve.strategy >= 0) continue;
      const isConverted = curve.strategy === CONVERTED;
      const figures = isConverted ? json.converted! : json.pnl.find((one) => one.currency === curve.currency)!;
      near(
        figures.sharpe!,
        naiveSharpe(
          marks.map((mark) => mark.ns),
          values,
          figures.sharpeIntervalNs,
          naive.endNs,
        ),
        'sharpe',
      );
    }
  });
}

test('a position that is closed is flat to the last unit: P&L is cash, unrealised 0', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  tape.ns = 1e9;
  const cause = tape.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 8, qtyDecimals: 8 });
  tape.bbo(0, 6_000_000_000_001, 5, 6_000_000_000_004, 5);
  const head = { strategy: 0, instrument: 0, cause };
  tape.intent(
    OrderAction.New,
    OrderSide.Buy,
    { ...head, orderId: 1 },
    { clOrdId: 1, qty: 333, price: 6_000_000_000_001 },
  );
  tape.intent(
    OrderAction.New,
    OrderSide.Sell,
    { ...head, orderId: 2 },
    { clOrdId: 2, qty: 333, price: 6_000_000_000_007 },
  );
  tape.fill(
    1,
    OrderSide.Buy,
    { ...head, orderId: 1 },
    { execId: 1, lastQty: 333, lastPx: 6_000_000_000_001, position: 333, avgCost: 6_000_000_000_001 },
  );
  tape.fill(
    2,
    OrderSide.Sell,
    { ...head, orderId: 2 },
    { execId: 2, lastQty: 333, lastPx: 6_000_000_000_007, realised: 333 * 6, fee: 3 },
  );
  tape.close();
  const [pnl] = BacktestReport.of(directory).json.pnl;
  assert.equal(pnl.gross, '0.0000000000001998'); // 333 lots x 6 ticks, in units of 10^-16
  assert.equal(pnl.unrealised, '0');
  assert.equal(pnl.net, '0.0000000000001995');
  assert.equal(pnl.turnover, '0.3996000000002664');
});

test('inventory is weighted by time, from the first order to the end', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  const cause = tape.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 1, qtyDecimals: 3 });
  const fill = (atNs: number, side: OrderSide, lastQty: number, position: number): void => {
    tape.ns = atNs;
    tape.fill(
      1,
      side,
      { strategy: 0, instrument: 0, cause, orderId: 1 },
      { execId: tape.seq, lastQty, lastPx: 100, position },
    );
  };
  tape.ns = 10e9;
  tape.intent(
    OrderAction.New,
    OrderSide.Buy,
    { strategy: 0, instrument: 0, cause, orderId: 1 },
    { clOrdId: 1, qty: 9, price: 100 },
  );
  fill(12e9, OrderSide.Buy, 4000, 4000); // 2 s flat
  fill(15e9, OrderSide.Sell, 6000, -2000); // 3 s of 4
  fill(19e9, OrderSide.Buy, 2000, 0); // 4 s of -2
  tape.ns = 20e9; // 1 s flat
  tape.close();
  const [{ inventory }] = BacktestReport.of(directory).json.positions;
  assert.deepEqual(inventory, { mean: 0.4, meanSize: 2, maxLong: '4', maxShort: '-2', heldShare: 0.7 });
});

test('figures that make no sense in a short log are left out, never infinite', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  const cause = tape.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 1, qtyDecimals: 3 });
  tape.intent(
    OrderAction.New,
    OrderSide.Buy,
    { strategy: 0, instrument: 0, cause, orderId: 1 },
    { clOrdId: 1, qty: 9, price: 100 },
  );
  tape.fill(
    1,
    OrderSide.Buy,
    { strategy: 0, instrument: 0, cause, orderId: 1 },
    { execId: 1, lastQty: 9, lastPx: 100, position: 9 },
  );
  tape.close();
  const { json } = BacktestReport.of(directory);
  assert.equal(json.pnl[0].sharpe, null);
  assert.equal(json.pnl[0].gross, '0', 'without a mid a position is worth its last fill');
  assert.equal(json.positions[0].mark, null);
  assert.equal(json.positions[0].inventory.heldShare, null);
  assert.doesNotMatch(JSON.stringify(json), /Infinity|NaN/);
});

test('a log without trading says so; strategies that never traded are there with zeros', (t) => {
  const folder = temporaryFolder(t);
  const books = new TradingTape(join(folder, 'books'), { format: 'itch50' });
  books.instrument({ instrument: 0, symbol: 'AAPL', bookKind: 3, priceDecimals: 4, qtyDecimals: 0 });
  books.bbo(0, 10, 1, 12, 1);
  books.close();
  assert.equal(BacktestReport.of(join(folder, 'books')).json.hasTrading, false);
  const idle = new TradingTape(join(folder, 'idle'), SESSION_CONFIG);
  idle.close();
  const { json } = BacktestReport.of(join(folder, 'idle'));
  assert.ok(json.hasTrading);
  assert.deepEqual(
    json.strategies.map((one) => [one.id, one.orders.orders, one.pnl.length, one.pnl[0].net]),
    [
      ['maker', 0, 1, '0'],
      ['taker', 0, 1, '0'],
    ],
  );
  assert.equal(json.orders.fillRatio, null);
});

test('marks grow no further than their budget, and keep first and last', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  const cause = tape.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 1, qtyDecimals: 3 });
  const head = { strategy: 0, instrument: 0, cause, orderId: 1 };
  tape.ns = 1e9;
  tape.intent(OrderAction.New, OrderSide.Buy, head, { clOrdId: 1, qty: 9, price: 100 });
  tape.fill(1, OrderSide.Buy, head, { execId: 1, lastQty: 1000, lastPx: 1000, position: 1000 });
  for (let i = 0; i < 140_000; i++) {
    tape.ns += 2;
    tape.bbo(0, 999 - (i === 70_001 ? 500 : 0), 1, 1001, 1);
  }
  tape.close();
  const { pass, json } = BacktestReport.of(directory, { markEveryNs: 1 });
  assert.ok(json.marks.count < 1 << 17 && json.marks.count > 1 << 15, String(json.marks.count));
  assert.ok(json.marks.everyNs > 1, 'and are taken less often from then on');
  assert.equal(pass.marks.timeNs.get(0), 1e9);
  assert.equal(pass.marks.timeNs.get(json.marks.count - 1), tape.ns);
  assert.equal(json.pnl[0].maxDrawdown, 25, 'a trough between marks that were dropped later counts');
});

/** At the first order, at each fill, at each Bbo that is due, and at the end. */
function naiveMarks(
  tape: TradingTape,
  naive: NaiveReport,
  everyNs: number,
): { ns: number; values: ReadonlyMap<string, bigint> }[] {
  const first = tape.written.findIndex((record) => record.type === RecordType.OrderIntent);
  const marks: { ns: number; values: ReadonlyMap<string, bigint> }[] = [];
  for (const [i, { type, ns }] of tape.written.slice(first).entries()) {
    const last = marks[marks.length - 1];
    const isDue = type === RecordType.Bbo && ns - last.ns >= everyNs;
    if (i === 0 || type === RecordType.Fill || isDue) marks.push({ ns, values: naive.points[i].values });
  }
  marks.push({ ns: naive.endNs, values: naive.points[naive.points.length - 1].values });
  return marks;
}

function naiveSharpe(times: readonly number[], values: readonly number[], intervalNs: number, endNs: number): number {
  const at = (ns: number): number => values[times.findLastIndex((time) => time <= ns)];
  const changes: number[] = [];
  for (let end = times[0] + intervalNs; end <= endNs; end += intervalNs)
    changes.push(at(end) - (changes.length === 0 ? 0 : at(end - intervalNs)));
  const mean = changes.reduce((a, b) => a + b, 0) / changes.length;
  const variance = changes.reduce((a, b) => a + (b - mean) ** 2, 0) / (changes.length - 1);
  return (mean / Math.sqrt(variance)) * Math.sqrt((365 * 24 * 3600e9) / intervalNs);
}

function near(found: number, expected: number, what: string): void {
  const error = Math.abs(found - expected);
  assert.ok(error <= 1e-9 * Math.max(1, Math.abs(expected)), `${what}: ${found}, expected ${expected}`);
}
