/**
 * What the journal says, as it stands: fed record by record, in order, asked by the dashboard's topics. It sees records and
 * nothing else, so that a running engine's ring and a finished log on disk are the same to it. A hole in the sequence numbers
 * is a lapse: what it can't know any more is marked, what the next records state is taken from them.
 */

import { recordText } from '../../audit/trading-text.ts';
import type { EventMemory } from '../../book/books.ts';
import { EventKind, STALE_REASON_TEXT, StaleReason, TradingState } from '../../core/event.ts';
import { isMarketType, RecordType, STOP_REASON_TEXT } from '../../core/record.ts';
import { rejectText } from '../../core/reject-text.ts';
import { getSessionNs, type SessionBase, sessionBaseNs } from '../../core/time.ts';
import type { AlertRow } from '../protocol.ts';
import { Alerts } from './alerts.ts';
import { restoreBooks } from './book-copy.ts';
import type { SavedHistory } from './history.ts';
import { MarketModel, type SavedMarket } from './market.ts';
import { Names } from './names.ts';
import { type SavedStanding, StandingModel } from './standing.ts';
import { type SavedTrading, TradingModel } from './trading.ts';

/** A moment of a log, to go back to. */
export interface Keyframe {
  readonly seq: number;
  readonly nowNs: number;
  readonly firstNs: number;
  readonly ended: string;
  readonly isClosed: boolean;
  readonly commands: number;
  readonly market: SavedMarket;
  readonly trading: SavedTrading;
  readonly standing: SavedStanding;
  readonly alerts: SavedHistory<AlertRow>;
}

/** Told of commands that have come into the journal, and of what became of them. */
export interface CommandWatch {
  journalled(text: string, seq: number): void;
  /** What the engine said of the command that is record `cause`. */
  refused(cause: number, why: string): void;
}

export class Model {
  readonly market = new MarketModel();
  readonly alerts = new Alerts();
  readonly trading: TradingModel;
  readonly standing: StandingModel;
  seq = 0;
  /** The engine's time, session ns. */
  nowNs = 0;
  /** Of the first market event; -1 before it. */
  firstNs = -1;
  ended = '';
  isClosed = false;
  /** Records were missed, and what came from this one on was seen again; 0: never. */
  lapsedSeq = 0;
  lapses = 0;
  commands = 0;
  /** Changes whenever what was told before is worth nothing: everything has to be told anew. */
  epoch = 0;
  watch: CommandWatch | null = null;
  /** Session midnight of the log. */
  base: SessionBase = { hi: 0, lo: 0 };
  private known = new Names('');
  private isConfigured = false;
  private readonly config: Uint8Array[] = [];
  private configBytes = 0;

  constructor() {
    const names = (): Names => this.known;
    this.trading = new TradingModel(this.market, names);
    this.standing = new StandingModel(this.alerts, names);
    this.market.onRescale = (instrument, priceFactor, qtyFactor) => {
      this.trading.rescale(instrument, priceFactor, qtyFactor);
      this.epoch++;
    };
  }

  /** What the run is has been told, or will not be: records with it were missed, or there are none. */
  get isBegun(): boolean {
    return this.isConfigured || this.lapses > 0 || this.ended !== '';
  }

  get names(): Names {
    return this.known;
  }

  get sessionMidnightNs(): bigint {
    return sessionBaseNs(this.base);
  }

  /** What another model over the same log knows of it: for views of other moments. */
  adopt(other: Model): void {
    this.base = other.base;
    this.known = other.known;
  }

  /** The record whose first byte is `at`, a multiple of 8. */
  take(memory: EventMemory, at: number): void {
    const { u32 } = memory;
    const w = at >> 3;
    const type = (u32[w * 2 + 1] >>> 16) & 0xff;
    if (type === RecordType.Pad) return;
    const seq = u32[w * 2 + 3] * 4294967296 + u32[w * 2 + 2];
    if (type === RecordType.LogStart) this.base = { lo: u32[w * 2 + 6], hi: u32[w * 2 + 7] };
    const nowNs = getSessionNs(u32, w * 2 + 4, this.base);
    if (seq !== this.seq + 1) this.missed(seq, nowNs);
    this.seq = seq;
    this.nowNs = nowNs;
    if (type === RecordType.Bbo) {
      this.market.touch(memory, w, nowNs);
      this.trading.passed(nowNs);
    } else if (isMarketType(type)) {
      if (this.firstNs < 0) this.firstNs = nowNs;
      this.market.take(memory, w, type, seq, nowNs);
      if (type >= EventKind.Status) this.notice(memory, w, type);
    } else {
      this.rare(memory, w, type);
    }
  }

  save(): Keyframe {
    const { seq, nowNs, firstNs, ended, isClosed, commands } = this;
    return {
      ...{ seq, nowNs, firstNs, ended, isClosed, commands },
      market: this.market.save(),
      trading: this.trading.save(),
      standing: this.standing.save(),
      alerts: this.alerts.save(),
    };
  }

  load(frame: Keyframe): void {
    this.seq = frame.seq;
    this.nowNs = frame.nowNs;
    this.firstNs = frame.firstNs;
    this.ended = frame.ended;
    this.isClosed = frame.isClosed;
    this.commands = frame.commands;
    this.market.load(frame.market, restoreBooks(frame.market.books));
    this.trading.load(frame.trading);
    this.standing.load(frame.standing);
    this.alerts.load(frame.alerts);
    this.epoch++;
  }

