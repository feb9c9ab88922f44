/**
 * What people set by command: kill switches and trading states. Every change is told to the listener, so that it stands in the
 * log; who may trade because of them is decided by standing.ts.
 */
import type { InstrumentDef } from '../core/instrument-def.ts';
import { RejectCode } from '../core/order.ts';
import { RiskScope, RiskStateKind } from '../core/record.ts';
import type { RiskReporter } from './reporter.ts';
import { type Latched, type Standing, TradingState } from './standing.ts';
import type { Subjects } from './subjects.ts';

export class Switches {
  private readonly subjects: Subjects;
  private readonly standing: Standing;
  private readonly reporter: RiskReporter;
  /** By instrument; a kill switch of an instrument is kept by its symbol. */
  private readonly defs: readonly (InstrumentDef | undefined)[];

  constructor(
    subjects: Subjects,
    standing: Standing,
    reporter: RiskReporter,
    defs: readonly (InstrumentDef | undefined)[],
  ) {
    this.subjects = subjects;
    this.standing = standing;
    this.reporter = reporter;
    this.defs = defs;
  }

  /** Throws a kill switch; it holds until `resume`. False where it was thrown already, or there is no such subject. */
  kill(scope: RiskScope, index: number): boolean {
    return this.setKilled(scope, index, true);
  }

  resume(scope: RiskScope, index: number): boolean {
    return this.setKilled(scope, index, false);
  }

  /** Kill switches that are thrown, to be given to the next run. */
  latched(): Latched[] {
    return this.standing.latched();
  }

  /** Of the engine, an account or a strategy. False where there is no such subject. */
  setTradingState(state: TradingState, scope: RiskScope = RiskScope.Engine, index = 0): boolean {
    const subject = this.subjects.find(scope, index);
    if (subject < 0) return false;
    this.standing.state[subject] = state;
    this.reporter.report(subject, state, 0, 0, RejectCode.None);
    return true;
  }

  tradingState(scope: RiskScope = RiskScope.Engine, index = 0): TradingState {
    const subject = this.subjects.find(scope, index);
    return (subject < 0 ? TradingState.Halted : this.standing.state[subject]) as TradingState;
  }

  private setKilled(scope: RiskScope, index: number, isKilled: boolean): boolean {
    const symbol = scope === RiskScope.Instrument ? this.defs[index]?.symbol : '';
    if (symbol === undefined || !this.standing.setKilled(scope, index, symbol, isKilled)) return false;
    const kind = isKilled ? RiskStateKind.Killed : RiskStateKind.Resumed;
    this.reporter.reportFor(scope, index, kind, 0, 0, RejectCode.None);
    return true;
  }
}
