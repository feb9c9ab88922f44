/**
 * The levels of a market that changed since they were last taken: one for every stream that publishes at a pace of its own.
 * Quantities are those of the moment of taking, so that a level that changed twice is told once.
 */
import type { Market } from './market.ts';

/** Of both sides: price in ticks and lots alternate; 0 lots: the level is gone. In the order in which they first changed. */
export interface LevelChanges {
  /** Update ids of the first and the last change: contiguous from one `take` to the next. */
  readonly firstId: number;
  readonly lastId: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

export class LevelFeed {
  private readonly market: Market;
  private readonly bids = new Set<number>();
  private readonly asks = new Set<number>();
  private takenId: number;

  constructor(market: Market) {
    this.market = market;
    this.takenId = market.updateId;
  }

  get isEmpty(): boolean {
    return this.takenId === this.market.updateId;
  }

  note(isBid: boolean, priceTicks: number): void {
    (isBid ? this.bids : this.asks).add(priceTicks);
  }

  /** Null where nothing changed. */
  take(): LevelChanges | null {
    if (this.isEmpty) return null;
    const firstId = this.takenId + 1;
    this.takenId = this.market.updateId;
    const changes = { firstId, lastId: this.takenId, bids: this.quantities(true), asks: this.quantities(false) };
    this.bids.clear();
    this.asks.clear();
    return changes;
  }

  private quantities(isBid: boolean): number[] {
    const out: number[] = [];
    for (const priceTicks of isBid ? this.bids : this.asks) {
      out.push(priceTicks, this.market.lotsAt(isBid, priceTicks));
    }
    return out;
  }
}
