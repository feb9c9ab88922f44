/** Decodes the records of trading (types 99-101 and 132-141 of core/record.ts) into fields with names. Off the hot path. */
import {
  EXEC_TYPE_TEXT,
  FILL_REASON_TEXT,
  GroupKind,
  HaltReason,
  LIQUIDITY_TEXT,
  ORD_STATUS_TEXT,
  ORD_TYPE_TEXT,
  ORDER_SIDE_TEXT,
  OrderFlag,
  PegType,
  TIME_IN_FORCE_TEXT,
} from '../core/order.ts';
import {
  COMMAND_KIND_TEXT,
  OMS_OUTCOME_TEXT,
  ORDER_ACTION_TEXT,
  OrderAction,
  RecordType,
  RISK_SCOPE_TEXT,
  RISK_STATE_TEXT,
  RiskScope,
  STRATEGY_STATE_TEXT,
} from '../core/record.ts';
import { REJECT_TEXT } from '../core/reject-text.ts';

/** Where the fields go, and how a value becomes text; the record decoder is one. */
export interface FieldSink {
  put(name: string, value: string | number | readonly string[]): void;
  price(name: string, ticks: number): void;
  qty(name: string, lots: number): void;
  /** Session ns. */
  time(name: string, sessionNs: number): void;
  symbolOf(instrument: number): string;
}

interface Bytes {
  readonly bytes: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly at: number;
}

const PEG_NAMES = namesOf(PegType);
const GROUP_NAMES = namesOf(GroupKind);
const HALT_NAMES = namesOf(HaltReason);

function namesOf(values: Readonly<Record<string, number>>): readonly string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(values)) names[value] = name;
  return names;
}

export function isTradingType(type: number): boolean {
  return (
    (type >= RecordType.Command && type <= RecordType.Clock) ||
    (type >= RecordType.OrderIntent && type <= RecordType.Rescale)
  );
}

/** Those whose bytes 28-31 always name an instrument. */
export function isTradingTypeOfInstrument(type: number): boolean {
  return (
    type === RecordType.VenueReport ||
    (type >= RecordType.OrderIntent && type <= RecordType.Fill) ||
    type === RecordType.Rescale
  );
}

/** Name of a RejectCode: `MaxQty`. */
export function rejectName(code: number): string {
  return REJECT_TEXT[code]?.name ?? `code ${code}`;
}

/** Name of a HaltReason: `Threw`. */
export function haltName(reason: number): string {
  return HALT_NAMES[reason] ?? `reason ${reason}`;
}

/** The text of a Command, StrategyState or StrategyLog record. */
export function recordText(record: Bytes, type: number): string {
  const { bytes, u32, at } = record;
  const isCommand = type === RecordType.Command;
  const from = at + (isCommand ? 32 : 48);
  const end = at + (u32[(at >> 2) + 1] & 0xffff);
  const length = u32[(at >> 2) + (isCommand ? 7 : 10)];
  return new TextDecoder().decode(bytes.slice(from, Math.min(end, from + length)));
}

/** Adds the fields of a trading record, in the order of its bytes; what does not apply to it is left out. */
export function addTrading(sink: FieldSink, record: Bytes, type: number): void {
  if (type === RecordType.Clock) return;
  const { u32, bytes, at } = record;
  if (type === RecordType.Command) {
    const kind = u32[(at >> 2) + 6];
    sink.put('command', COMMAND_KIND_TEXT[kind] ?? `kind ${kind}`);
    sink.put('text', recordText(record, type));
    return;
  }
  sink.put('strategy', u32[(at >> 2) + 6] & 0xffff);
  const orders = ORDER_RECORDS[type];
  if (orders !== undefined) {
    const orderId = record.f64[(at + 40) >> 3];
    if (orderId !== 0) sink.put('orderId', orderId);
    orders(sink, record, bytes[at + 26], bytes[at + 27]);
  } else {
    OTHER_RECORDS[type]?.(sink, record, bytes[at + 26], bytes[at + 27]);
  }
  const cause = record.f64[(at + 32) >> 3];
  if (cause !== 0) sink.put('cause', cause);
}

type Decode = (sink: FieldSink, record: Bytes, first: number, second: number) => void;

const ORDER_RECORDS: Readonly<Record<number, Decode>> = {
  [RecordType.OrderIntent]: addIntent,
  [RecordType.RiskVerdict]: addVerdict,
  [RecordType.ExecReport]: addReport,
  [RecordType.VenueReport]: addReport,
  [RecordType.OrderState]: addState,
  [RecordType.Fill]: addFill,
};

