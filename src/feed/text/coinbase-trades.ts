/**
 * Trade ids of Coinbase Exchange's matches: numbered without a hole within a product. A hole in front of a match, or a
 * heartbeat that knows a later trade than came, shows that the connection lost messages; then its book of the product is
 * not to be trusted either, for updates of the level2 channels have no numbers of their own.
 * Source: "Exchange WebSocket Channels" (heartbeat, match), "Sequence Numbers" in the overview.
 *
 * A heartbeat may overtake what it counts, so it is taken at its word when the next one comes. Over redundant
 * connections a trade is emitted when it comes first.
 */
import { EventKind, StaleReason } from '../../core/event.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import type { TextMarket } from './market.ts';
import type { StreamBook } from './venue.ts';

/** What one connection brought of one product; NaN: nothing yet. */
interface Line {
  last: number;
  /** As the last heartbeat counts them. */
  counted: number;
}

class ProductTrades {
  readonly instrument: TextInstrument;
  /** Highest id emitted; 0: none. */
  last = 0;
  /** The last hole: a trade out of it is late, and emitted when it comes after all. */
  holeFrom = 0;
  holeTo = 0;
  repeated = 0;
  readonly lines: Line[] = [];

  constructor(instrument: TextInstrument) {
    this.instrument = instrument;
  }

  line(connection: number): Line {
    while (this.lines.length <= connection) this.lines.push({ last: Number.NaN, counted: Number.NaN });
    return this.lines[connection];
  }
}

export class CoinbaseTrades {
  private readonly market: TextMarket;
  private readonly books: PerInstrument<StreamBook>;
  private readonly products = new PerInstrument((instrument) => new ProductTrades(instrument));

  constructor(market: TextMarket, books: PerInstrument<StreamBook>) {
    this.market = market;
    this.books = books;
  }

  /** Whether this match is to be emitted. `isFirst`: the last one before the subscription, which begins the count. */
  accept(instrument: TextInstrument, connection: number, id: number, isFirst: boolean, tsEvent: number): boolean {
    if (id === 0) return true;
    const product = this.products.of(instrument);
    const line = product.line(connection);
    const before = line.last;
    if (!(id <= before)) line.last = id;
    if (!isFirst && id > before + 1) this.distrust(instrument, connection, tsEvent);
    if (id <= product.last) return this.acceptLate(product, id, id <= before && !isFirst, tsEvent);
    const due = product.last + 1;
    if (product.last > 0 && id > due) {
      this.market.trouble(EventKind.Gap, instrument, tsEvent, due, id);
      product.holeFrom = due;
      product.holeTo = id;
    }
    product.last = id;
    return true;
  }

  heartbeat(instrument: TextInstrument, connection: number, lastTradeId: number, tsEvent: number): void {
    const product = this.products.of(instrument);
    const line = product.line(connection);
    if (line.last < line.counted) {
      if (product.last < line.counted) {
        this.market.trouble(EventKind.Gap, instrument, tsEvent, product.last + 1, line.counted);
        product.holeFrom = product.last + 1;
        product.holeTo = line.counted + 1;
        product.last = line.counted;
      }
      line.last = line.counted;
      this.distrust(instrument, connection, tsEvent);
    }
    line.counted = lastTradeId;
  }

  disconnected(connection: number): void {
    for (const { lines } of this.products.all) {
      if (connection < lines.length) lines[connection] = { last: Number.NaN, counted: Number.NaN };
    }
  }

  remarks(): string[] {
    return this.products.all
      .filter(({ repeated }) => repeated > 0)
      .map(({ instrument, repeated }) => `${instrument.symbol}: ${repeated} trades came again, and are left out`);
  }

  private acceptLate(product: ProductTrades, id: number, isSameLine: boolean, tsEvent: number): boolean {
    if (id >= product.holeFrom && id < product.holeTo) {
      product.holeFrom = id + 1;
      return true;
    }
    if (isSameLine) this.market.trouble(EventKind.Duplicate, product.instrument, tsEvent, product.last + 1, id);
    else product.repeated++;
    return false;
  }

  private distrust(instrument: TextInstrument, connection: number, tsEvent: number): void {
    if (this.books.of(instrument).connection !== connection || instrument.stale !== StaleReason.None) return;
    this.market.stale(instrument, StaleReason.Gap, tsEvent);
  }
}
