/**
 * What is looked at rather than told: latencies, counters, rings, the log's watermark, how each instrument's feed does. Read at
 * most every so often, however many ask. `nowMs` is a monotonic clock.
 */
import { Counter, STAGE_NAMES, type Telemetry } from '../../core/counters.ts';
import type { JournalShared } from '../../ring/journal.ts';
import { journalUse, spscUse } from '../../ring/ring-use.ts';
import type { SpscShared } from '../../ring/spsc.ts';
import type { CounterRow, FeedRow, LatencyRow, LimitRow, LogPayload, RingRow } from '../protocol.ts';
import { latencyRow } from './hdr.ts';
import { headHash } from './head-hash.ts';
import { COLUMNS, Col, type MarketModel } from './market.ts';
import type { Model } from './model.ts';
import { Table } from './table.ts';

const QUICK_MS = 200;
const SLOW_MS = 1000;
/** Instruments whose age is told again every second although nothing came; with more of them, every ten. */
const FEW_INSTRUMENTS = 200;
/** Name of the row that is all instruments together. */
export const WHOLE_FEED = 'feed';

/** How far a limit is used, as the engine answers it (risk/limit-use.ts). */
export interface LimitUseRow {
  readonly limit: string;
  readonly scope: string;
  readonly use: number;
  readonly max: number;
}

/** A counter of the dashboard's own. */
export type OwnCounters = () => readonly (readonly [name: string, value: number])[];

export interface GaugeSources {
  /** Of a running engine; null of a finished log. */
  readonly telemetry: Telemetry | null;
  readonly journal: JournalShared | null;
  /** Names of the journal's readers, by number. */
  readonly journalReaders: readonly string[];
  readonly feedRing: SpscShared | null;
  readonly logDirectory: string;
}

const COUNTER_NAMES: readonly (readonly [string, number])[] = [
  ['bytes read', Counter.BytesRead],
  ['messages', Counter.Messages],
  ['events', Counter.Events],
  ['records', Counter.Records],
  ['durable seq', Counter.DurableSeq],
  ['log bytes', Counter.LogBytes],
  ['commits', Counter.Commits],
];

export class Gauges {
  readonly latency = new Table<string, LatencyRow>();
  readonly counters = new Table<string, CounterRow>();
  readonly rings = new Table<string, RingRow>();
  readonly feed = new Table<string, FeedRow>();
  readonly limits = new Table<string, LimitRow>();
  ownCounters: OwnCounters = () => [];
  private readonly sources: GaugeSources;
  private readonly due = new Map<string, number>();
  private readonly counted = new Map<string, { value: number; ms: number; perSecond: number }>();
  private head = '';
  private feedVersion = 0;
  /** Whether the rows of the feed were last told of a run that has ended. */
  private isEnded = false;
  private eventsSeen = -1;
  private eventMs = 0;
  private perSecond = new Float64Array(0);
  private before = new Float64Array(0);
  private rateMs = Number.NEGATIVE_INFINITY;

  constructor(sources: GaugeSources) {
    this.sources = sources;
  }

  get isRunning(): boolean {
    return this.sources.telemetry !== null;
  }

  refreshLatency(nowMs: number): void {
    const { telemetry } = this.sources;
    if (telemetry === null || !this.isDue('latency', nowMs, SLOW_MS)) return;
    for (const [i, stage] of STAGE_NAMES.entries()) {
      const histogram = telemetry.stages[i];
      const { count } = histogram;
      if (count === 0 || this.latency.get(stage)?.[1] === count) continue;
      this.latency.set(stage, latencyRow(stage, histogram));
    }
  }

  refreshCounters(model: Model, nowMs: number): void {
    if (!this.isDue('counters', nowMs, QUICK_MS)) return;
    const { telemetry } = this.sources;
    for (const [name, at] of COUNTER_NAMES) if (telemetry !== null) this.count(name, telemetry.counters[at], nowMs);
    const { trading, market } = model;
    this.count('journal seq', model.seq, nowMs);
    this.count('market events', market.events, nowMs);
    this.count('order requests', trading.intents, nowMs);
    this.count('orders refused', trading.refusals, nowMs);
    this.count('fills', trading.fills.total, nowMs);
    this.count('commands', model.commands, nowMs);
    this.count('dashboard lapses', model.lapses, nowMs);
    for (const [name, value] of this.ownCounters()) this.count(name, value, nowMs);
  }

  refreshRings(nowMs: number): void {
    const { journal, journalReaders, feedRing } = this.sources;
    if (!this.isDue('rings', nowMs, QUICK_MS)) return;
    const set = (name: string, capacity: number, used: number, unit: string): void => {
      if (this.rings.get(name)?.[2] !== used) this.rings.set(name, [name, capacity, used, unit]);
    };
    if (feedRing !== null) set('feed → engine', feedRing.capacity, spscUse(feedRing), 'events');
    if (journal === null) return;
    for (let reader = 0; reader < journal.readers; reader++) {
      const used = journalUse(journal, reader);
      if (used >= 0) set(`journal → ${journalReaders[reader] ?? reader}`, journal.words * 8, used, 'bytes');
    }
  }

  log(model: Model, nowMs: number): LogPayload {
    const { telemetry, logDirectory } = this.sources;
    if (this.isDue('head', nowMs, SLOW_MS) && (telemetry !== null || this.head === ''))
      this.head = headHash(logDirectory);
    const counter = (at: number): number => telemetry?.counters[at] ?? 0;
    const shared = { directory: logDirectory, headHash: this.head, isClosed: model.isClosed };
    if (telemetry === null) return { ...shared, durableSeq: model.seq, records: model.seq, bytes: 0, commits: 0 };
    return {
      ...shared,
      durableSeq: counter(Counter.DurableSeq),
      records: counter(Counter.Records),
      bytes: counter(Counter.LogBytes),
      commits: counter(Counter.Commits),
    };
  }

