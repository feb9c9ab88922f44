/**
 * What may become of the orders that are open: all buys filled, all sells filled, or of every instrument the side that makes
 * its position larger. An order has to be within the limits in each of these, and as things are: or many orders, each small
 * enough by itself, could together go beyond them. (Between these lie others, half filled; a portfolio that is hedged by some
 * of its own open orders can be worse in one of them.)
 */
import { OrderSide } from '../../core/order.ts';
import { widened } from '../../core/widened.ts';
import { type PortfolioModel, PortfolioState } from '../../portfolio/live/portfolio-state.ts';

const ALL_BUYS = 0;
const ALL_SELLS = 1;
const WIDEST = 2;
export const OUTCOMES = 3;

export class Outcomes {
  readonly states: readonly PortfolioState[];
  /** By instrument: position, and what is open to buy and to sell, in units. */
  private position = new Float64Array(16);
  private buys = new Float64Array(16);
  private sells = new Float64Array(16);
  private readonly cells = new Float64Array(3);

  constructor(model: PortfolioModel) {
    this.states = Array.from({ length: OUTCOMES }, () => new PortfolioState(model));
  }

  define(instrument: number, symbol: string): void {
    for (const state of this.states) state.define(instrument, symbol);
    if (instrument < this.position.length) return;
    this.position = widened(this.position, instrument + 1);
    this.buys = widened(this.buys, instrument + 1);
    this.sells = widened(this.sells, instrument + 1);
  }

  /** `exposure`: position in units, price, money per unit and point; `open`: units to buy, units to sell. */
  set(instrument: number, exposure: Float64Array, open: Float64Array): void {
    const { cells, states } = this;
    this.position[instrument] = exposure[0];
    this.buys[instrument] = open[0];
    this.sells[instrument] = open[1];
    cells[1] = exposure[1];
    cells[2] = exposure[2];
    cells[0] = exposure[0] + open[0];
    states[ALL_BUYS].set(instrument, cells, 0);
    cells[0] = exposure[0] - open[1];
    states[ALL_SELLS].set(instrument, cells, 0);
    cells[0] = this.widest(instrument);
    states[WIDEST].set(instrument, cells, 0);
  }

  /** What `more[0]` units (signed) of an order add to outcome `k`, beyond what is counted of it already; into `out`. */
  addition(k: number, instrument: number, side: number, more: Float64Array, out: Float64Array): void {
    out[0] = more[0];
    if (k !== WIDEST) return;
    const isBuy = side === OrderSide.Buy;
    const filled = this.position[instrument] + (isBuy ? this.buys[instrument] : 0 - this.sells[instrument]) + more[0];
    const now = this.widest(instrument);
    out[0] = Math.abs(filled) > Math.abs(now) ? filled - now : 0;
  }

  /** Time passed, underliers moved; as of request number `requests`. */
  settle(now: Float64Array, requests: number): void {
    for (const state of this.states) {
      state.nowNs[0] = now[0];
      state.revalueOptions();
      state.settle(requests);
    }
  }

  private widest(instrument: number): number {
    const bought = this.position[instrument] + this.buys[instrument];
    const sold = this.position[instrument] - this.sells[instrument];
    return Math.abs(bought) >= Math.abs(sold) ? bought : sold;
  }
}
