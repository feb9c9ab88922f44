import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LogFilter, queryLog } from '../../src/audit/log-query.ts';
import { type DecodedRecord, recordLine } from '../../src/audit/record-text.ts';
import { ExecType, HaltReason, OrderFlag, OrdStatus, PegType, RejectCode } from '../../src/core/order.ts';
import {
  CommandKind,
  OmsOutcome,
  OrderAction,
  RecordType,
  RiskScope,
  RiskStateKind,
  StrategyState,
} from '../../src/core/record.ts';
import { temporaryFolder } from '../support/command.ts';
import { TradingTape } from '../support/trading-log.ts';

const OPEN = 34_200e9;

/** One record of every type of trading. */
function writeExample(directory: string, midnightNs: bigint): void {
  const tape = new TradingTape(directory, {}, midnightNs);
  tape.ns = OPEN;
  tape.instrument({ instrument: 7, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 2, qtyDecimals: 5 });
  const head = { strategy: 3, instrument: 7, orderId: 12, cause: 3 };
  tape.command(CommandKind.Kill, '{"scope":"engine"}');
  tape.clock();
  tape.timer(5, OPEN + 1, { strategy: 3, cause: 5 });
  const values = {
    clOrdId: 20,
    qty: 150_000,
    price: 10_050_001,
    flags: OrderFlag.PostOnly,
    parent: 4,
    tag: 9,
    account: 2,
  };
  tape.intent(OrderAction.New, 1, head, { ...values, timeInForce: 5, expireNs: OPEN + 60e9, displayQty: 50_000 });
  tape.intent(OrderAction.New, 2, head, {
    clOrdId: 21,
    qty: 1,
    type: 5,
    peg: PegType.Mid,
    pegOffset: -3,
    group: 2,
    groupKind: 1,
  });
  tape.intent(OrderAction.Replace, 1, head, { origClOrdId: 20, qty: 100_000, price: 10_050_002 });
  tape.intent(OrderAction.Cancel, 1, head, { origClOrdId: 20 });
  tape.verdict(OrderAction.New, 25, head, { warned: (1 << 10) | (1 << 31), value: 71, limit: 100 });
  tape.verdict(OrderAction.New, 10, head, { code: RejectCode.MaxQty, value: 120, limit: 100 });
  const fill = { execId: 77, lastQty: 30_000, lastPx: 10_050_001 };
  tape.report(ExecType.New, 1, head, { clOrdId: 20, leavesQty: 150_000, venueNs: OPEN + 5, queueAhead: 12 });
  tape.report(ExecType.Trade, 1, head, {
    clOrdId: 20,
    ...fill,
    cumQty: 30_000,
    leavesQty: 120_000,
    venueNs: OPEN + 6,
    reason: 3,
    liquidity: 1,
  });
  tape.report(
    ExecType.Rejected,
    1,
    head,
    { clOrdId: 20, code: RejectCode.VenueWouldTake, queueAhead: -1 },
    RecordType.VenueReport,
  );
  const state = { clOrdId: 20, qty: 150_000, price: 10_050_001, cumQty: 30_000, leavesQty: 120_000, avgPx: 10_050_001 };
  tape.state(OrdStatus.PartiallyFilled, OrdStatus.New, head, state);
  tape.state(OrdStatus.New, OrdStatus.New, head, {
    ...state,
    code: RejectCode.VenueTooLate,
    outcome: OmsOutcome.Duplicate,
  });
  tape.fill(1, 1, head, {
    ...fill,
    position: -5,
    fee: -12,
    realised: 34,
    realisedSoFar: 56,
    feesSoFar: -78,
    avgCost: 10_050_000.5,
  });
  tape.strategyState(StrategyState.Halted, HaltReason.Threw, 'ü: no', { strategy: 3, cause: 5 });
  tape.strategyLog('hello', { strategy: 3, cause: 5 });
  tape.riskState(RiskScope.Instrument, RiskStateKind.Killed, { cause: 4 }, { subject: 7 });
  tape.riskState(
    RiskScope.Strategy,
    RiskStateKind.LimitWarning,
    {},
    { subject: 3, code: RejectCode.PositionLong, value: 71, limit: 100 },
  );
  tape.rescale(7, 10, 1, 3);
  tape.close();
}

function decode(directory: string, filter: LogFilter = {}): DecodedRecord[] {
  return [...queryLog(directory, filter)].filter((record) => record.seq > 3);
}

