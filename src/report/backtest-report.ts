/**
 * The report of a run, from its finished log alone: the same for every reader of the same log, also long after the run.
 *
 *   const report = BacktestReport.of('tapehead-log/run');
 *   report.json.pnl[0].net; writeReport(report, 'out');
 */
import { haltName, rejectName } from '../audit/trading-text.ts';
import { HaltReason, RejectCode } from '../core/order.ts';
import {
  OMS_OUTCOME_TEXT,
  OmsOutcome,
  RISK_SCOPE_TEXT,
  RISK_STATE_TEXT,
  RiskScope,
  STRATEGY_STATE_TEXT,
} from '../core/record.ts';
import { formatEpochNs, formatSessionTime } from '../core/time.ts';
import { type Column, distributionOf } from './columns.ts';
import { convertedOf, instrumentOf, pnlOf, positionOf, queueOf } from './figures.ts';
import { LogPass, type LogPassOptions, type RiskNote } from './log-pass.ts';
import { WHOLE } from './marks.ts';
import type { ReportJson, StrategyFigures } from './report-types.ts';
import { ALL, fillCounts, OrderTallies, rejectFigures } from './tallies.ts';

export class BacktestReport {
  /** What was gathered: orders, fills and marks one by one. */
  readonly pass: LogPass;
  /** The figures; ready for JSON.stringify. */
  readonly json: ReportJson;

  private constructor(pass: LogPass) {
    this.pass = pass;
    this.json = jsonOf(pass);
  }

  /** Reads the log in `directory`. Throws TapeheadError where there is none, or where it is damaged. */
  static of(directory: string, options: LogPassOptions = {}): BacktestReport {
    return new BacktestReport(LogPass.over(directory, options));
  }

  /** ISO 8601, or the time of day where the session's day is not known. */
  time(sessionNs: number): string {
    const { sessionMidnightNs } = this.pass;
    if (sessionMidnightNs === 0n) return formatSessionTime(sessionNs);
    return formatEpochNs(sessionMidnightNs + BigInt(sessionNs));
  }
}

function jsonOf(pass: LogPass): ReportJson {
  const { flow, settings, market } = pass;
  const tallies = new OrderTallies(flow.orders);
  const configured = settings.strategies.map((_, index) => index);
  const noted = pass.strategyNotes.map((note) => note.strategy);
  const strategies = [...new Set([...configured, ...tallies.strategyIndices, ...noted])].sort((a, b) => a - b);
  const instruments = tallies.instrumentIndices.sort((a, b) => a - b);
  const hasTrading = settings.hasTrading || strategies.length > 0;
  return {
    reportVersion: 1,
    hasTrading,
    records: pass.records,
    isClosed: pass.isClosed,
    session: {
      midnightEpochNs: String(pass.sessionMidnightNs),
      fromNs: orNull(pass.firstNs),
      firstOrderNs: orNull(pass.startNs),
      toNs: orNull(pass.lastNs),
    },
    orders: tallies.all,
    fills: fillCounts(flow.fills, ALL),
    rejects: rejectFigures(pass, ALL),
    warnedByCheck: countsOf(flow.warnedByCheck, String),
    reportsRefused: refusedReports(flow.outcomes),
    pnl: hasTrading ? pnlOf(pass, WHOLE) : [],
    converted: convertedOf(pass),
    strategies: strategies.map((index) => strategyOf(pass, tallies, index)),
    instruments: instruments.flatMap((index) => {
      const def = market.defs[index];
      return def === undefined ? [] : [instrumentOf(pass, tallies, def)];
    }),
    positions: pass.positions.map((position) => positionOf(pass, position)),
    queue: queueOf(pass),
    latency: {
      feedNs: distributionOf(pass.feedNs),
      entryNs: distributionOf(flow.entryNs),
      responseNs: distributionOf(flow.responseNs),
      roundTripNs: distributionOf(flow.roundTripNs),
    },
    strategyStates: pass.strategyNotes.map((note) => ({
      timeNs: note.timeNs,
      seq: note.seq,
      strategy: settings.strategyName(note.strategy),
      state: STRATEGY_STATE_TEXT[note.state] ?? String(note.state),
      reason: note.reason === HaltReason.None ? null : haltName(note.reason),
      text: note.text,
    })),
    strategyStatesLeftOut: pass.strategyNotesLeftOut,
    strategyLogLines: pass.strategyLogLines,
    commands: pass.commands,
    risk: [...pass.riskNotes.values()].map((note) => ({
      scope: RISK_SCOPE_TEXT[note.scope] ?? String(note.scope),
      subject: subjectOf(pass, note),
      kind: RISK_STATE_TEXT[note.kind] ?? String(note.kind),
      limit: note.code === 0 ? null : rejectName(note.code),
      count: note.count,
      firstNs: note.firstNs,
      lastNs: note.lastNs,
      lastValue: finiteOrNull(inUnits(note.code, note.value)),
      lastLimit: finiteOrNull(inUnits(note.code, note.limit)),
    })),
    marks: { count: pass.marks.timeNs.length, everyNs: pass.marks.everyNs },
  };
}

/** Limits in money stand in the log in millionths of the currency. */
const MONEY_LIMITS: ReadonlySet<number> = new Set([
  RejectCode.MaxNotional,
  RejectCode.GrossExposure,
  RejectCode.NetExposure,
  RejectCode.Credit,
  RejectCode.LossLimit,
  RejectCode.DrawdownLimit,
  RejectCode.VarLimit,
]);

function inUnits(code: number, value: number): number {
  return MONEY_LIMITS.has(code) ? value / 1e6 : value;
}

function strategyOf(pass: LogPass, tallies: OrderTallies, index: number): StrategyFigures {
  const setting = pass.settings.strategies[index];
  const scope = { strategy: index, instrument: -1 };
  return {
    index,
    id: pass.settings.strategyName(index),
    use: setting?.use ?? '',
    parameters: Object.fromEntries(setting?.parameters ?? []),
    orders: tallies.ofStrategy(index),
    fills: fillCounts(pass.flow.fills, scope),
    rejects: rejectFigures(pass, scope),
    pnl: pnlOf(pass, index),
  };
}

function subjectOf(pass: LogPass, note: RiskNote): string {
  if (note.scope === RiskScope.Account) return pass.settings.accountName(note.subject);
  if (note.scope === RiskScope.Strategy) return pass.settings.strategyName(note.subject);
  if (note.scope === RiskScope.Instrument) return pass.market.defs[note.subject]?.symbol ?? `#${note.subject}`;
  return '';
}

function refusedReports(outcomes: Column): Record<string, number> {
  const {
    [OMS_OUTCOME_TEXT[OmsOutcome.Applied]]: _,
    [OMS_OUTCOME_TEXT[OmsOutcome.Local]]: __,
    ...refused
  } = countsOf(outcomes, (outcome) => OMS_OUTCOME_TEXT[outcome] ?? String(outcome));
  return refused;
}

/** The counts that are not 0, under their names. */
function countsOf(column: Column, nameOf: (index: number) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < column.length; i++) if (column.get(i) !== 0) counts[nameOf(i)] = column.get(i);
  return counts;
}

function orNull(ns: number): number | null {
  return ns < 0 ? null : ns;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
