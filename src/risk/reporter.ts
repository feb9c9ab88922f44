/** Whom risk tells of what changes by itself or by command: kills, trading states, warnings, limits. */
import type { RiskScope, RiskStateKind } from '../core/record.ts';
import type { Subjects } from './subjects.ts';

export interface RiskStateListener {
  /**
   * `subject`: index of the account, strategy or instrument; 0 for the engine. `code`: RejectCode of the limit behind it,
   * 0 for a command.
   */
  onRiskState(scope: RiskScope, kind: RiskStateKind, subject: number, value: number, limit: number, code: number): void;
}

export class RiskReporter {
  listener: RiskStateListener | null = null;
  private readonly subjects: Subjects;

  constructor(subjects: Subjects) {
    this.subjects = subjects;
  }

  report(subject: number, kind: RiskStateKind, value: number, limit: number, code: number): void {
    this.reportFor(this.subjects.scopeOf(subject), this.subjects.indexOf(subject), kind, value, limit, code);
  }

  reportFor(scope: RiskScope, index: number, kind: RiskStateKind, value: number, limit: number, code: number): void {
    this.listener?.onRiskState(scope, kind, index, value, limit, code);
  }
}