const OTHER_RECORDS: Readonly<Record<number, Decode>> = {
  [RecordType.Timer]: (sink, record) => {
    sink.put('timer', double(record, 40));
    sink.time('due', double(record, 48));
  },
  [RecordType.StrategyState]: (sink, record, state, reason) => {
    sink.put('state', STRATEGY_STATE_TEXT[state] ?? `state ${state}`);
    if (reason !== HaltReason.None) sink.put('reason', haltName(reason));
    const text = recordText(record, RecordType.StrategyState);
    if (text !== '') sink.put('text', text);
  },
  [RecordType.StrategyLog]: (sink, record) => sink.put('text', recordText(record, RecordType.StrategyLog)),
  [RecordType.RiskState]: addRiskState,
  [RecordType.Rescale]: (sink, record) => {
    sink.put('priceFactor', double(record, 40));
    sink.put('qtyFactor', double(record, 48));
  },
};

function double(record: Bytes, offset: number): number {
  return record.f64[(record.at + offset) >> 3];
}

function addIntent(sink: FieldSink, record: Bytes, action: number, side: number): void {
  const { bytes, u32, at } = record;
  sink.put('action', ORDER_ACTION_TEXT[action] ?? `action ${action}`);
  sink.put('side', ORDER_SIDE_TEXT[side] ?? `side ${side}`);
  addClOrdIds(sink, record);
  if (action !== OrderAction.Cancel) {
    sink.qty('qty', double(record, 64));
    addOptionalPrice(sink, 'price', double(record, 72));
  }
  if (action === OrderAction.New) {
    addOptionalPrice(sink, 'stopPrice', double(record, 80));
    if (double(record, 88) !== 0) sink.qty('displayQty', double(record, 88));
    sink.put('ordType', ORD_TYPE_TEXT[bytes[at + 104]] ?? `type ${bytes[at + 104]}`);
    sink.put('timeInForce', TIME_IN_FORCE_TEXT[bytes[at + 105]] ?? `tif ${bytes[at + 105]}`);
    if (double(record, 96) !== 0) sink.time('expire', double(record, 96));
    const flags = u32[(at + 104) >> 2] >>> 16;
    const names = Object.entries(OrderFlag).flatMap(([name, bit]) => ((flags & bit) !== 0 ? [name] : []));
    if (names.length > 0) sink.put('flags', names);
    if (bytes[at + 108] !== PegType.None) {
      sink.put('peg', PEG_NAMES[bytes[at + 108]] ?? `peg ${bytes[at + 108]}`);
      sink.put('pegOffsetTicks', double(record, 128));
    }
    sink.put('account', u32[(at + 108) >> 2] >>> 16);
    if (double(record, 112) !== 0) sink.put('parent', double(record, 112));
    if (double(record, 120) !== 0) {
      sink.put('group', double(record, 120));
      sink.put('groupKind', GROUP_NAMES[bytes[at + 109]] ?? `group ${bytes[at + 109]}`);
    }
  }
  if (double(record, 136) !== 0) sink.put('tag', double(record, 136));
}

function addVerdict(sink: FieldSink, record: Bytes, action: number, lastCheck: number): void {
  const { u32, at } = record;
  const code = u32[(at + 48) >> 2];
  const warned = u32[(at + 52) >> 2];
  sink.put('action', ORDER_ACTION_TEXT[action] ?? `action ${action}`);
  sink.put('verdict', code === 0 ? 'accepted' : rejectName(code));
  sink.put('lastCheck', lastCheck);
  if (code !== 0) sink.put('rejectCode', code);
  if (warned !== 0) sink.put('warned', bitsOf(warned).join('+'));
  addNumber(sink, 'value', double(record, 56));
  addNumber(sink, 'limit', double(record, 64));
}

function addReport(sink: FieldSink, record: Bytes, execType: number, side: number): void {
  const { bytes, u32, at } = record;
  sink.put('execType', EXEC_TYPE_TEXT[execType] ?? `type ${execType}`);
  sink.put('side', ORDER_SIDE_TEXT[side] ?? `side ${side}`);
  addClOrdIds(sink, record);
  if (double(record, 64) !== 0) sink.put('execId', double(record, 64));
  if (double(record, 72) !== 0) {
    sink.qty('lastQty', double(record, 72));
    sink.price('lastPx', double(record, 80));
  }
  sink.qty('cumQty', double(record, 88));
  sink.qty('leavesQty', double(record, 96));
  if (double(record, 104) !== 0) {
    sink.qty('orderQty', double(record, 104));
    addOptionalPrice(sink, 'price', double(record, 112));
  }
  sink.time('venueTime', double(record, 120));
  if (double(record, 128) > 0) sink.qty('queueAhead', double(record, 128));
  const code = u32[(at + 136) >> 2];
  if (code !== 0) {
    sink.put('rejectCode', code);
    sink.put('reject', rejectName(code));
  }
  if (bytes[at + 140] !== 0) sink.put('fillReason', FILL_REASON_TEXT[bytes[at + 140]] ?? `reason ${bytes[at + 140]}`);
  if (bytes[at + 141] !== 0) sink.put('liquidity', LIQUIDITY_TEXT[bytes[at + 141]] ?? `liquidity ${bytes[at + 141]}`);
  if (double(record, 144) !== 0) sink.put('refExecId', double(record, 144));
  if (bytes[at + 6] === RecordType.VenueReport) addCommission(sink, record);
}

