/** Counts of orders and fills, of all or of one strategy or instrument, from the tables of a pass. */
import { rejectName } from '../audit/trading-text.ts';
import { FILL_REASON_TEXT, Liquidity, OrdStatus } from '../core/order.ts';
import { ORDER_ACTION_TEXT } from '../core/record.ts';
import { rejectText } from '../core/reject-text.ts';
import type { FillTable } from './fill-table.ts';
import type { LogPass } from './log-pass.ts';
import { type RejectCount, RejectStage } from './order-flow.ts';
import type { OrderTable } from './order-table.ts';
import type { FillCounts, OrderCounts, RejectFigures } from './report-types.ts';

/** Which rows count: of one strategy, one instrument, or (-1) any. */
export interface Scope {
  readonly strategy: number;
  readonly instrument: number;
}

export const ALL: Scope = { strategy: -1, instrument: -1 };

class OrderTally {
  orders = 0;
  sent = 0;
  filled = 0;
  canceled = 0;
  rejected = 0;
  expired = 0;
  live = 0;
  rejectedByRisk = 0;
  rejectedByVenue = 0;
  executed = 0;
  replaces = 0;
  cancels = 0;

  add(orders: OrderTable, row: number): void {
    this.orders++;
    this.sent += orders.sent.get(row);
    const status = orders.status.get(row);
    if (status === OrdStatus.Filled) this.filled++;
    else if (status === OrdStatus.Canceled) this.canceled++;
    else if (status === OrdStatus.Rejected) this.rejected++;
    else if (status === OrdStatus.Expired) this.expired++;
    else this.live++;
    if (orders.rejectStage.get(row) === RejectStage.Risk) this.rejectedByRisk++;
    else if (orders.rejectStage.get(row) === RejectStage.Venue) this.rejectedByVenue++;
    if (orders.fills.get(row) > 0) this.executed++;
    this.replaces += orders.replaces.get(row);
    this.cancels += orders.cancels.get(row);
  }

  counts(): OrderCounts {
    return { ...this, fillRatio: this.sent === 0 ? null : this.executed / this.sent };
  }
}

/** One pass over the orders, for all, each strategy and each instrument. */
export class OrderTallies {
  readonly all: OrderCounts;
  private readonly strategies = new Map<number, OrderTally>();
  private readonly instruments = new Map<number, OrderTally>();

  constructor(orders: OrderTable) {
    const all = new OrderTally();
    for (let row = 1; row <= orders.count; row++) {
      if (orders.side.get(row) === 0) continue;
      all.add(orders, row);
      tallyOf(this.strategies, orders.strategy.get(row)).add(orders, row);
      tallyOf(this.instruments, orders.instrument.get(row)).add(orders, row);
    }
    this.all = all.counts();
  }

  ofStrategy(strategy: number): OrderCounts {
    return (this.strategies.get(strategy) ?? new OrderTally()).counts();
  }

  ofInstrument(instrument: number): OrderCounts {
    return (this.instruments.get(instrument) ?? new OrderTally()).counts();
  }

  get strategyIndices(): number[] {
    return [...this.strategies.keys()];
  }

  get instrumentIndices(): number[] {
    return [...this.instruments.keys()];
  }
}

function tallyOf(tallies: Map<number, OrderTally>, key: number): OrderTally {
  let tally = tallies.get(key);
  if (tally === undefined) {
    tally = new OrderTally();
    tallies.set(key, tally);
  }
  return tally;
}

export function fillCounts(fills: FillTable, scope: Scope): FillCounts {
  const byLiquidity = new Array<number>(256).fill(0);
  const byReason = new Array<number>(256).fill(0);
  let busts = 0;
  for (let i = 0; i < fills.count; i++) {
    if (scope.strategy >= 0 && fills.strategy.get(i) !== scope.strategy) continue;
    if (scope.instrument >= 0 && fills.instrument.get(i) !== scope.instrument) continue;
    if (fills.qtyLots.get(i) < 0) {
      busts++;
      continue;
    }
    byLiquidity[fills.liquidity.get(i)]++;
    byReason[fills.reason.get(i)]++;
  }
  const maker = byLiquidity[Liquidity.Maker];
  const taker = byLiquidity[Liquidity.Taker];
  const fillsInAll = byLiquidity.reduce((sum, count) => sum + count, 0);
  return {
    fills: fillsInAll,
    maker,
    taker,
    unknownLiquidity: fillsInAll - maker - taker,
    makerShare: maker + taker === 0 ? null : maker / (maker + taker),
    busts,
    byReason: Object.fromEntries(
      byReason.flatMap((count, reason) => (count === 0 ? [] : [[FILL_REASON_TEXT[reason] || 'not stated', count]])),
    ),
  };
}

/** The most frequent first. */
export function rejectFigures(pass: LogPass, scope: Scope): RejectFigures[] {
  const merged = new Map<string, RejectCount>();
  for (const reject of pass.flow.rejects.values()) {
    if (scope.strategy >= 0 && reject.strategy !== scope.strategy) continue;
    if (scope.instrument >= 0 && reject.instrument !== scope.instrument) continue;
    const key = `${reject.stage} ${reject.action} ${reject.code}`;
    const found = merged.get(key);
    if (found === undefined) merged.set(key, { ...reject });
    else found.count += reject.count;
  }
  const sorted = [...merged.values()].sort((a, b) => b.count - a.count || a.code - b.code || a.action - b.action);
  return sorted.map(({ stage, action, code, count }) => ({
    stage: stage === RejectStage.Risk ? 'risk' : 'venue',
    action: ORDER_ACTION_TEXT[action] ?? String(action),
    code,
    reason: rejectName(code),
    text: rejectText(code),
    count,
  }));
}
