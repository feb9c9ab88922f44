/** Records as plain objects and as lines of text, for `tapehead log` and for naming a divergence. Off the hot path. */
import { formatFixed } from '../core/decimal.ts';
import { EventFlag, EventKind, Side, STALE_REASON_TEXT, TradingState } from '../core/event.ts';
import { type InstrumentDef, readInstrumentPayload } from '../core/instrument-def.ts';
import { printable } from '../core/printable.ts';
import { BboFlag, isMarketType, RecordType, STOP_REASON_TEXT } from '../core/record.ts';
import { formatEpochNs, formatSessionTime } from '../core/time.ts';
import { addPortfolio, isPortfolioType } from './portfolio-text.ts';
import { recordTypeName } from './record-shape.ts';
import { addTrading, isTradingType, isTradingTypeOfInstrument } from './trading-text.ts';
import { addVenue, isVenueType } from './venue-text.ts';

export type FieldValue = string | number | boolean | readonly string[];

/** `seq`, `time`, `type`, `symbol` where the record concerns one instrument, then the type's own fields in order. */
export interface DecodedRecord {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly [field: string]: FieldValue;
}

/** A record in memory: the reader's flyweight has this shape. `at` is a multiple of 8. */
export interface RecordView {
  readonly bytes: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly at: number;
}

type Unit = 'price' | 'qty' | 'number' | 'char' | 'ascii4' | 'state' | 'stale';
/** Name, word of the event (3 price, 4 qty, 5 orderId, 6 id2), unit. */
type Field = readonly [name: string, word: number, unit: Unit];

const ORDER: Field = ['orderId', 5, 'number'];
const PRICE: Field = ['price', 3, 'price'];
const QTY: Field = ['qty', 4, 'qty'];
const SEQUENCES: readonly Field[] = [
  ['expected', 3, 'number'],
  ['received', 4, 'number'],
];

/** What words 3-6 hold, by kind (core/event.ts). */
const MARKET_FIELDS: Readonly<Record<EventKind, readonly Field[]>> = {
  [EventKind.Instrument]: [],
  [EventKind.Add]: [PRICE, QTY, ORDER],
  [EventKind.Execute]: [QTY, ORDER, ['matchId', 6, 'number'], PRICE],
  [EventKind.Reduce]: [QTY, ORDER, PRICE],
  [EventKind.Delete]: [ORDER, QTY, PRICE],
  [EventKind.Replace]: [ORDER, ['newOrderId', 6, 'number'], PRICE, QTY],
  [EventKind.Clear]: [],
  [EventKind.Level]: [PRICE, QTY, ['orders', 5, 'number']],
  [EventKind.Trade]: [PRICE, QTY, ORDER, ['tradeId', 6, 'number']],
  [EventKind.TradeBreak]: [['tradeId', 6, 'number']],
  [EventKind.VenueBbo]: [
    ['bidPrice', 3, 'price'],
    ['bidQty', 4, 'qty'],
    ['askPrice', 5, 'price'],
    ['askQty', 6, 'qty'],
  ],
  [EventKind.Status]: [
    ['state', 3, 'state'],
    ['reason', 4, 'ascii4'],
  ],
  [EventKind.Session]: [['code', 3, 'char']],
  [EventKind.Auction]: [PRICE, ['pairedQty', 4, 'qty'], ['imbalanceQty', 5, 'qty'], ['nearPrice', 6, 'price']],
  [EventKind.Collar]: [
    ['lowerPrice', 3, 'price'],
    ['referencePrice', 4, 'price'],
    ['upperPrice', 5, 'price'],
    ['extension', 6, 'number'],
  ],
  [EventKind.Notice]: [
    ['code', 3, 'char'],
    ['value1', 4, 'number'],
    ['value2', 5, 'number'],
    ['value3', 6, 'number'],
  ],
  [EventKind.SnapshotBegin]: [],
  [EventKind.SnapshotEnd]: [['sequence', 3, 'number']],
  [EventKind.Gap]: SEQUENCES,
  [EventKind.Duplicate]: SEQUENCES,
  [EventKind.OutOfOrder]: SEQUENCES,
  [EventKind.ChecksumFailure]: [
    ['venueChecksum', 3, 'number'],
    ['ourChecksum', 4, 'number'],
  ],
  [EventKind.Stale]: [['reason', 3, 'stale']],
  [EventKind.Live]: [],
  [EventKind.Connection]: [
    ['up', 3, 'number'],
    ['connection', 4, 'number'],
  ],
};

const FLAG_NAMES = Object.entries(EventFlag);
const BBO_FLAG_NAMES = Object.entries(BboFlag);
const SIDE_NAMES: readonly string[] = ['', 'bid', 'ask'];
const STATE_NAMES: readonly string[] = (() => {
  const names: string[] = [];
  for (const [name, state] of Object.entries(TradingState)) names[state] = name;
  return names;
})();

