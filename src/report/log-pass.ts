/** One pass over a finished log: everything a report needs, accumulated in columns. No object per record of the market. */
import { LogReader, type LogReaderOptions } from '../audit/log-reader.ts';
import { recordText } from '../audit/trading-text.ts';
import { TapeheadError } from '../core/errors.ts';
import { EventKind } from '../core/event.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import { isMarketType, RecordType } from '../core/record.ts';
import { getSessionNs, type SessionBase, sessionBaseNs } from '../core/time.ts';
import { Column } from './columns.ts';
import { type FillFacts, Position } from './ledger.ts';
import { LogSettings } from './log-settings.ts';
import { MarketState } from './market-state.ts';
import { Marks } from './marks.ts';
import { OrderFlow } from './order-flow.ts';

/** Between marks, unless something was filled. */
const DEFAULT_MARK_EVERY_NS = 100e6;
/** Words of strategies and risk that are kept one by one; the rest is counted. */
const MAX_NOTES = 1000;

export interface StrategyNote {
  readonly seq: number;
  readonly timeNs: number;
  readonly strategy: number;
  readonly state: number;
  readonly reason: number;
  readonly text: string;
}

export interface RiskNote {
  readonly scope: number;
  readonly kind: number;
  readonly subject: number;
  readonly code: number;
  readonly firstNs: number;
  lastNs: number;
  count: number;
  /** Of the last one. */
  value: number;
  limit: number;
}

export interface LogPassOptions extends LogReaderOptions {
  readonly markEveryNs?: number;
}

export class LogPass {
  readonly market = new MarketState();
  readonly flow: OrderFlow;
  readonly positions: Position[] = [];
  readonly marks: Marks;
  sessionMidnightNs = 0n;
  records = 0;
  /** The log ends with an End record. */
  isClosed = false;
  /** Time of the first market event and of the last record; -1 without. */
  firstNs = -1;
  lastNs = -1;
  /** Time of the first order; -1. */
  startNs = -1;
  readonly riskNotes = new Map<string, RiskNote>();
  readonly strategyNotes: StrategyNote[] = [];
  strategyNotesLeftOut = 0;
  strategyLogLines = 0;
  commands = 0;
  /** At the venue -> received, of the market events that orders were sent for. */
  readonly feedNs = new Column();
  private readonly reader: LogReader;
  private readonly byKey = new Map<number, Position>();
  private readonly midOf = (instrument: number): number => this.market.mid(instrument);
  private base: SessionBase = { hi: 0, lo: 0 };
  private readonly config: Uint8Array[] = [];
  private parsed: LogSettings | null = null;
  private nowNs = 0;
  /** The last market event: what an order may have been sent for. */
  private eventSeq = 0;
  private eventDelayNs = 0;

  private constructor(directory: string, options: LogPassOptions) {
    this.marks = new Marks(options.markEveryNs ?? DEFAULT_MARK_EVERY_NS);
    this.reader = new LogReader(directory, options);
    this.flow = new OrderFlow(this.reader);
  }

  /** Reads the log in `directory` to its end. Throws TapeheadError for what is no log or a damaged one. */
  static over(directory: string, options: LogPassOptions = {}): LogPass {
    const pass = new LogPass(directory, options);
    try {
      pass.run();
    } finally {
      pass.reader.close();
    }
    return pass;
  }

  /** From the configuration in the log: it stands before everything else. */
  get settings(): LogSettings {
    this.parsed ??= new LogSettings(Buffer.concat(this.config).toString('utf8'));
    return this.parsed;
  }

  private run(): void {
    const { reader } = this;
    while (reader.next()) {
      const { type } = reader;
      if (type === RecordType.Bbo) this.onBbo();
      else if (isMarketType(type)) this.onMarket(type);
      else if (type > RecordType.End) this.onTrading(type);
      else this.onOther(type);
    }
    this.records = reader.seq;
    if (this.startNs >= 0) {
      for (const position of this.positions) position.holdUntil(this.lastNs);
      this.mark(this.lastNs);
    }
    this.positions.sort((a, b) => a.strategy - b.strategy || a.instrument - b.instrument);
  }

  private onBbo(): void {
    const { reader } = this;
    this.market.touch(reader.u32[(reader.at >> 2) + 7], reader.f64, reader.at >> 3);
    if (this.startNs < 0) return;
    const nowNs = this.readTime();
    if (this.marks.isDue(nowNs)) this.mark(nowNs);
  }

  private onMarket(type: number): void {
    const { reader } = this;
    if (this.firstNs < 0) this.firstNs = this.readTime();
    this.eventSeq = reader.seq;
    const word = reader.at >> 2;
    this.eventDelayNs =
      (reader.u32[word + 9] - reader.u32[word + 11]) * 4294967296 + (reader.u32[word + 8] - reader.u32[word + 10]);
    if (type === EventKind.Instrument) this.define(reader.u32[word + 7]);
  }