test('each record of trading reads as one line that says what it holds', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  writeExample(directory, 0n);
  const lines = decode(directory).map((record) => recordLine(record).replace(/ +/g, ' ').trim());
  assert.deepEqual(
    lines.slice(0, -2).map((line) => line.replace('09:30:00.000000000 ', '')),
    [
      '4 Command command kill text {"scope":"engine"}',
      '5 Clock',
      '6 Timer strategy 3 timer 5 due 09:30:00.000000001 cause 5',
      '7 OrderIntent BTCUSDT strategy 3 orderId 12 action new buy clOrdId 20 qty 1.50000 (150000) price 100500.01 (10050001) displayQty 0.50000 (50000) ordType limit timeInForce gtd expire 09:31:00.000000000 flags PostOnly account 2 parent 4 tag 9 cause 3',
      '8 OrderIntent BTCUSDT strategy 3 orderId 12 action new sell clOrdId 21 qty 0.00001 (1) ordType pegged timeInForce day peg Mid pegOffsetTicks -3 account 0 group 2 groupKind Oco cause 3',
      '9 OrderIntent BTCUSDT strategy 3 orderId 12 action replace buy origClOrdId 20 qty 1.00000 (100000) price 100500.02 (10050002) cause 3',
      '10 OrderIntent BTCUSDT strategy 3 orderId 12 action cancel buy origClOrdId 20 cause 3',
      '11 RiskVerdict BTCUSDT strategy 3 orderId 12 action new verdict accepted lastCheck 25 warned 10+31 value 71 limit 100 cause 3',
      '12 RiskVerdict BTCUSDT strategy 3 orderId 12 action new verdict MaxQty lastCheck 10 rejectCode 400 value 120 limit 100 cause 3',
      '13 ExecReport BTCUSDT strategy 3 orderId 12 execType New buy clOrdId 20 cumQty 0.00000 (0) leavesQty 1.50000 (150000) venueTime 09:30:00.000000005 queueAhead 0.00012 (12) cause 3',
      '14 ExecReport BTCUSDT strategy 3 orderId 12 execType Trade buy clOrdId 20 execId 77 lastQty 0.30000 (30000) lastPx 100500.01 (10050001) cumQty 0.30000 (30000) leavesQty 1.20000 (120000) venueTime 09:30:00.000000006 fillReason traded at its price after the quantity ahead was used up liquidity maker cause 3',
      '15 VenueReport BTCUSDT strategy 3 orderId 12 execType Rejected buy clOrdId 20 cumQty 0.00000 (0) leavesQty 0.00000 (0) venueTime 00:00:00.000000000 rejectCode 1000 reject VenueWouldTake venue 0 cause 3',
      '16 OrderState BTCUSDT strategy 3 orderId 12 ordStatus PartiallyFilled before New clOrdId 20 qty 1.50000 (150000) price 100500.01 (10050001) cumQty 0.30000 (30000) leavesQty 1.20000 (120000) avgPxTicks 10050001 outcome applied cause 3',
      '17 OrderState BTCUSDT strategy 3 orderId 12 ordStatus New clOrdId 20 qty 1.50000 (150000) price 100500.01 (10050001) cumQty 0.30000 (30000) leavesQty 1.20000 (120000) avgPxTicks 10050001 rejectCode 1002 reject VenueTooLate outcome duplicate cause 3',
      '18 Fill BTCUSDT strategy 3 orderId 12 buy execId 77 lastQty 0.30000 (30000) lastPx 100500.01 (10050001) liquidity maker position -0.00005 (-5) feeUnits -12 realisedUnits 34 realisedSoFarUnits 56 feesSoFarUnits -78 avgCostTicks 10050000.5 cause 3',
      '19 StrategyState strategy 3 state halted reason Threw text ü: no cause 5',
      '20 StrategyLog strategy 3 text hello cause 5',
      '21 RiskState strategy 0 scope instrument subject BTCUSDT kind killed value 0 limit 0 cause 4',
      '22 RiskState strategy 0 scope strategy subject 3 kind limit warning value 71 limit 100 code 600 limitName PositionLong',
      '23 Rescale BTCUSDT strategy 0 priceFactor 10 qtyFactor 1 cause 3',
    ],
  );
});

test('records of trading are objects that JSON keeps as they are, with ISO times where the day is known', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  writeExample(directory, 1_767_312_000_000_000_000n);
  for (const record of decode(directory)) assert.deepEqual(JSON.parse(JSON.stringify(record)), record);
  const [timer] = decode(directory, { type: 'timer' });
  assert.equal(timer.due, '2026-01-02T09:30:00.000000001Z');
});

test('orders are found by the symbol they are for; timers and states are of no instrument', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  writeExample(directory, 0n);
  const types = decode(directory, { symbol: 'BTCUSDT' }).map((record) => record.type);
  assert.equal(types.length, 13);
  assert.ok(!types.includes('Timer') && !types.includes('RiskState') && types.includes('VenueReport'));
});

test('values that no writer writes are still one line', (t) => {
  const directory = join(temporaryFolder(t), 'log');
  const tape = new TradingTape(directory);
  const head = { strategy: 9, instrument: 60_000, orderId: 1 };
  tape.intent(77, 200, head, {
    qty: Number.NaN,
    price: Number.POSITIVE_INFINITY,
    type: 99,
    timeInForce: 88,
    peg: 7,
    groupKind: 9,
    group: 1,
  });
  tape.verdict(44, 255, head, { code: 4_000_000_000, warned: 0xffffffff, value: Number.NaN });
  tape.report(99, 9, head, { reason: 250, liquidity: 250, code: 12_345, venueNs: Number.NaN });
  tape.state(50, 51, head, { outcome: 99, avgPx: Number.NaN });
  tape.fill(99, 9, head, { avgCost: Number.NEGATIVE_INFINITY });
  tape.riskState(77, 88, {}, { subject: Number.NaN, code: 99 });
  tape.strategyState(200, 201, '', {});
  tape.command(99, '');
  tape.close();
  for (const record of queryLog(directory)) {
    assert.doesNotMatch(recordLine(record), /\n|undefined/);
    assert.equal(JSON.parse(JSON.stringify(record)).seq, record.seq);
  }
});
