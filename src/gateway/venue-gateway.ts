/** What the stage of a gateway asks of a venue's client. Nothing of it waits: answers come as messages for the engine. */
import type { OrderTerms } from './order-terms.ts';

export interface VenueGateway {
  /** Connects, until `stop`. */
  start(): void;
  define(instrument: number, symbol: string, priceDecimals: number, qtyDecimals: number): void;
  place(instrument: number, terms: OrderTerms, clOrdId: number, qtyLots: number): void;
  replace(instrument: number, origClOrdId: number, clOrdId: number, qtyLots: number, priceTicks: number): void;
  cancel(instrument: number, origClOrdId: number, clOrdId: number): void;
  query(instrument: number, clOrdId: number, origClOrdId: number, qtyLots: number): void;
  reconcile(number: number): void;
  /** Resolves when no order of ours is open any more, or it was given up. */
  cancelAll(number: number): Promise<void>;
  /** The engine lives: the venue's dead-man timer is put off. */
  heartbeat(): void;
  /** Everything is let go; open orders stay. */
  stop(): void;
}
