/** Every figure of a report against the slow count of the same records. */
import assert from 'node:assert/strict';
import { OrdStatus } from '../../src/core/order.ts';
import { ORDER_ACTION_TEXT } from '../../src/core/record.ts';
import type { OrderCounts, ReportJson } from '../../src/report/report-types.ts';
import { type NaiveReport, naiveText } from './naive-report.ts';

/** Of the instruments of SESSION_CONFIG, by index. */
export const CURRENCIES = ['USDT', 'USD'];

/** For tapes of TradingSession: two strategies, two instruments, two currencies. */
export function assertSameFigures(json: ReportJson, naive: NaiveReport): void {
  checkOrders(json.orders, [...naive.orders.values()]);
  for (const strategy of [0, 1]) {
    checkOrders(
      json.strategies[strategy].orders,
      [...naive.orders.values()].filter((one) => one.strategy === strategy),
    );
  }
  for (const [i, symbol] of ['BTCUSDT', 'ESZ6'].entries()) {
    const found = json.instruments.find((one) => one.symbol === symbol)!;
    checkOrders(
      found.orders,
      [...naive.orders.values()].filter((one) => one.instrument === i),
    );
  }

  // Money, to the last unit: of each position, each strategy, and in all.
  for (const [key, holding] of naive.holdings) {
    const id = ['maker', 'taker'][holding.strategy];
    const symbol = ['BTCUSDT', 'ESZ6'][holding.instrument];
    const position = json.positions.find((one) => one.strategy === id && one.symbol === symbol)!;
    assert.equal(position.qty, naiveText(holding.qty));
    assert.deepEqual(pick(position.money), moneyOf(naive, [key]));
  }
  for (const [strategy, figures] of [
    [-1, json.pnl],
    [0, json.strategies[0].pnl],
    [1, json.strategies[1].pnl],
  ] as const) {
    for (const one of figures) {
      const keys = [...naive.holdings.entries()]
        .filter(([, held]) => strategy < 0 || held.strategy === strategy)
        .filter(([, held]) => CURRENCIES[held.instrument] === one.currency)
        .map(([key]) => key);
      assert.deepEqual(pick(one), moneyOf(naive, keys));
    }
  }
  // Everything in the base currency: USD at 0.98.
  const rated = [...naive.holdings].map(([key, held]): [string, bigint] => [key, held.instrument === 0 ? 100n : 98n]);
  const inBase = (of: (key: string) => bigint): string =>
    naiveText(rated.reduce((total, [key, rate]) => total + (of(key) * rate) / 100n, 0n));
  assert.equal(json.converted!.currency, 'USDT');
  assert.equal(
    json.converted!.net,
    inBase((key) => naive.net(key)),
  );
  assert.equal(
    json.converted!.turnover,
    inBase((key) => naive.holdings.get(key)!.turnover),
  );

  assert.equal(
    json.fills.fills,
    [...naive.holdings.values()].reduce((n, one) => n + one.fills, 0),
  );
  assert.equal(
    json.fills.busts,
    [...naive.holdings.values()].reduce((n, one) => n + one.busts, 0),
  );

  const rejects = new Map(
    json.rejects.map((one) => [`${one.stage} ${ORDER_ACTION_TEXT.indexOf(one.action)} ${one.code}`, one.count]),
  );
  assert.deepEqual(new Map([...rejects].sort()), new Map([...naive.rejects].sort()));

  for (const [found, values] of [
    [json.latency.entryNs, naive.entryNs],
    [json.latency.responseNs, naive.responseNs],
  ] as const) {
    const sorted = [...values].sort((a, b) => a - b);
    assert.equal(found.count, sorted.length);
    assert.equal(found.p50, sorted[Math.ceil(sorted.length * 0.5) - 1]);
    assert.equal(found.p99, sorted[Math.ceil(sorted.length * 0.99) - 1]);
    assert.equal(found.max, sorted[sorted.length - 1]);
  }
}

function checkOrders(
  counts: OrderCounts,
  orders: readonly { status: number; isRiskReject: boolean; executions: number }[],
): void {
  const ended = (status: number): number => orders.filter((one) => one.status === status).length;
  assert.equal(counts.orders, orders.length);
  assert.equal(counts.filled, ended(OrdStatus.Filled));
  assert.equal(counts.canceled, ended(OrdStatus.Canceled));
  assert.equal(counts.rejected, ended(OrdStatus.Rejected));
  assert.equal(counts.expired, ended(OrdStatus.Expired));
  assert.equal(counts.orders, counts.filled + counts.canceled + counts.rejected + counts.expired + counts.live);
  assert.equal(counts.sent, orders.filter((one) => !one.isRiskReject).length);
  assert.equal(counts.executed, orders.filter((one) => one.executions > 0).length);
}

interface Amounts {
  readonly gross: string;
  readonly fees: string;
  readonly net: string;
  readonly realised: string;
  readonly unrealised: string;
  readonly turnover: string;
}

function pick({ gross, fees, net, realised, unrealised, turnover }: Amounts): Amounts {
  return { gross, fees, net, realised, unrealised, turnover };
}

function moneyOf(naive: NaiveReport, keys: readonly string[]): Amounts {
  const sum = (of: (key: string) => bigint): bigint => keys.reduce((total, key) => total + of(key), 0n);
  const held = (key: string) => naive.holdings.get(key)!;
  return {
    gross: naiveText(sum((key) => naive.gross(key))),
    fees: naiveText(sum((key) => held(key).fees)),
    net: naiveText(sum((key) => naive.net(key))),
    realised: naiveText(sum((key) => held(key).realised)),
    unrealised: naiveText(sum((key) => naive.gross(key) - held(key).realised)),
    turnover: naiveText(sum((key) => held(key).turnover)),
  };
}
