/** Every fill of a log, oldest first, as columns. A bust is a row with a negative quantity. */
import { Column } from './columns.ts';

export class FillTable {
  readonly seq = new Column();
  readonly timeNs = new Column();
  /** When it happened at the venue; -1 where the log does not say. */
  readonly venueNs = new Column();
  readonly orderId = new Column();
  readonly strategy = new Column();
  readonly instrument = new Column();
  readonly side = new Column();
  readonly qtyLots = new Column();
  readonly pxTicks = new Column();
  readonly liquidity = new Column();
  readonly reason = new Column();
  readonly execId = new Column();
  /** Of strategy and instrument, behind the fill. */
  readonly positionLots = new Column();
  readonly feeUnits = new Column();
  readonly realisedUnits = new Column();

  get count(): number {
    return this.seq.length;
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (let i = 0; i < this.count; i++) {
      if (this.instrument.get(i) !== instrument) continue;
      this.pxTicks.set(i, this.pxTicks.get(i) * priceFactor);
      this.qtyLots.set(i, this.qtyLots.get(i) * qtyFactor);
      this.positionLots.set(i, this.positionLots.get(i) * qtyFactor);
      this.feeUnits.set(i, this.feeUnits.get(i) * priceFactor * qtyFactor);
      this.realisedUnits.set(i, this.realisedUnits.get(i) * priceFactor * qtyFactor);
    }
  }
}
