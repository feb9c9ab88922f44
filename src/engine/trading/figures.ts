/** What strategies see of positions, P&L and parents, out of the exact figures. */
import type { OrderManager } from '../../oms/order-manager.ts';
import type { Positions } from '../../risk/positions.ts';
import { MICRO_DECIMALS } from '../../risk/risk-config.ts';
import { type FigureSource, ParentField, PnlField, PositionField } from '../../strategy/services.ts';

const MICRO = 10 ** -MICRO_DECIMALS;

export class Figures implements FigureSource {
  private readonly positions: Positions;
  private readonly oms: OrderManager;

  constructor(positions: Positions, oms: OrderManager) {
    this.positions = positions;
    this.oms = oms;
  }

  readPosition(strategy: number, instrument: number, out: Float64Array): void {
    const { positions } = this;
    out[PositionField.QtyLots] = positions.qtyLots(strategy, instrument);
    out[PositionField.AvgCostTicks] = positions.avgCostTicks(strategy, instrument);
    out[PositionField.Realised] = positions.realisedOf(strategy, instrument) * MICRO;
    out[PositionField.Unrealised] = positions.unrealisedOf(strategy, instrument) * MICRO;
    out[PositionField.Fees] = positions.feesOf(strategy, instrument) * MICRO;
  }

  readPnl(strategy: number, out: Float64Array): void {
    const { positions } = this;
    const subject = positions.subjects.ofStrategy(strategy);
    const realised = positions.realisedMicro[subject];
    out[PnlField.Realised] = realised * MICRO;
    out[PnlField.Unrealised] = (positions.equityMicro[subject] - realised) * MICRO;
    out[PnlField.MaxDrawdown] = positions.maxDrawdownMicro[subject] * MICRO;
  }

  readParent(strategy: number, parentId: number, out: Float64Array): boolean {
    const { parents } = this.oms;
    if (!parents.has(parentId) || parents.strategy[parentId] !== strategy) return false;
    out[ParentField.QtyLots] = parents.qtyLots[parentId];
    out[ParentField.CumQtyLots] = parents.cumQtyLots[parentId];
    out[ParentField.CommittedLots] = parents.committedLots[parentId];
    out[ParentField.AvgPxTicks] = parents.avgPxTicks(parentId);
    return true;
  }
}