/** True for records that concern one instrument, whose index then stands in bytes 28-31. */
export function concernsInstrument(type: number): boolean {
  if (type === EventKind.Session || type === EventKind.Connection) return false;
  if (isMarketType(type) || type === RecordType.Bbo || type === RecordType.BookState) return true;
  return isTradingTypeOfInstrument(type) || type === RecordType.RiskExposure;
}

export function readU64(u32: Uint32Array, word: number): bigint {
  return (BigInt(u32[word + 1]) << 32n) | BigInt(u32[word]);
}

export class RecordDecoder {
  /** The session's midnight, ns since the Unix epoch; 0 until the LogStart was seen, and where the day is not known. */
  sessionBaseNs = 0n;
  private readonly instruments: (InstrumentDef | undefined)[] = [];

  /** Learns what later records need: to be called for every record in order, decoded or not. Cheap for most types. */
  observe(record: RecordView): void {
    const type = record.bytes[record.at + 6];
    if (type === EventKind.Instrument) {
      const index = record.u32[(record.at >> 2) + 7];
      this.instruments[index] = readInstrumentPayload(record.bytes, record.at + 48, index);
    } else if (type === RecordType.LogStart) {
      this.sessionBaseNs = readU64(record.u32, (record.at >> 2) + 6);
    }
  }

  /** What `observe` would learn of an Instrument record. */
  define(def: InstrumentDef): void {
    this.instruments[def.instrument] = def;
  }

  /** The instrument's definition as of the records observed. */
  instrument(index: number): InstrumentDef | undefined {
    return this.instruments[index];
  }

  /** ISO 8601, or the time of day where the session has no date. */
  time(epochNs: bigint): string {
    return this.sessionBaseNs === 0n ? formatSessionTime(Number(epochNs)) : formatEpochNs(epochNs);
  }

  decode(record: RecordView): DecodedRecord {
    const word = record.at >> 2;
    const type = record.bytes[record.at + 6];
    const fields: Record<string, FieldValue> & { seq: number; time: string; type: string } = {
      seq: Number(readU64(record.u32, word + 2)),
      time: this.time(readU64(record.u32, word + 4)),
      type: recordTypeName(type),
    };
    const def = concernsInstrument(type) ? this.addInstrument(fields, record.u32[word + 7]) : undefined;
    if (isMarketType(type)) this.addMarket(fields, record, type as EventKind, def);
    else if (isTradingType(type) || isPortfolioType(type) || isVenueType(type))
      this.addTrading(fields, record, type, def);
    else this.addOther(fields, record, type, def);
    return fields;
  }

  private addInstrument(fields: Record<string, FieldValue>, index: number): InstrumentDef | undefined {
    const def = this.instruments[index];
    fields.symbol = def?.symbol ?? `#${index}`;
    fields.instrument = index;
    return def;
  }

  private addMarket(
    fields: Record<string, FieldValue>,
    record: RecordView,
    kind: EventKind,
    def: InstrumentDef | undefined,
  ): void {
    const { u32, f64, bytes, at } = record;
    const head = u32[(at >> 2) + 6];
    const side = (head >>> 8) & 0xff;
    if (side !== Side.None) fields.side = SIDE_NAMES[side] ?? `side ${side}`;
    if (kind === EventKind.Instrument) {
      addDefinition(fields, readInstrumentPayload(bytes, at + 48, u32[(at >> 2) + 7]));
    } else {
      for (const [name, word, unit] of MARKET_FIELDS[kind] ?? []) {
        addField(fields, name, f64[(at >> 3) + 3 + word], unit, def);
      }
    }
    fields.tsRecv = this.time(readU64(u32, (at >> 2) + 8));
    fields.tsEvent = this.time(readU64(u32, (at >> 2) + 10));
    const flags = flagNames(FLAG_NAMES, head >>> 16);
    if (flags.length > 0) fields.flags = flags;
  }

  private addTrading(
    fields: Record<string, FieldValue>,
    record: RecordView,
    type: number,
    def: InstrumentDef | undefined,
  ): void {
    const sink = {
      put: (name: string, value: FieldValue) => {
        fields[name] = value;
      },
      price: (name: string, ticks: number) => addField(fields, name, ticks, 'price', def),
      qty: (name: string, lots: number) => addField(fields, name, lots, 'qty', def),
      time: (name: string, ns: number) => {
        fields[name] = Number.isSafeInteger(ns) ? this.time(this.sessionBaseNs + BigInt(ns)) : String(ns);
      },
      symbolOf: (instrument: number) => this.instruments[instrument]?.symbol ?? `#${instrument}`,
    };
    if (isPortfolioType(type)) addPortfolio(sink, record, type);
    else if (isVenueType(type)) addVenue(sink, record, type);
    else addTrading(sink, record, type);
  }