  /** What the engine answered. */
  takeLimits(uses: readonly LimitUseRow[], warnShare: number): void {
    for (const { limit, scope, use, max } of uses) {
      const name = `${limit} ${scope}`;
      const before = this.limits.get(name);
      if (before !== undefined && Object.is(before[1], use) && before[2] === max) continue;
      const share = max === 0 ? (use > 0 ? Number.POSITIVE_INFINITY : 0) : Math.max(0, use / max);
      this.limits.set(name, [name, use, max, share, warnShare]);
    }
  }

  /** ms since the last market event came: by the wall clock while the run is on, else 0. */
  silentMs(model: Model, nowMs: number): number {
    if (model.market.events !== this.eventsSeen) {
      this.eventsSeen = model.market.events;
      this.eventMs = nowMs;
    }
    return this.isRunning && model.ended === '' ? nowMs - this.eventMs : 0;
  }

  refreshFeed(model: Model, nowMs: number): void {
    const silentMs = this.silentMs(model, nowMs);
    if (!this.isDue('feed', nowMs, QUICK_MS)) return;
    const { market } = model;
    this.measureRates(model, nowMs);
    const every = market.count <= FEW_INSTRUMENTS ? SLOW_MS : 10 * SLOW_MS;
    const isTurned = this.isEnded !== (model.ended !== '');
    this.isEnded = model.ended !== '';
    const all = this.isDue('feed ages', nowMs, every) || isTurned;
    const since = this.feedVersion;
    this.feedVersion = market.feedVersion;
    const totals = [0, 0, 0, 0, 0];
    let perSecond = 0;
    let isAnyLive = false;
    for (let i = 0; i < market.count; i++) {
      if (market.def(i) === undefined) continue;
      const row = this.feedRow(model, i, silentMs);
      for (let k = 0; k < totals.length; k++) totals[k] += row[5 + k] as number;
      perSecond += row[3];
      isAnyLive ||= row[1] === 'live';
      if (all || market.columns[i * COLUMNS + Col.FeedVersion] > since) this.feed.set(row[0], row);
    }
    const standing = model.ended !== '' ? 'ended' : isAnyLive ? 'live' : market.count === 0 ? 'waiting' : 'stale';
    const [gaps, duplicates, outOfOrder, checksums, spans] = totals;
    const whole = [Math.round(silentMs), gaps, duplicates, outOfOrder, checksums, spans] as const;
    this.feed.set(WHOLE_FEED, [WHOLE_FEED, standing, market.events, perSecond, ...whole]);
  }

  private feedRow(model: Model, instrument: number, silentMs: number): FeedRow {
    const { market } = model;
    const c = market.columns;
    const at = instrument * COLUMNS;
    const lastNs = c[at + Col.MessageNs];
    const ageMs = lastNs < 0 ? -1 : Math.round((model.nowNs - lastNs) / 1e6 + silentMs);
    return [
      market.symbol(instrument),
      model.ended !== '' ? 'ended' : feedStanding(market, instrument),
      c[at + Col.Messages],
      this.perSecond[instrument],
      ageMs,
      c[at + Col.Gaps],
      c[at + Col.Duplicates],
      c[at + Col.OutOfOrder],
      c[at + Col.ChecksumFailures],
      c[at + Col.StaleSpans],
    ];
  }

  /** Messages a second of the wall clock; of a finished log over its whole length so far. */
  private measureRates(model: Model, nowMs: number): void {
    const { market } = model;
    if (this.perSecond.length < market.count) {
      this.perSecond = grown(this.perSecond, market.count);
      this.before = grown(this.before, market.count);
    }
    const seconds = this.isRunning ? (nowMs - this.rateMs) / 1000 : (model.nowNs - model.firstNs) / 1e9;
    if (this.isRunning && seconds < 1) return;
    this.rateMs = nowMs;
    for (let i = 0; i < market.count; i++) {
      const messages = market.columns[i * COLUMNS + Col.Messages];
      const rate = seconds > 0 ? (messages - (this.isRunning ? this.before[i] : 0)) / seconds : 0;
      this.perSecond[i] = Math.round(rate * 10) / 10;
      this.before[i] = messages;
    }
  }

  private count(name: string, value: number, nowMs: number): void {
    const before = this.counted.get(name);
    if (before === undefined) {
      this.counted.set(name, { value, ms: nowMs, perSecond: 0 });
    } else if (nowMs - before.ms >= SLOW_MS) {
      before.perSecond = Math.round(((value - before.value) / (nowMs - before.ms)) * 1e4) / 10;
      before.value = value;
      before.ms = nowMs;
    }
    const perSecond = before?.perSecond ?? 0;
    const row = this.counters.get(name);
    if (row === undefined || row[1] !== value || row[2] !== perSecond)
      this.counters.set(name, [name, value, perSecond]);
  }

  private isDue(what: string, nowMs: number, everyMs: number): boolean {
    if (nowMs < (this.due.get(what) ?? Number.NEGATIVE_INFINITY)) return false;
    this.due.set(what, nowMs + everyMs);
    return true;
  }
}

function feedStanding(market: MarketModel, instrument: number): string {
  if (market.isHalted(instrument)) return 'halted';
  const text = market.standingText(instrument);
  return text === '' || text === 'crossed' || text === 'locked' ? 'live' : text;
}

function grown(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(length, column.length * 2));
  larger.set(column);
  return larger;
}