/** Of a live venue's report. */
function addCommission(sink: FieldSink, record: Bytes): void {
  const asset = record.bytes[record.at + 160];
  if (asset !== 0) {
    sink.put('commission', double(record, 152) / 1e8);
    sink.put('commissionAsset', ['none', 'base', 'quote', 'other'][asset] ?? `asset ${asset}`);
  }
  sink.put('venue', record.bytes[record.at + 161]);
}

function addState(sink: FieldSink, record: Bytes, status: number, before: number): void {
  const { u32, at } = record;
  sink.put('ordStatus', ORD_STATUS_TEXT[status] ?? `status ${status}`);
  if (before !== status) sink.put('before', ORD_STATUS_TEXT[before] ?? `status ${before}`);
  if (double(record, 48) !== 0) sink.put('clOrdId', double(record, 48));
  sink.qty('qty', double(record, 56));
  addOptionalPrice(sink, 'price', double(record, 64));
  sink.qty('cumQty', double(record, 72));
  sink.qty('leavesQty', double(record, 80));
  const avgPx = double(record, 88);
  if (avgPx > 0) sink.put('avgPxTicks', avgPx);
  const code = u32[(at + 96) >> 2];
  if (code !== 0) {
    sink.put('rejectCode', code);
    sink.put('reject', rejectName(code));
  }
  const outcome = u32[(at + 100) >> 2];
  sink.put('outcome', OMS_OUTCOME_TEXT[outcome] ?? `outcome ${outcome}`);
}

function addFill(sink: FieldSink, record: Bytes, liquidity: number, side: number): void {
  sink.put('side', ORDER_SIDE_TEXT[side] ?? `side ${side}`);
  sink.put('execId', double(record, 48));
  sink.qty('lastQty', double(record, 56));
  sink.price('lastPx', double(record, 64));
  if (liquidity !== 0) sink.put('liquidity', LIQUIDITY_TEXT[liquidity] ?? `liquidity ${liquidity}`);
  sink.qty('position', double(record, 72));
  sink.put('feeUnits', double(record, 80));
  sink.put('realisedUnits', double(record, 88));
  sink.put('realisedSoFarUnits', double(record, 96));
  sink.put('feesSoFarUnits', double(record, 104));
  addNumber(sink, 'avgCostTicks', double(record, 112));
}

function addRiskState(sink: FieldSink, record: Bytes, scope: number, kind: number): void {
  const subject = double(record, 40);
  sink.put('scope', RISK_SCOPE_TEXT[scope] ?? `scope ${scope}`);
  if (scope !== RiskScope.Engine)
    sink.put('subject', scope === RiskScope.Instrument ? sink.symbolOf(subject) : subject);
  sink.put('kind', RISK_STATE_TEXT[kind] ?? `kind ${kind}`);
  addNumber(sink, 'value', double(record, 48));
  addNumber(sink, 'limit', double(record, 56));
  const code = record.u32[(record.at + 64) >> 2];
  if (code !== 0) {
    sink.put('code', code);
    sink.put('limitName', rejectName(code));
  }
}

function addClOrdIds(sink: FieldSink, record: Bytes): void {
  if (double(record, 48) !== 0) sink.put('clOrdId', double(record, 48));
  if (double(record, 56) !== 0) sink.put('origClOrdId', double(record, 56));
}

/** Not there where it is 0 or no number (a market order's price). */
function addOptionalPrice(sink: FieldSink, name: string, ticks: number): void {
  if (ticks !== 0 && !Number.isNaN(ticks)) sink.price(name, ticks);
}

/** JSON has no NaN and no Infinity: these stand as text. */
function addNumber(sink: FieldSink, name: string, value: number): void {
  sink.put(name, Number.isFinite(value) ? value : String(value));
}

/** The numbers of the bits set. */
export function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let bit = 0; bit < 32; bit++) if (((mask >>> bit) & 1) !== 0) bits.push(bit);
  return bits;
}
