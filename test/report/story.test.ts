import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { queryLog } from '../../src/audit/log-query.ts';
import { story, why } from '../../src/cli/story.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { ExecType, Liquidity, OrderSide, OrdStatus, RejectCode } from '../../src/core/order.ts';
import { isOutputType, OmsOutcome, OrderAction, RecordType } from '../../src/core/record.ts';
import { causeChain } from '../../src/report/cause-chain.ts';
import { orderStory } from '../../src/report/order-story.ts';
import { temporaryFolder } from '../support/command.ts';
import { plainTerminal } from '../support/plain-terminal.ts';
import { TradingTape } from '../support/trading-log.ts';
import { SESSION_CONFIG, TradingSession } from '../support/trading-session.ts';

const CHECKS = ['fields', 'ClOrdID', 'kill switch', 'max quantity'];

function sessionTape(t: TestContext, steps: number): { directory: string; tape: TradingTape } {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  new TradingSession(tape, { seed: 5, steps, rescaleAt: Math.floor(steps / 2) }).run();
  tape.close();
  return { directory, tape };
}

/** One order from the market event that caused it to its fill. */
function oneOrder(t: TestContext): string {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory, SESSION_CONFIG);
  tape.ns = 34_200e9;
  tape.instrument({ instrument: 1, symbol: 'ESZ6', bookKind: 3, priceDecimals: 2, qtyDecimals: 0 });
  const head = { strategy: 0, instrument: 1, orderId: 1 };
  const market = tape.trade(1, 20_000, 5, 2, 1_500_000);
  const values = { qty: 3, price: 20_025 };
  const intent = tape.intent(OrderAction.New, OrderSide.Sell, { ...head, cause: market }, { clOrdId: 900, ...values });
  const verdict = tape.verdict(
    OrderAction.New,
    3,
    { ...head, cause: intent },
    { warned: 1 << 3, value: 80, limit: 100 },
  );
  const local = { ...values, clOrdId: 900, leavesQty: 3, outcome: OmsOutcome.Local };
  tape.state(OrdStatus.PendingNew, OrdStatus.PendingNew, { ...head, cause: verdict }, local);
  tape.ns += 2_000_000;
  const venueNs = tape.ns - 800_000;
  const report = tape.report(
    ExecType.New,
    2,
    { ...head, cause: 0 },
    { clOrdId: 900, leavesQty: 3, venueNs, queueAhead: 40 },
  );
  tape.state(
    OrdStatus.New,
    OrdStatus.PendingNew,
    { ...head, cause: report },
    { ...local, outcome: OmsOutcome.Applied },
  );
  const refused = tape.intent(
    OrderAction.Replace,
    2,
    { ...head, cause: report },
    { origClOrdId: 900, qty: 9, price: 20_025 },
  );
  const no = tape.verdict(
    OrderAction.Replace,
    3,
    { ...head, cause: refused },
    { code: RejectCode.MaxQty, value: 9, limit: 5 },
  );
  tape.state(OrdStatus.New, OrdStatus.New, { ...head, cause: no }, { ...local, code: RejectCode.MaxQty });
  tape.ns += 10_000_000;
  const print = tape.trade(1, 20_025, 50, 1, 1_000_000);
  tape.ns += 1_000_000;
  const trade = {
    clOrdId: 900,
    execId: 4,
    lastQty: 3,
    lastPx: 20_025,
    cumQty: 3,
    venueNs: tape.ns - 1_000_000,
    reason: 3,
    liquidity: 1,
  };
  const done = tape.report(ExecType.Trade, 2, { ...head, cause: print }, trade);
  tape.state(
    OrdStatus.Filled,
    OrdStatus.New,
    { ...head, cause: done },
    { ...values, clOrdId: 900, cumQty: 3, avgPx: 20_025 },
  );
  tape.fill(
    Liquidity.Maker,
    2,
    { ...head, cause: done },
    { ...trade, position: -3, fee: -6, realised: 0, avgCost: 20_025 },
  );
  tape.close();
  return directory;
}

