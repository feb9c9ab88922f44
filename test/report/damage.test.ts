import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { report } from '../../src/cli/report.ts';
import { story, why } from '../../src/cli/story.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { EventKind } from '../../src/core/event.ts';
import { OrderSide } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { OrderAction } from '../../src/core/record.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { causeChain } from '../../src/report/cause-chain.ts';
import { orderStory } from '../../src/report/order-story.ts';
import { temporaryFolder } from '../support/command.ts';
import { plainTerminal } from '../support/plain-terminal.ts';
import { TradingTape } from '../support/trading-log.ts';
import { SESSION_CONFIG, TradingSession } from '../support/trading-session.ts';

const ROUNDS = 24;

function closedLog(t: TestContext): { folder: string; log: string } {
  const folder = temporaryFolder(t);
  const log = join(folder, 'log');
  const tape = new TradingTape(log, SESSION_CONFIG);
  new TradingSession(tape, { seed: 9, steps: 250 }).run();
  tape.close();
  return { folder, log };
}

/** Each reader either does its work or says in one line what is wrong; returns how many did the latter. */
function readAll(log: string, seq: number): number {
  let refusals = 0;
  const readers = [() => BacktestReport.of(log), () => orderStory(log, 3, []), () => causeChain(log, seq)];
  for (const read of readers) {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof TapeheadError, error instanceof Error ? error.stack : String(error));
      assert.ok(!error.message.includes('\n'), error.message);
      refusals++;
    }
  }
  return refusals;
}

test('a damaged log is refused in one line by report, story and causes alike', (t) => {
  const { folder, log } = closedLog(t);
  const [segment] = readdirSync(log).filter((name) => name.endsWith('.seg'));
  const prng = new Prng(11);
  let refusals = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const copy = join(folder, `copy-${round}`);
    cpSync(log, copy, { recursive: true });
    const path = join(copy, segment);
    const bytes = readFileSync(path);
    bytes[prng.below(bytes.length)] ^= 1 << prng.below(8);
    writeFileSync(path, bytes);
    if (prng.below(2) === 0) truncateSync(path, prng.below(bytes.length));
    refusals += readAll(copy, 1 + prng.below(800));
  }
  assert.ok(refusals > ROUNDS, String(refusals));
});

test('the log of a killed run is reported up to where it was cut, and the report says so', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  new TradingSession(tape, { seed: 9, steps: 250 }).run();
  tape.leaveOpen();
  const terminal = plainTerminal();
  assert.equal(report(directory, {}, terminal), 0);
  assert.match(terminal.text, /the log was never closed: the figures go up to where it was cut/);
  const { json } = BacktestReport.of(directory);
  assert.equal(json.isClosed, false);
  assert.equal(json.records, tape.seq);
  assert.ok(json.orders.orders > 10);
});

test('records that no engine writes are named in one line, whatever their checksums say', (t) => {
  const folder = temporaryFolder(t);
  const head = { strategy: 0, instrument: 0, orderId: 1, cause: 0 };
  const buy = { execId: 1, lastQty: 1, lastPx: 100 };
  const cases: readonly (readonly [string, (tape: TradingTape) => void, RegExp])[] = [
    [
      'order',
      (tape) => tape.intent(OrderAction.New, 1, { ...head, orderId: 2 ** 40 }, {}),
      /names order 1099511627776, which is no order's/,
    ],
    ['half', (tape) => tape.verdict(OrderAction.New, 1, { ...head, orderId: 1.5 }, { code: 400 }), /names order 1\.5/],
    ['nan', (tape) => tape.state(1, 1, { ...head, orderId: Number.NaN }, {}), /names order NaN/],
    ['early', (tape) => tape.fill(1, OrderSide.Buy, head, buy), /is a fill of an order that was never sent/],
    [
      'where',
      (tape) => fillOf(tape, { ...head, instrument: 9 }, buy),
      /is a fill of instrument 9, which was never defined/,
    ],
    ['qty', (tape) => fillOf(tape, head, { ...buy, lastQty: 0.5 }), /LastQty is 0\.5, which is no whole number/],
    ['fee', (tape) => fillOf(tape, head, { ...buy, fee: Number.POSITIVE_INFINITY }), /the fee is Infinity/],
    ['px', (tape) => fillOf(tape, head, { ...buy, lastPx: Number.NaN }), /LastPx is NaN/],
    ['units', fewerDecimals, /redefines X with fewer decimals while it is traded/],
  ];
  for (const [name, write, expected] of cases) {
    const tape = new TradingTape(join(folder, name), SESSION_CONFIG);
    tape.instrument({ instrument: 0, symbol: 'X', bookKind: 2, priceDecimals: 2, qtyDecimals: 2 });
    write(tape);
    tape.close();
    assert.throws(
      () => BacktestReport.of(join(folder, name)),
      (error) => error instanceof TapeheadError && error.code === 'LOG_DAMAGED' && expected.test(error.message),
      name,
    );
  }
});

