/** What follows when risk changes somebody's standing: it is journalled, and who is killed has nothing left at the venue. */
import { RiskScope, RiskStateKind } from '../../core/record.ts';
import type { RiskStateListener } from '../../risk/reporter.ts';
import type { TradingParts, TradingSetup } from './trading.ts';

type Parts = Omit<TradingParts, 'standing' | 'venues'>;

export class StandingDesk implements RiskStateListener {
  private readonly parts: Parts;
  private readonly setup: TradingSetup;
  /** Kills whose orders are still to be cancelled: scope and subject, in turns. */
  private readonly killed: number[] = [];

  constructor(parts: Parts, setup: TradingSetup) {
    this.parts = parts;
    this.setup = setup;
  }

  onRiskState(
    scope: RiskScope,
    kind: RiskStateKind,
    subject: number,
    value: number,
    limit: number,
    code: number,
  ): void {
    const { journal, desk, risk } = this.parts;
    const strategy = scope === RiskScope.Strategy ? subject : 0;
    const instrument = scope === RiskScope.Instrument ? subject : 0;
    journal.riskState(scope, kind, subject, code, value, limit, strategy, instrument, desk.cause);
    if (kind === RiskStateKind.Killed) this.killed.push(scope, subject);
    if (kind === RiskStateKind.Killed || kind === RiskStateKind.Resumed) this.setup.onLatch(risk.switches.latched());
  }

  /** When nothing else is under way: cancels what is open of those that were killed. O(open orders) per kill. */
  settle(): void {
    while (this.killed.length > 0) {
      const [scope, subject] = this.killed.splice(0, 2);
      this.cancelAll(scope, subject);
    }
  }

  private cancelAll(scope: number, subject: number): void {
    const { oms, desk, host } = this.parts;
    const { orders } = oms;
    for (let strategy = 0; strategy < host.count; strategy++) {
      for (let orderId = oms.firstOpenOf(strategy), next = 0; orderId !== 0; orderId = next) {
        next = oms.nextOpenOf(orderId);
        const isMeant =
          scope === RiskScope.Engine ||
          (scope === RiskScope.Strategy && strategy === subject) ||
          (scope === RiskScope.Account && orders.account[orderId] === subject) ||
          (scope === RiskScope.Instrument && orders.instrument[orderId] === subject);
        if (isMeant) desk.forceCancel(orderId);
      }
    }
  }
}
