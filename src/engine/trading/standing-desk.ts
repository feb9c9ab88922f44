/** What follows when risk changes somebody's standing: it is journalled, and who is killed has nothing left at the venue. */
import { HaltReason } from '../../core/order.ts';
import { RiskScope, RiskStateKind } from '../../core/record.ts';
import type { StandingListener } from '../../risk/pre-trade.ts';
import type { TradingParts, TradingSetup } from './trading.ts';

export class StandingDesk implements StandingListener {
  private readonly parts: TradingParts;
  private readonly setup: TradingSetup;

  constructor(parts: TradingParts, setup: TradingSetup) {
    this.parts = parts;
    this.setup = setup;
  }
}