test("an order's story reads from its cause to its fill, with every check, reason and stage", (t) => {
  const directory = oneOrder(t);
  const terminal = plainTerminal();
  assert.equal(story(directory, 1, CHECKS, {}, terminal), 0);
  const lines = terminal.text
    .split('\n')
    .map((line) =>
      line
        .replace(/ +seq \d+$/, '')
        .replace(/ +/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
  assert.deepEqual(lines, [
    'order 1 maker sell ESZ6 Filled ClOrdID 900',
    '2026-01-02',
    '09:30:00.000000000 +0 ns cause Trade ESZ6 ask price 200 (20000) qty 5 orderId 0 tradeId 0 tsEvent 2026-01-02T09:29:59.998500000Z flags Last',
    '09:30:00.000000000 +0 ns intent new limit: sell 3 ESZ6 at 200.25, day, ClOrdID 900',
    '09:30:00.000000000 +0 ns risk new accepted by 4 checks; the nearest to its limit: 80 of 100; near their limit: max quantity',
    'passed: fields, ClOrdID, kill switch, max quantity',
    '09:30:00.000000000 +0 ns state PendingNew as before, executed 0, open 3',
    '09:30:00.002000000 +2.0 ms report New, 40 ahead in the queue, at the venue 09:30:00.001200000',
    '09:30:00.002000000 +2.0 ms state PendingNew → New, executed 0, open 3',
    '09:30:00.002000000 +2.0 ms intent replace with 9 at 200.25',
    '09:30:00.002000000 +2.0 ms risk replace refused at max quantity: 400 MaxQty: quantity is above the limit, value 9, limit 5',
    'passed: fields, kill switch',
    '09:30:00.002000000 +2.0 ms state New as before, executed 0, open 3; 400 MaxQty: quantity is above the limit',
    '09:30:00.012000000 +12.0 ms cause Trade ESZ6 bid price 200.25 (20025) qty 50 orderId 0 tradeId 0 tsEvent 2026-01-02T09:30:00.011000000Z flags Last',
    '09:30:00.013000000 +13.0 ms report Trade, 3 at 200.25, as maker, traded at its price after the quantity ahead was used up, at the venue 09:30:00.012000000',
    '09:30:00.013000000 +13.0 ms state New → Filled, executed 3, open 0, average 200.25',
    '09:30:00.013000000 +13.0 ms fill sold 3 at 200.25 as maker; position -3, fee -3, realised 0 USD',
    'stage took',
    'market event at the venue -> received 1.5 ms',
    'received -> intent 0 ns',
    'intent -> at the venue 1.2 ms',
    'at the venue -> first report 800.0 µs',
    'at the venue -> first fill 10.8 ms',
    'first fill -> reported 1.0 ms',
    'intent -> first fill reported 13.0 ms',
    'intent -> over 13.0 ms',
  ]);
});

test('as JSON the story has every step as an object, checks by name and stages in ns', (t) => {
  const directory = oneOrder(t);
  const terminal = plainTerminal();
  story(directory, 900, CHECKS, { json: true }, terminal);
  const told = JSON.parse(terminal.text);
  assert.equal(told.orderId, 1);
  assert.deepEqual(told.clOrdIds, [900]);
  assert.deepEqual(
    told.steps.map((step: { kind: string }) => step.kind),
    [
      'cause',
      'intent',
      'risk',
      'state',
      'report',
      'state',
      'intent',
      'risk',
      'state',
      'cause',
      'report',
      'state',
      'fill',
    ],
  );
  assert.deepEqual(told.steps[7].checks, [
    { check: 0, name: 'fields', verdict: 'passed' },
    { check: 2, name: 'kill switch', verdict: 'passed' },
    { check: 3, name: 'max quantity', verdict: 'refused' },
  ]);
  assert.deepEqual(told.stages[2], {
    name: 'intent -> at the venue',
    fromNs: 34_200e9,
    toNs: 34_200_001_200_000,
    spanNs: 1_200_000,
  });
  assert.equal(told.steps[12].fee, '-3');
});

test('every record of every order stands in exactly one story, also after the instrument was redefined', (t) => {
  const { directory, tape } = sessionTape(t, 500);
  const byOrder = new Map<number, number[]>();
  for (const { seq, type, fields } of tape.written) {
    if (type < RecordType.OrderIntent || type > RecordType.Fill) continue;
    const id = Number(fields.orderId);
    byOrder.set(id, [...(byOrder.get(id) ?? []), seq]);
  }
  const decoded = new Map([...queryLog(directory)].map((record) => [record.seq, record]));
  assert.ok(byOrder.size > 40);
  for (const [id, seqs] of byOrder) {
    const { story: told } = orderStory(directory, id, CHECKS);
    const own = told.steps.filter((step) => step.kind !== 'cause').map((step) => step.record.seq);
    assert.deepEqual(own, seqs, `order ${id}`);
    // What is looked up by its number is decoded as what a reader from the beginning sees.
    for (const step of told.steps) assert.deepEqual(step.record.decoded, decoded.get(step.record.seq));
  }
});

test('an order is found by any ClOrdID of its chain; an OrderID goes before a ClOrdID', (t) => {
  const { directory, tape } = sessionTape(t, 300);
  const orders = Math.max(...tape.written.map(({ fields }) => Number(fields.orderId ?? 0)));
  let asked = 0;
  for (const { type, fields } of tape.written) {
    if (type !== RecordType.OrderIntent || Number(fields.clOrdId) <= orders) continue;
    assert.equal(orderStory(directory, Number(fields.clOrdId), CHECKS).story.orderId, fields.orderId);
    asked++;
  }
  assert.ok(asked > 30);
  const clash = join(temporaryFolder(t), 'log');
  const other = new TradingTape(clash, SESSION_CONFIG);
  const cause = other.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 1, qtyDecimals: 3 });
  for (const orderId of [1, 2]) {
    other.intent(OrderAction.New, 1, { instrument: 0, orderId, cause }, { clOrdId: 3 - orderId, qty: 1, price: 1 });
  }
  other.close();
  const { story: told } = orderStory(clash, 2, CHECKS);
  assert.deepEqual([told.orderId, told.sameClOrdId], [2, 1]);
});