  private define(instrument: number): void {
    if (instrument >= MAX_INSTRUMENTS) {
      const limit = `${MAX_INSTRUMENTS - 1} is the last`;
      throw new TapeheadError('LOG_DAMAGED', `record ${this.reader.seq} defines instrument ${instrument}: ${limit}`);
    }
    const before = this.market.defs[instrument];
    const def = this.market.define(this.reader.bytes, this.reader.at, instrument);
    if (before === undefined) return;
    const priceSteps = def.priceDecimals - before.priceDecimals;
    const qtySteps = def.qtyDecimals - before.qtyDecimals;
    if (priceSteps === 0 && qtySteps === 0) return;
    const isTraded = this.marks.isFollowed(instrument);
    if (isTraded && (priceSteps < 0 || qtySteps < 0)) {
      const what = `redefines ${def.symbol} with fewer decimals while it is traded`;
      throw new TapeheadError('LOG_DAMAGED', `record ${this.reader.seq} ${what}`);
    }
    const priceFactor = 10 ** priceSteps;
    const qtyFactor = 10 ** qtySteps;
    this.market.rescale(instrument, priceFactor);
    if (!isTraded) return;
    this.flow.orders.rescale(instrument, priceFactor, qtyFactor);
    this.flow.fills.rescale(instrument, priceFactor, qtyFactor);
    for (const one of this.positions) {
      if (one.instrument === instrument) one.rescale(priceFactor, qtyFactor, def.priceDecimals, def.qtyDecimals);
    }
  }

  private onOther(type: number): void {
    const { reader } = this;
    const word = reader.at >> 2;
    if (type === RecordType.LogStart) {
      this.base = { lo: reader.u32[word + 6], hi: reader.u32[word + 7] };
      this.sessionMidnightNs = sessionBaseNs(this.base);
    } else if (type === RecordType.Config) {
      const bytes = reader.bytes.slice(reader.at + 32, reader.at + 32 + reader.u32[word + 7]);
      this.config.push(bytes);
    } else if (type === RecordType.VenueReport) {
      this.flow.onReport(this.readTime());
    } else if (type === RecordType.Command) {
      this.commands++;
    } else if (type === RecordType.Stop || type === RecordType.End) {
      this.readTime();
      this.isClosed = type === RecordType.End;
    }
  }

  private onTrading(type: number): void {
    const { flow } = this;
    const nowNs = this.readTime();
    if (type === RecordType.OrderIntent) this.onIntent(nowNs);
    else if (type === RecordType.RiskVerdict) flow.onVerdict(nowNs);
    else if (type === RecordType.ExecReport) flow.onReport(nowNs);
    else if (type === RecordType.OrderState) flow.onState(nowNs);
    else if (type === RecordType.Fill) this.onFill(flow.onFill(nowNs));
    else if (type === RecordType.StrategyState) this.onStrategyState();
    else if (type === RecordType.RiskState) this.onRiskState();
    else if (type === RecordType.StrategyLog) this.strategyLogLines++;
  }

  private onIntent(nowNs: number): void {
    if (this.startNs < 0) {
      this.startNs = nowNs;
      this.mark(nowNs);
    }
    if (this.double(32) === this.eventSeq) this.feedNs.push(this.eventDelayNs);
    if (!this.marks.isFollowed(this.instrument)) this.marks.follow(this.instrument);
    this.flow.onIntent(nowNs);
  }

  private onFill(fill: FillFacts): void {
    this.position(this.strategy, this.instrument).apply(fill);
    this.mark(fill.nowNs);
  }

  /** The current record's time. */
  private readTime(): number {
    const { reader } = this;
    this.nowNs = getSessionNs(reader.u32, (reader.at >> 2) + 4, this.base);
    this.lastNs = this.nowNs;
    return this.nowNs;
  }

  private double(offset: number): number {
    return this.reader.f64[(this.reader.at + offset) >> 3];
  }

  private get strategy(): number {
    return this.reader.u32[(this.reader.at >> 2) + 6] & 0xffff;
  }

  private get instrument(): number {
    return this.reader.u32[(this.reader.at >> 2) + 7];
  }

  private position(strategy: number, instrument: number): Position {
    const key = strategy * MAX_INSTRUMENTS + instrument;
    let position = this.byKey.get(key);
    if (position === undefined) {
      const def = this.market.defs[instrument];
      if (def === undefined || this.startNs < 0) {
        const what =
          def === undefined ? `instrument ${instrument}, which was never defined` : 'an order that was never sent';
        throw new TapeheadError('LOG_DAMAGED', `record ${this.reader.seq} is a fill of ${what}`);
      }
      position = new Position(strategy, def, this.settings, this.startNs);
      this.byKey.set(key, position);
      this.positions.push(position);
      this.marks.include(position, this.settings.baseCurrency);
    }
    return position;
  }

  private mark(nowNs: number): void {
    for (const position of this.positions) position.mark(this.market.midTwice(position.instrument));
    this.marks.mark(nowNs, this.midOf);
  }

  private onStrategyState(): void {
    const { reader, strategyNotes } = this;
    if (strategyNotes.length === MAX_NOTES) {
      this.strategyNotesLeftOut++;
      return;
    }
    strategyNotes.push({
      seq: reader.seq,
      timeNs: this.nowNs,
      strategy: this.strategy,
      state: reader.bytes[reader.at + 26],
      reason: reader.bytes[reader.at + 27],
      text: recordText(reader, RecordType.StrategyState),
    });
  }

  private onRiskState(): void {
    const { reader, riskNotes, nowNs } = this;
    const scope = reader.bytes[reader.at + 26];
    const kind = reader.bytes[reader.at + 27];
    const subject = this.double(40);
    const code = reader.u32[(reader.at + 64) >> 2];
    const key = `${scope} ${kind} ${subject} ${code}`;
    let note = riskNotes.get(key);
    if (note === undefined) {
      note = { scope, kind, subject, code, firstNs: nowNs, lastNs: nowNs, count: 0, value: 0, limit: 0 };
      riskNotes.set(key, note);
    }
    note.count++;
    note.lastNs = nowNs;
    note.value = this.double(48);
    note.limit = this.double(56);
  }
}
