/**
 * Logs of trading made by hand: records written through journal ring and log writer, and kept as plain objects beside,
 * so that a test can work out from the same list what a report of the log must say.
 */

import type { LogWriter } from '../../src/audit/log-writer.ts';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { EventFlag, EventKind, eventHead } from '../../src/core/event.ts';
import { type InstrumentDef, writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import * as R from '../../src/core/record.ts';
import { putEpochNs, type SessionBase, sessionBase } from '../../src/core/time.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';

const { RecordType } = R;
export const MIDNIGHT_NS = 1_767_312_000_000_000_000n; // 2026-01-02

/** A record as written: its type, time and the fields that were given. */
export interface Written {
  readonly seq: number;
  readonly type: number;
  readonly ns: number;
  readonly fields: Readonly<Record<string, number | string>>;
}

export interface Head {
  readonly strategy?: number;
  readonly instrument?: number;
  readonly cause?: number;
}

export interface OrderHead extends Head {
  readonly orderId: number;
}

type Values = Readonly<Record<string, number>>;

const INTENT = ['clOrdId', 'origClOrdId', 'qty', 'price', 'stopPrice', 'displayQty', 'expireNs'] as const;
const REPORT = [
  'clOrdId',
  'origClOrdId',
  'execId',
  'lastQty',
  'lastPx',
  'cumQty',
  'leavesQty',
  'orderQty',
  'price',
  'venueNs',
  'queueAhead',
] as const;
const STATE = ['clOrdId', 'qty', 'price', 'cumQty', 'leavesQty', 'avgPx'] as const;
const FILL = [
  'execId',
  'lastQty',
  'lastPx',
  'position',
  'fee',
  'realised',
  'realisedSoFar',
  'feesSoFar',
  'avgCost',
] as const;

export class TradingTape {
  readonly written: Written[] = [];
  /** Session ns of the records that follow. */
  ns = 0;
  private readonly base: SessionBase;
  private readonly journal: JournalWriter;
  private readonly writer: LogWriter;

  /** Begins a log in `directory` with this configuration. */
  constructor(directory: string, config: unknown = {}, midnightNs = MIDNIGHT_NS) {
    this.base = sessionBase(midnightNs);
    const shared = createJournal(1 << 16, 1);
    this.journal = new JournalWriter(shared);
    this.writer = openLogForRun(directory, { shared, reader: 0 }, { sync: false }).writer;
    this.journal.onFull = () => this.writer.doWork();
    this.start(typeof config === 'string' ? config : JSON.stringify(config));
  }

  get seq(): number {
    return this.journal.seq;
  }

  instrument(def: InstrumentDef): number {
    const w = this.market(EventKind.Instrument, def.instrument, {});
    writeInstrumentPayload(this.journal.bytes, w * 8 + 48, def);
    return this.note(EventKind.Instrument, { ...def });
  }

  /** A trade of the market; any event would do as a cause. */
  trade(instrument: number, price: number, qty: number, side = 1, delayNs = 1000): number {
    const w = this.market(EventKind.Trade, instrument, { side, delayNs });
    this.journal.f64[w + 6] = price;
    this.journal.f64[w + 7] = qty;
    return this.note(EventKind.Trade, { instrument, price, qty, delayNs });
  }

  bbo(instrument: number, bid: number, bidQty: number, ask: number, askQty: number): number {
    const w = this.claim(RecordType.Bbo, R.BBO_RECORD_BYTES);
    this.journal.u32[w * 2 + 7] = instrument;
    this.journal.f64.set([bid, bidQty, ask, askQty], w + 4);
    return this.note(RecordType.Bbo, { instrument, bid, bidQty, ask, askQty });
  }

  clock(): number {
    this.claim(RecordType.Clock, R.CLOCK_RECORD_BYTES);
    return this.note(RecordType.Clock, {});
  }

  intent(action: number, side: number, head: OrderHead, values: Values): number {
    const w = this.order(RecordType.OrderIntent, R.ORDER_INTENT_RECORD_BYTES, action, side, head, INTENT, values);
    const { u32, f64 } = this.journal;
    const { type = 1, timeInForce = 1, flags = 0, peg = 0, groupKind = 0, account = 0 } = values;
    u32[w * 2 + 26] = type | (timeInForce << 8) | (flags << 16);
    u32[w * 2 + 27] = peg | (groupKind << 8) | (account << 16);
    f64.set([values.parent ?? 0, values.group ?? 0, values.pegOffset ?? 0, values.tag ?? 0], w + 14);
    return this.note(RecordType.OrderIntent, { action, side, ...head, ...values });
  }

  verdict(action: number, lastCheck: number, head: OrderHead, values: Values = {}): number {
    const w = this.order(RecordType.RiskVerdict, R.RISK_VERDICT_RECORD_BYTES, action, lastCheck, head, [], values);
    this.journal.u32[w * 2 + 12] = values.code ?? 0;
    this.journal.u32[w * 2 + 13] = values.warned ?? 0;
    this.journal.f64[w + 7] = values.value ?? 0;
    this.journal.f64[w + 8] = values.limit ?? 0;
    return this.note(RecordType.RiskVerdict, { action, lastCheck, ...head, ...values });
  }

  report(
    execType: number,
    side: number,
    head: OrderHead,
    values: Values,
    type: number = RecordType.ExecReport,
  ): number {
    const isLive = type === RecordType.VenueReport;
    const length = isLive ? R.VENUE_REPORT_RECORD_BYTES : R.EXEC_REPORT_RECORD_BYTES;
    const w = this.order(type, length, execType, side, head, REPORT, values);
    const { u32, f64 } = this.journal;
    u32[w * 2 + 34] = values.code ?? 0;
    u32[w * 2 + 35] = (values.reason ?? 0) | ((values.liquidity ?? 0) << 8);
    f64[w + 18] = values.refExecId ?? 0;
    if (isLive) f64.fill(0, w + 19, w + 22);
    return this.note(type, { execType, side, ...head, ...values });
  }

  state(status: number, before: number, head: OrderHead, values: Values): number {
    const w = this.order(RecordType.OrderState, R.ORDER_STATE_RECORD_BYTES, status, before, head, STATE, values);
    this.journal.u32[w * 2 + 24] = values.code ?? 0;
    this.journal.u32[w * 2 + 25] = values.outcome ?? 0;
    return this.note(RecordType.OrderState, { status, before, ...head, ...values });
  }

  fill(liquidity: number, side: number, head: OrderHead, values: Values): number {
    this.order(RecordType.Fill, R.FILL_RECORD_BYTES, liquidity, side, head, FILL, values);
    return this.note(RecordType.Fill, { liquidity, side, ...head, ...values });
  }

  timer(timerId: number, dueNs: number, head: Head): number {
    const w = this.trading(RecordType.Timer, R.TIMER_RECORD_BYTES, 0, 0, head);
    this.journal.f64[w + 5] = timerId;
    this.journal.f64[w + 6] = dueNs;
    return this.note(RecordType.Timer, { ...head, timerId, dueNs });
  }

  strategyState(state: number, reason: number, text: string, head: Head): number {
    this.words(RecordType.StrategyState, state, reason, text, head);
    return this.note(RecordType.StrategyState, { ...head, state, reason, text });
  }

  strategyLog(text: string, head: Head): number {
    this.words(RecordType.StrategyLog, 0, 0, text, head);
    return this.note(RecordType.StrategyLog, { ...head, text });
  }

  riskState(scope: number, kind: number, head: Head, values: Values): number {
    const w = this.trading(RecordType.RiskState, R.RISK_STATE_RECORD_BYTES, scope, kind, head);
    this.journal.f64.set([values.subject ?? 0, values.value ?? 0, values.limit ?? 0], w + 5);
    this.journal.u32[w * 2 + 16] = values.code ?? 0;
    return this.note(RecordType.RiskState, { scope, kind, ...head, ...values });
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number, cause: number): number {
    const w = this.trading(RecordType.Rescale, R.RESCALE_RECORD_BYTES, 0, 0, { instrument, cause });
    this.journal.f64[w + 5] = priceFactor;
    this.journal.f64[w + 6] = qtyFactor;
    return this.note(RecordType.Rescale, { instrument, cause, priceFactor, qtyFactor });
  }

  command(kind: number, text: string): number {
    const bytes = Buffer.from(text);
    const w = this.claim(RecordType.Command, 32 + Math.ceil(bytes.length / 8) * 8);
    this.journal.u32[w * 2 + 6] = kind;
    this.journal.u32[w * 2 + 7] = bytes.length;
    this.journal.bytes.set(bytes, w * 8 + 32);
    return this.note(RecordType.Command, { kind, text });
  }

  /** Stop and End; the log is closed. */
  close(): void {
    this.claim(RecordType.Stop, 40);
    this.note(RecordType.Stop, {});
    this.claim(RecordType.End, 64);
    this.note(RecordType.End, {});
    this.journal.close();
    this.writer.run();
  }

  /** As a run that was killed: what was written so far, no End. */
  leaveOpen(): void {
    this.journal.close();
    this.writer.run();
  }

  private start(config: string): void {
    const bytes = Buffer.from(config);
    const w = this.claim(RecordType.LogStart, 48);
    putEpochNs(this.journal.u32, w * 2 + 6, 0, this.base);
    this.journal.f64[w + 4] = 1;
    this.journal.u32[w * 2 + 10] = 1;
    this.journal.u32[w * 2 + 11] = bytes.length;
    this.note(RecordType.LogStart, {});
    for (let offset = 0; offset < bytes.length; offset += 128) {
      const part = bytes.subarray(offset, offset + 128);
      const r = this.claim(RecordType.Config, 32 + Math.ceil(part.length / 8) * 8);
      this.journal.u32[r * 2 + 6] = offset;
      this.journal.u32[r * 2 + 7] = part.length;
      this.journal.bytes.set(part, r * 8 + 32);
      this.note(RecordType.Config, {});
    }
  }

  private note(type: number, fields: Readonly<Record<string, number | string>>): number {
    this.written.push({ seq: this.seq, type, ns: this.ns, fields });
    return this.seq;
  }

  private claim(type: number, length: number): number {
    const w = this.journal.claim(type, length);
    putEpochNs(this.journal.u32, w * 2 + 4, this.ns, this.base);
    this.journal.f64.fill(0, w + 3, w + length / 8);
    return w;
  }

  private market(kind: EventKind, instrument: number, { side = 0, delayNs = 1000 }): number {
    const w = this.claim(kind, R.MARKET_RECORD_BYTES);
    this.journal.u32[w * 2 + 6] = eventHead(kind, side, EventFlag.Last);
    this.journal.u32[w * 2 + 7] = instrument;
    putEpochNs(this.journal.u32, w * 2 + 8, this.ns, this.base);
    putEpochNs(this.journal.u32, w * 2 + 10, this.ns - delayNs, this.base);
    return w;
  }

  private trading(type: number, length: number, a: number, b: number, head: Head): number {
    const w = this.claim(type, length);
    this.journal.u32[w * 2 + 6] = (head.strategy ?? 0) | (a << 16) | (b << 24);
    this.journal.u32[w * 2 + 7] = head.instrument ?? 0;
    this.journal.f64[w + 4] = head.cause ?? 0;
    return w;
  }

  /** An order's record: the values named, one 8-byte word each from byte 48 on. */
  private order(
    type: number,
    length: number,
    a: number,
    b: number,
    head: OrderHead,
    names: readonly string[],
    values: Values,
  ): number {
    const w = this.trading(type, length, a, b, head);
    this.journal.f64[w + 5] = head.orderId;
    for (const [i, name] of names.entries()) this.journal.f64[w + 6 + i] = values[name] ?? 0;
    return w;
  }

  private words(type: number, a: number, b: number, text: string, head: Head): void {
    const bytes = Buffer.from(text);
    const w = this.trading(type, 48 + Math.ceil(bytes.length / 8) * 8, a, b, head);
    this.journal.u32[w * 2 + 10] = bytes.length;
    this.journal.bytes.set(bytes, w * 8 + 48);
  }
}
