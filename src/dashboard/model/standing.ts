/** Who may trade, and why not: kill switches, trading states, strategies; figures of portfolio risk; limits as the log tells of them. */

import { recordText } from '../../audit/trading-text.ts';
import type { EventMemory } from '../../book/books.ts';
import { RejectCode } from '../../core/order.ts';
import {
  RecordType,
  RISK_FIGURES,
  RISK_FIGURES_STATUS_TEXT,
  RISK_STATE_TEXT,
  RiskStateKind,
  STRATEGY_STATE_TEXT,
  StrategyState,
  VENUE_STANDING_TEXT,
  VenueStanding,
} from '../../core/record.ts';
import { rejectText } from '../../core/reject-text.ts';
import { grouped } from '../../core/text.ts';
import { amountText } from '../../report/money.ts';
import type { LimitRow, RiskSample } from '../protocol.ts';
import type { Alerts } from './alerts.ts';
import { Samples, type SavedSamples } from './history.ts';
import type { Names } from './names.ts';
import { type SavedTable, Table } from './table.ts';

const RISK_SAMPLES = 4096;
const MICRO = 1e6;
/** Warnings whose figures stand in the log in millionths of the currency. */
const MONEY_IN_MICRO: ReadonlySet<number> = new Set([
  RejectCode.GrossExposure,
  RejectCode.NetExposure,
  RejectCode.Credit,
  RejectCode.LossLimit,
  RejectCode.DrawdownLimit,
  RejectCode.VarLimit,
]);
const IN_LOTS: ReadonlySet<number> = new Set([RejectCode.PositionLong, RejectCode.PositionShort]);
const COUNTS: ReadonlySet<number> = new Set([
  RejectCode.StrategyRate,
  RejectCode.InstrumentRate,
  RejectCode.CancelRate,
]);
const SEVERITIES: Readonly<Record<number, 'error'>> = {
  [VenueStanding.Down]: 'error',
  [VenueStanding.Differs]: 'error',
  [VenueStanding.Failed]: 'error',
};

export interface SavedStanding {
  readonly killed: readonly string[];
  readonly tradingStates: readonly (readonly [string, string])[];
  readonly strategies: readonly (readonly [string, readonly [string, string]])[];
  readonly venues: readonly (readonly [string, readonly [string, string]])[];
  readonly risk: SavedSamples<RiskSample>;
  readonly limits: SavedTable<string, LimitRow>;
  readonly asked: string;
}

export class StandingModel {
  readonly risk = new Samples<RiskSample>(RISK_SAMPLES, 0);
  readonly limits = new Table<string, LimitRow>();
  killed = new Set<string>();
  /** By subject. */
  tradingStates = new Map<string, string>();
  /** State and text, by id. */
  strategies = new Map<string, readonly [string, string]>();
  /** Standing and text, by name: live order entry. */
  venues = new Map<string, readonly [string, string]>();
  private readonly names: () => Names;
  private readonly alerts: Alerts;
  /** The limit that the last command is about, and what it becomes: the record of the change names neither. */
  private asked = '';

  constructor(alerts: Alerts, names: () => Names) {
    this.alerts = alerts;
    this.names = names;
  }

  /** The configuration is known. */
  begin(): void {
    this.killed = new Set(this.names().latched);
    for (const id of this.names().strategies) this.strategies.set(id, ['not started', '']);
  }

  /** A command, as its record has it. */
  commanded(text: string): void {
    const { do: what, limit, value } = parsed(text);
    this.asked =
      what === 'set-limit' ? `limit ${limit} is ${value === null ? 'none' : grouped(String(value))} now` : '';
  }

  riskState(memory: EventMemory, w: number, seq: number, nowNs: number, symbol: string): void {
    const { bytes, f64, u32 } = memory;
    const kind = bytes[w * 8 + 27];
    const subject = this.names().subject(bytes[w * 8 + 26], f64[w + 5], symbol);
    const code = u32[w * 2 + 16];
    if (kind === RiskStateKind.Killed) {
      this.killed.add(subject);
      const why = code === 0 ? '' : `: ${rejectText(code)}`;
      this.alerts.add(seq, nowNs, 'error', 'kill', `kill switch of ${subject}${why}`);
    } else if (kind === RiskStateKind.Resumed) {
      this.killed.delete(subject);
      this.alerts.add(seq, nowNs, 'info', 'resume', `${subject} may trade again`);
    } else if (kind === RiskStateKind.LimitWarning || kind === RiskStateKind.LimitChanged) {
      this.limit(kind, subject, code, f64[w + 6], f64[w + 7], seq, nowNs);
    } else {
      const state = RISK_STATE_TEXT[kind] ?? `state ${kind}`;
      this.tradingStates.set(subject, state);
      const severity = kind === RiskStateKind.Active ? 'info' : 'warning';
      this.alerts.add(seq, nowNs, severity, 'trading state', `${subject} is ${state}`);
    }
  }