  private missed(seq: number, nowNs: number): void {
    if (this.seq === 0 && seq === 1) return;
    this.lapsedSeq = seq;
    this.lapses++;
    this.epoch++;
    this.market.lapse();
    const count = seq - this.seq - 1;
    const text = `the dashboard missed ${count} records; depth is not whole until the next snapshot of each book`;
    this.alerts.add(seq, nowNs, 'warning', 'dashboard', text);
  }

  private rare(memory: EventMemory, w: number, type: number): void {
    const { trading, standing, seq, nowNs } = this;
    switch (type) {
      case RecordType.OrderIntent:
        trading.intent(memory, w, nowNs);
        break;
      case RecordType.RiskVerdict:
        this.refusal(trading.verdict(memory, w, nowNs), memory, w);
        break;
      case RecordType.OrderState:
        trading.state(memory, w, nowNs);
        break;
      case RecordType.Fill:
        trading.fill(memory, w, seq, nowNs);
        break;
      case RecordType.BookState:
        this.bookState(memory.u32[w * 2 + 7], memory.u32[w * 2 + 6]);
        break;
      case RecordType.RiskState:
        standing.riskState(memory, w, seq, nowNs, this.market.symbol(memory.u32[w * 2 + 7]));
        break;
      case RecordType.StrategyState:
        standing.strategyState(memory, w, seq, nowNs);
        break;
      case RecordType.StrategyLog:
        this.strategyLog(memory, w);
        break;
      case RecordType.RiskFigures:
        standing.figures(memory, w);
        break;
      case RecordType.VenueStanding:
        standing.venueStanding(memory, w, seq, nowNs);
        break;
      default:
        this.ofTheRun(memory, w, type);
    }
    if (type >= RecordType.OrderIntent) trading.passed(nowNs);
  }

  private ofTheRun(memory: EventMemory, w: number, type: number): void {
    const { u32 } = memory;
    if (type === RecordType.LogStart) {
      this.configBytes = u32[w * 2 + 11];
      this.config.length = 0; // a view of another moment may come by here again
    } else if (type === RecordType.Config) {
      this.config.push(memory.bytes.slice(w * 8 + 32, w * 8 + 32 + u32[w * 2 + 7]));
      const bytes = Buffer.concat(this.config);
      if (bytes.length < this.configBytes) return;
      this.known = new Names(bytes.toString('utf8'));
      this.isConfigured = true;
      this.standing.begin();
    } else if (type === RecordType.Command) {
      this.commands++;
      const text = recordText({ ...memory, at: w * 8 }, type);
      this.standing.commanded(text);
      this.watch?.journalled(text, this.seq);
    } else if (type === RecordType.Stop) {
      this.ended = STOP_REASON_TEXT[u32[w * 2 + 6]] ?? 'stopped';
      this.trading.ended(this.nowNs);
      this.alerts.add(
        this.seq,
        this.nowNs,
        this.ended === 'feed error' ? 'error' : 'info',
        'run',
        `the run ended: ${this.ended}`,
      );
    } else if (type === RecordType.End) {
      this.isClosed = true;
    }
  }

  private strategyLog(memory: EventMemory, w: number): void {
    const text = recordText({ ...memory, at: w * 8 }, RecordType.StrategyLog);
    if (!text.startsWith('command refused: ')) return;
    this.watch?.refused(memory.f64[w + 4], text.slice('command refused: '.length));
    this.alerts.add(this.seq, this.nowNs, 'warning', 'command', text);
  }

  private refusal(code: number, memory: EventMemory, w: number): void {
    if (code === 0) return;
    const strategy = this.known.settings.strategyName(memory.u32[w * 2 + 6] & 0xffff);
    const symbol = this.market.symbol(memory.u32[w * 2 + 7]);
    this.alerts.add(this.seq, this.nowNs, 'warning', 'refusal', `${strategy}, ${symbol}: ${rejectText(code)}`);
  }

  private bookState(instrument: number, reason: number): void {
    const before = this.market.standing(instrument, reason, this.nowNs);
    if (before === reason || reason === StaleReason.AwaitingSnapshot) return;
    const symbol = this.market.symbol(instrument);
    if (reason !== StaleReason.None) {
      const why = STALE_REASON_TEXT[reason] ?? `reason ${reason}`;
      this.alerts.add(this.seq, this.nowNs, 'error', 'stale', `${symbol} is stale: ${why}`);
    } else if (before !== StaleReason.AwaitingSnapshot) {
      this.alerts.add(this.seq, this.nowNs, 'info', 'live', `${symbol} is live again`);
    }
  }

  private notice(memory: EventMemory, w: number, type: number): void {
    const { seq, nowNs } = this;
    const symbol = this.market.symbol(memory.u32[w * 2 + 7]);
    const first = memory.f64[w + 6];
    const second = memory.f64[w + 7];
    if (type === EventKind.Gap) {
      this.alerts.add(seq, nowNs, 'warning', 'gap', `${symbol}: expected message ${first}, got ${second}`);
    } else if (type === EventKind.ChecksumFailure) {
      this.alerts.add(seq, nowNs, 'error', 'checksum', `${symbol}: our book's checksum is not the venue's`);
    } else if (type === EventKind.Status && (first === TradingState.Halted || first === TradingState.Paused)) {
      this.alerts.add(seq, nowNs, 'warning', 'halt', `${symbol} is halted by its venue`);
    } else if (type === EventKind.Connection && first === 0) {
      this.alerts.add(seq, nowNs, 'error', 'connection', `connection ${second} is down`);
    }
  }
}
