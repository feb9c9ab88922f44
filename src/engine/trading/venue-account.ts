/** What is known of our account at one live venue: how it stands, and what it told since the reconciliation began. */
import type { Fnv64 } from '../../core/hash.ts';
import { GatewayStanding } from '../../gateway/venue-message.ts';
import { AssetLedger } from './asset-ledger.ts';
import { StateWord, type VenueInput } from './venue-input.ts';

/** An order that is open at the venue, by its own words. */
export interface OpenAtVenue {
  readonly instrument: number;
  readonly side: number;
  readonly clOrdId: number;
  priceTicks: number;
  qtyLots: number;
  cumQtyLots: number;
}

export class VenueAccount {
  readonly index: number;
  readonly name: string;
  readonly holdsPositions: boolean;
  readonly ledger = new AssetLedger();
  standing: number = GatewayStanding.Down;
  /** Number of the last reconciliation; 0 before the first. */
  number = 0;
  /** How often it was begun again since the venue connected. */
  attempts = 0;
  /** A reconciliation is due, and waits until every instrument of the venue is known. */
  isWaiting = false;
  /** Everything that the venue has was told. */
  isSettled = false;
  /** It agrees with the log. */
  isMatched = false;
  /** Requests with a lower ClOrdID, and what changed before this time, are older than the reconciliation. */
  firstClOrdId = 0;
  beganNs = 0;
  /** What differs, a line each. */
  differences: readonly string[] = [];
  /** Open orders of the account that are none of ours. */
  foreignOrders = 0;
  open: OpenAtVenue[] = [];
  readonly positions = new Map<number, number>();
  readonly balances = new Map<string, number>();
  /** ClOrdIDs whose state could not be found out, with the HTTP status that said so. */
  readonly unknown = new Map<number, number>();

  constructor(index: number, name: string, holdsPositions: boolean) {
    this.index = index;
    this.name = name;
    this.holdsPositions = holdsPositions;
  }

  begin(number: number, firstClOrdId: number, nowNs: number): void {
    this.number = number;
    this.firstClOrdId = firstClOrdId;
    this.beganNs = nowNs;
    this.isWaiting = false;
    this.isSettled = false;
    this.isMatched = false;
    this.foreignOrders = 0;
    this.open = [];
    this.positions.clear();
    this.balances.clear();
    this.unknown.clear();
  }

  takeOpenOrder({ instrument, words }: VenueInput): void {
    const clOrdId = words[StateWord.ClOrdId];
    if (clOrdId === 0) {
      this.foreignOrders++;
      return;
    }
    this.open.push({
      instrument,
      side: words[StateWord.Side],
      clOrdId,
      priceTicks: words[StateWord.PriceTicks],
      qtyLots: words[StateWord.QtyLots],
      cumQtyLots: words[StateWord.CumQtyLots],
    });
  }

  takeBalance(input: VenueInput): void {
    this.balances.set(input.assetName(), input.words[StateWord.Free] + input.words[StateWord.Locked]);
  }

  openUnder(clOrdId: number): OpenAtVenue | undefined {
    return clOrdId === 0 ? undefined : this.open.find((one) => one.clOrdId === clOrdId);
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (const one of this.open) {
      if (one.instrument !== instrument) continue;
      one.priceTicks *= priceFactor;
      one.qtyLots *= qtyFactor;
      one.cumQtyLots *= qtyFactor;
    }
    const lots = this.positions.get(instrument);
    if (lots !== undefined) this.positions.set(instrument, lots * qtyFactor);
  }

  foldInto(hash: Fnv64): void {
    hash.word(this.standing | (this.isSettled ? 16 : 0) | (this.isMatched ? 32 : 0) | (this.isWaiting ? 64 : 0));
    hash.integer(this.number);
    hash.word(this.attempts);
    hash.word(this.differences.length);
    this.ledger.foldInto(hash);
  }
}