  strategyState(memory: EventMemory, w: number, seq: number, nowNs: number): void {
    const { bytes, u32 } = memory;
    const id = this.names().settings.strategyName(u32[w * 2 + 6] & 0xffff);
    const state = bytes[w * 8 + 26];
    const text = recordText({ ...views(memory), at: w * 8 }, RecordType.StrategyState);
    if (state === StrategyState.ParametersChanged) {
      this.alerts.add(seq, nowNs, 'info', 'parameters', `${id} has other parameters: ${text}`);
      return;
    }
    this.strategies.set(id, [STRATEGY_STATE_TEXT[state] ?? `state ${state}`, text]);
    if (state === StrategyState.Halted) this.alerts.add(seq, nowNs, 'error', 'strategy', `${id} is halted: ${text}`);
  }

  venueStanding(memory: EventMemory, w: number, seq: number, nowNs: number): void {
    const standing = memory.bytes[w * 8 + 26];
    const venue = this.names().venue(memory.bytes[w * 8 + 27]);
    const text = recordText({ ...views(memory), at: w * 8 }, RecordType.StrategyLog); // laid out alike
    const word = VENUE_STANDING_TEXT[standing] ?? `standing ${standing}`;
    const severity = SEVERITIES[standing] ?? 'info';
    this.alerts.add(seq, nowNs, severity, 'venue', `${venue}: ${word}${text === '' ? '' : `, ${text}`}`);
    this.venues.set(venue, [word, text]);
  }

  figures(memory: EventMemory, w: number): void {
    const { f64, u32 } = memory;
    const atNs = f64[w + 5];
    const values = Array.from({ length: RISK_FIGURES }, (_, i) => f64[w + 6 + i]);
    const status = RISK_FIGURES_STATUS_TEXT[u32[w * 2 + 7]] ?? 'unknown';
    this.risk.push(atNs, [atNs, status, ...values] as unknown as RiskSample);
  }

  save(): SavedStanding {
    return {
      killed: [...this.killed],
      tradingStates: [...this.tradingStates],
      strategies: [...this.strategies],
      venues: [...this.venues],
      risk: this.risk.save(),
      limits: this.limits.save(),
      asked: this.asked,
    };
  }

  load(saved: SavedStanding): void {
    this.killed = new Set(saved.killed);
    this.tradingStates = new Map(saved.tradingStates);
    this.strategies = new Map(saved.strategies);
    this.venues = new Map(saved.venues);
    this.risk.load(saved.risk);
    this.limits.load(saved.limits);
    this.asked = saved.asked;
  }

  private limit(
    kind: number,
    subject: string,
    code: number,
    value: number,
    max: number,
    seq: number,
    ns: number,
  ): void {
    if (kind === RiskStateKind.LimitChanged) {
      const text = this.asked === '' ? `a limit of ${subject} is ${grouped(max)} now` : this.asked;
      this.alerts.add(seq, ns, 'info', 'limit', text);
      return;
    }
    const name = rejectText(code);
    const unit = MONEY_IN_MICRO.has(code) ? MICRO : 1;
    const share = max === 0 ? 1 : value / max;
    const percent = `${Math.round(share * 100)} %`;
    // A position's limit is in lots of an instrument that the record does not name.
    const use = IN_LOTS.has(code)
      ? `${percent} of it`
      : `${amount(code, value / unit)} of ${amount(code, max / unit)} (${percent})`;
    this.alerts.add(seq, ns, 'warning', 'limit', `${subject}: ${name}, ${use}`);
    const key = `${name} ${subject}`;
    this.limits.set(key, [key, value / unit, max / unit, share, this.names().warnShare]);
  }
}

/** Rates count messages; everything else is money, or a figure of the portfolio. */
function amount(code: number, value: number): string {
  return COUNTS.has(code) || !Number.isFinite(value) ? String(value) : amountText(value.toFixed(6));
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {};
  }
}

function views({ bytes, u32, f64 }: EventMemory): EventMemory {
  return { bytes, u32, f64 };
}
