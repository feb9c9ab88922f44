/** Books by level and by order as the events of a decoder make them, the simplest way: maps of decimal texts. */
import { EventKind, Side } from '../../src/core/event.ts';
import type { InstrumentDef } from '../../src/core/instrument-def.ts';
import { decimalText, type SeenEvent } from './event-probe.ts';

interface EventOrder {
  readonly isBid: boolean;
  readonly price: string;
  lots: number;
}

/** What the events say, in plain decimals, by symbol. */
export class EventBooks {
  readonly live = new Map<string, boolean>();
  readonly levels = new Map<string, Map<string, string>>();
  readonly orders = new Map<string, Map<number, EventOrder>>();
  trades: string[] = [];
  private readonly defs: InstrumentDef[] = [];

  apply(events: readonly SeenEvent[]): void {
    this.trades = [];
    for (const event of events) this.one(event);
  }

  private one(event: SeenEvent): void {
    if (event.def !== null) {
      this.define(event.def);
      return;
    }
    const def = this.defs[event.instrument];
    if (def === undefined) return;
    const { symbol } = def;
    const levels = this.levels.get(symbol)!;
    const orders = this.orders.get(symbol)!;
    const price = () => decimalText(event.price, def.priceDecimals);
    const qty = () => decimalText(event.qty, def.qtyDecimals);
    if (event.kind === EventKind.Stale) this.live.set(symbol, false);
    else if (event.kind === EventKind.Live) this.live.set(symbol, true);
    else if (event.kind === EventKind.Clear) {
      levels.clear();
      orders.clear();
    } else if (event.kind === EventKind.Level) {
      const key = `${event.side} ${price()}`;
      if (event.qty === 0) levels.delete(key);
      else levels.set(key, qty());
    } else if (event.kind === EventKind.Trade) {
      const side = event.side === Side.Bid ? 'buy' : event.side === Side.Ask ? 'sell' : '';
      this.trades.push(`${symbol} ${price()} ${qty()} ${side} ${event.id2}`);
    } else if (event.kind === EventKind.Add) {
      orders.set(event.orderId, { isBid: event.side === Side.Bid, price: price(), lots: event.qty });
    } else if (event.kind === EventKind.Delete) orders.delete(event.orderId);
    else if (event.kind === EventKind.Execute || event.kind === EventKind.Reduce) {
      const order = orders.get(event.orderId)!;
      order.lots -= event.qty;
      if (order.lots === 0) orders.delete(event.orderId);
    } else if (event.kind === EventKind.Replace) {
      const { isBid } = orders.get(event.orderId)!;
      orders.delete(event.orderId);
      orders.set(event.id2, { isBid, price: price(), lots: event.qty });
    }
  }

  private define(def: InstrumentDef): void {
    const old = this.defs[def.instrument];
    this.defs[def.instrument] = def;
    if (old === undefined) {
      this.levels.set(def.symbol, new Map());
      this.orders.set(def.symbol, new Map());
      return;
    }
    for (const order of this.orders.get(def.symbol)!.values()) order.lots *= 10 ** (def.qtyDecimals - old.qtyDecimals);
  }

  symbolOf(instrument: number): string {
    return this.defs[instrument]?.symbol ?? '';
  }

  /** Levels sorted, then orders in the order of arrival. */
  text(symbol: string): string[] {
    const def = this.defs.find((one) => one?.symbol === symbol);
    const orders = [...(this.orders.get(symbol)?.values() ?? [])];
    return [
      ...[...(this.levels.get(symbol) ?? [])].map(([key, qty]) => `${key} ${qty}`).sort(),
      ...orders.map(({ isBid, price, lots }) => `${isBid} ${price} ${decimalText(lots, def!.qtyDecimals)}`),
    ];
  }
}