  private addOther(
    fields: Record<string, FieldValue>,
    record: RecordView,
    type: number,
    def: InstrumentDef | undefined,
  ): void {
    const { u32, f64, bytes, at } = record;
    const word = at >> 2;
    const double = (offset: number): number => f64[(at + offset) >> 3];
    switch (type) {
      case RecordType.LogStart:
        fields.sessionBase = this.time(readU64(u32, word + 6));
        fields.seed = double(32);
        fields.formatVersion = u32[word + 10];
        fields.configBytes = u32[word + 11];
        break;
      case RecordType.Config:
        fields.offset = u32[word + 6];
        fields.text = new TextDecoder().decode(bytes.slice(at + 32, at + 32 + u32[word + 7]));
        break;
      case RecordType.Stop:
        fields.reason = STOP_REASON_TEXT[u32[word + 6]] ?? `reason ${u32[word + 6]}`;
        fields.events = double(32);
        break;
      case RecordType.Bbo: {
        addField(fields, 'bidPrice', double(32), 'price', def);
        addField(fields, 'bidQty', double(40), 'qty', def);
        addField(fields, 'askPrice', double(48), 'price', def);
        addField(fields, 'askQty', double(56), 'qty', def);
        const flags = flagNames(BBO_FLAG_NAMES, u32[word + 6] & 0xffff);
        if (flags.length > 0) fields.flags = flags;
        break;
      }
      case RecordType.BookState:
        addField(fields, 'standing', u32[word + 6], 'stale', def);
        break;
      case RecordType.Checkpoint:
        fields.levelsHash = hashHex(u32, word + 6);
        fields.inputs = double(32);
        fields.liveOrders = double(40);
        break;
      case RecordType.End:
        fields.stateHash = hashHex(u32, word + 6);
        fields.events = double(32);
        fields.instruments = double(40);
        fields.gaps = double(48);
        fields.checksumFailures = double(56);
        break;
    }
  }
}

function addDefinition(fields: Record<string, FieldValue>, def: InstrumentDef): void {
  fields.symbol = def.symbol;
  fields.bookKind = `L${def.bookKind}`;
  fields.priceDecimals = def.priceDecimals;
  fields.qtyDecimals = def.qtyDecimals;
}

/** Prices and quantities twice where the instrument is known: as integers of its units, and as decimals. */
function addField(
  fields: Record<string, FieldValue>,
  name: string,
  value: number,
  unit: Unit,
  def: InstrumentDef | undefined,
): void {
  switch (unit) {
    case 'price':
      fields[`${name}Ticks`] = value;
      if (def !== undefined) fields[name] = formatFixed(value, def.priceDecimals);
      break;
    case 'qty':
      fields[`${name}Lots`] = value;
      if (def !== undefined) fields[name] = formatFixed(value, def.qtyDecimals);
      break;
    case 'char':
      fields[name] = value > 32 && value < 127 ? String.fromCharCode(value) : value;
      break;
    case 'ascii4':
      fields[name] = asciiOf(value);
      break;
    case 'state':
      fields[name] = STATE_NAMES[value] ?? value;
      break;
    case 'stale':
      fields[name] = STALE_REASON_TEXT[value] ?? value;
      break;
    default:
      fields[name] = value;
  }
}

/** Up to four ASCII characters of a big-endian u32. */
function asciiOf(value: number): string {
  let text = '';
  for (let shift = 24; shift >= 0; shift -= 8) {
    const code = (value >>> shift) & 0xff;
    if (code > 31 && code < 127) text += String.fromCharCode(code);
  }
  return text.trim();
}

function flagNames(names: readonly (readonly [string, number])[], flags: number): string[] {
  const set: string[] = [];
  for (const [name, bit] of names) if ((flags & bit) !== 0) set.push(name);
  return set;
}

/** As Fnv64.hex() prints it: the high word stands second. */
function hashHex(u32: Uint32Array, word: number): string {
  return u32[word + 1].toString(16).padStart(8, '0') + u32[word].toString(16).padStart(8, '0');
}

/** One line: seq, time, type, symbol, then `name value`, prices and quantities as `price 187.3200 (1873200)`. */
export function recordLine(record: DecodedRecord): string {
  const { seq, time, type, symbol, instrument: _, ...fields } = record;
  let line = `${String(seq).padStart(9)}  ${time}  ${type.padEnd(13)}`;
  if (symbol !== undefined) line += ` ${String(symbol).padEnd(8)}`;
  for (const [name, value] of Object.entries(fields)) {
    const whole = wholeUnitsName(name);
    if (whole !== null && fields[whole] !== undefined) continue; // printed with its decimal
    if ((name === 'tsRecv' || name === 'tsEvent') && value === time) continue;
    const units = fields[`${name}Ticks`] ?? fields[`${name}Lots`];
    const text = printable(Array.isArray(value) ? value.join('+') : String(value));
    line += name === 'side' ? ` ${text}` : ` ${name} ${text}`;
    if (units !== undefined && String(units) !== text) line += ` (${units})`;
  }
  return line.trimEnd();
}

function wholeUnitsName(name: string): string | null {
  if (name.endsWith('Ticks')) return name.slice(0, -5);
  return name.endsWith('Lots') ? name.slice(0, -4) : null;
}