test('an id that is no order names those there are; a log without orders says so', (t) => {
  const { directory } = sessionTape(t, 100);
  for (const id of [0, 500, 1e9]) {
    assert.throws(
      () => orderStory(directory, id, CHECKS),
      refused('USAGE', /^--order \d+: there is no such order; OrderIDs go from 1 to \d+, ClOrdIDs from 1001 to \d+$/),
    );
  }
  const empty = join(temporaryFolder(t), 'log');
  new TradingTape(empty).close();
  assert.throws(() => orderStory(empty, 1, CHECKS), refused('USAGE', /holds no orders$/));
});

test('--why walks from every record to its root along the causes written there', (t) => {
  const { directory, tape } = sessionTape(t, 120);
  const bySeq = new Map(tape.written.map((record) => [record.seq, record]));
  for (const { seq } of tape.written) {
    const expected: number[] = [];
    for (let at = seq; at !== 0; ) {
      const record = bySeq.get(at)!;
      expected.push(at);
      const cause = Number(record.fields.cause ?? 0);
      if (cause !== 0) at = cause;
      else if (!isOutputType(record.type)) at = 0;
      else at = tape.written.findLast((one) => one.seq < at && !isOutputType(one.type))?.seq ?? 0;
    }
    const { chain } = causeChain(directory, seq);
    assert.deepEqual(
      chain.map((record) => record.seq),
      expected,
    );
  }
});

test('an output that names no cause follows from the input before it, however many outputs lie between', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory);
  const input = tape.clock();
  for (let i = 0; i < 1500; i++) tape.bbo(0, 1, 1, 2, 1);
  const last = tape.bbo(0, 1, 1, 2, 1);
  tape.close();
  assert.deepEqual(
    causeChain(directory, last).chain.map((record) => record.seq),
    [last, input],
  );
});

test('in a log of many blocks what is far away is sought, and decoded as it was defined there', (t) => {
  const { directory, tape } = sessionTape(t, 4000);
  assert.ok(tape.seq > 12_000);
  const decoded = new Map([...queryLog(directory)].map((record) => [record.seq, record]));
  const fills = tape.written.filter((record) => record.type === RecordType.Fill);
  for (const { seq, fields } of [fills[0], fills[5], fills[Math.floor(fills.length / 2)], fills[fills.length - 1]]) {
    const { chain } = causeChain(directory, seq);
    assert.ok(chain.length > 2);
    for (const record of chain) assert.deepEqual(record.decoded, decoded.get(record.seq));
    const { story: told } = orderStory(directory, Number(fields.orderId), CHECKS);
    for (const step of told.steps) assert.deepEqual(step.record.decoded, decoded.get(step.record.seq));
  }
});

test('--why prints the chain down to what came from the market', (t) => {
  const directory = oneOrder(t);
  const terminal = plainTerminal();
  const [{ seq }] = queryLog(directory, { type: 'Fill' });
  why(directory, seq, {}, terminal);
  assert.deepEqual(
    terminal.text.split('\n').map((line) => line.trim().split(/\s+/).slice(1, 3).join(' ')),
    [
      '2026-01-02T09:30:00.013000000Z Fill',
      'of',
      '2026-01-02T09:30:00.013000000Z ExecReport',
      'of',
      '2026-01-02T09:30:00.012000000Z Trade',
      'came from',
      '',
    ],
  );
});

test('--why of a record that is not there, or whose cause makes no sense, is one line', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory);
  const later = tape.timer(1, 0, { cause: tape.seq + 5 });
  const self = tape.timer(1, 0, { cause: tape.seq + 1 });
  const odd = tape.timer(1, 0, { cause: 1.5 });
  tape.close();
  for (const seq of [later, self, odd]) {
    assert.throws(() => causeChain(directory, seq), refused('LOG_DAMAGED', /names record .* which is not before it$/));
  }
  assert.throws(() => causeChain(directory, 999), refused('USAGE', /^--why 999: the log's records are 1 to 7$/));
});

function refused(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return true;
  };
}