test('whatever numbers stand in its records, a log is reported or refused in one line', (t) => {
  const folder = temporaryFolder(t);
  const odd = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0,
    0.5,
    1,
    2,
    3,
    100,
    2 ** 31,
    2 ** 53,
    2 ** 60,
    1e300,
    -(2 ** 53),
  ];
  const prng = new Prng(13);
  let reported = 0;
  for (let round = 0; round < 60; round++) {
    const any = (): number => (prng.below(3) > 0 ? 1 + prng.below(4) : odd[prng.below(odd.length)]);
    const byte = (): number => (prng.below(4) > 0 ? 1 + prng.below(4) : prng.below(256));
    const values = (...names: string[]): Record<string, number> =>
      Object.fromEntries(names.map((name) => [name, any()]));
    const directory = join(folder, String(round));
    const tape = new TradingTape(directory, SESSION_CONFIG);
    tape.instrument({ instrument: 0, symbol: 'X', bookKind: 2, priceDecimals: 2, qtyDecimals: 2 });
    for (let i = 0; i < 40; i++) {
      tape.ns += prng.below(1e9);
      const head = { strategy: prng.below(3), instrument: prng.below(8) === 0 ? 7 : 0, orderId: any(), cause: any() };
      const pick = prng.below(7);
      if (pick === 0) tape.bbo(0, any(), any(), any(), any());
      else if (pick === 1)
        tape.intent(byte(), byte(), head, { ...values('clOrdId', 'qty', 'price', 'parent'), type: byte() });
      else if (pick === 2)
        tape.verdict(byte(), byte(), head, { ...values('value', 'limit'), code: byte(), warned: byte() });
      else if (pick === 3)
        tape.report(byte(), byte(), head, {
          ...values('clOrdId', 'execId', 'lastQty', 'lastPx', 'venueNs', 'queueAhead'),
          reason: byte(),
        });
      else if (pick === 4)
        tape.state(byte(), byte(), head, { ...values('qty', 'price', 'cumQty', 'avgPx'), outcome: byte() });
      else if (pick === 5)
        fillOf(tape, head, values('execId', 'lastQty', 'lastPx', 'position', 'fee', 'realised', 'avgCost'));
      else tape.riskState(byte(), byte(), {}, { ...values('subject', 'value', 'limit'), code: byte() });
    }
    tape.close();
    const terminal = plainTerminal();
    const commands = [
      () => report(directory, { html: join(folder, 'out') }, terminal),
      () => report(directory, { json: true }, terminal),
      () => story(directory, 1 + prng.below(4), [], {}, terminal),
      () => story(directory, 1, [], { json: true }, terminal),
      () => why(directory, 1 + prng.below(40), {}, terminal),
    ];
    for (const command of commands) {
      try {
        command();
        reported++;
      } catch (error) {
        assert.ok(error instanceof TapeheadError, error instanceof Error ? error.stack : String(error));
        assert.ok(!error.message.includes('\n'), error.message);
      }
    }
    assert.doesNotMatch(terminal.text, /undefined/);
  }
  assert.ok(reported > 60, String(reported));
});

test('a configuration that says nothing of trading, or is none, leaves names and currencies open', (t) => {
  const folder = temporaryFolder(t);
  for (const [i, config] of [
    '{}',
    '{"trading":7}',
    'no json',
    '{"trading":{"accounts":{},"strategies":[null,{"id":1}]}}',
  ].entries()) {
    const directory = join(folder, String(i));
    const tape = new TradingTape(directory, config);
    tape.instrument({ instrument: 0, symbol: 'X', bookKind: 2, priceDecimals: 2, qtyDecimals: 2 });
    fillOf(
      tape,
      { strategy: 5, instrument: 0, orderId: 1, cause: 1 },
      { execId: 1, lastQty: 7, lastPx: 100, position: 7 },
    );
    tape.close();
    const { json } = BacktestReport.of(directory);
    assert.equal(json.pnl[0].currency, '');
    assert.equal(json.pnl[0].turnover, '0.07');
    assert.equal(json.positions[0].strategy, 'strategy 5');
    report(directory, {}, plainTerminal());
  }
});

test('what is no log at all is one line', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), 'x');
  for (const path of [join(folder, 'missing'), join(folder, 'file'), folder]) {
    assert.throws(
      () => BacktestReport.of(path),
      (error) => error instanceof TapeheadError && !error.message.includes('\n'),
    );
  }
  const { log } = closedLog(t);
  assert.throws(
    () => report(log, { html: join(folder, 'file', 'deeper') }, plainTerminal()),
    (error) => error instanceof TapeheadError && /^the report can't be written to/.test(error.message),
  );
});

function fillOf(
  tape: TradingTape,
  head: { strategy: number; instrument: number; orderId: number; cause: number },
  values: Record<string, number>,
): void {
  tape.intent(OrderAction.New, OrderSide.Buy, head, { clOrdId: 1, qty: 9, price: 100 });
  tape.fill(1, OrderSide.Buy, head, values);
}

function fewerDecimals(tape: TradingTape): void {
  assert.equal(EventKind.Instrument, 1);
  tape.intent(OrderAction.New, OrderSide.Buy, { instrument: 0, orderId: 1 }, { clOrdId: 1, qty: 9, price: 100 });
  tape.instrument({ instrument: 0, symbol: 'X', bookKind: 2, priceDecimals: 1, qtyDecimals: 2 });
}
