/**
 * The ways to the venues of a run: one order ring each, the order's instrument says which. Muted while a log is re-executed:
 * everything happens, nothing is sent. A gateway that is gone takes nothing more; the engine is told by the stage.
 */
import { type LiveIdentity, placeOf } from '../../config/live-identity.ts';
import type { InstrumentDef } from '../../core/instrument-def.ts';
import type { OrderAction } from '../../core/record.ts';
import { OrderCommandWriter } from '../../gateway/order-command.ts';
import { OrderRingOutlet } from '../../gateway/order-outlet.ts';
import type { Orders } from '../../oms/orders.ts';
import { ReaderGoneError, type SpscShared } from '../../ring/spsc.ts';
import type { VenueOutlet } from '../trading/trading.ts';

/** A ring with less room than this is full: what one input may lead to must still fit. */
const RESERVE = 1 << 10;

class Route {
  readonly writer: OrderCommandWriter;
  readonly outlet: OrderRingOutlet;
  isGone = false;

  constructor(shared: SpscShared) {
    this.writer = new OrderCommandWriter(shared);
    this.outlet = new OrderRingOutlet(this.writer);
  }
}

export class VenueRoutes implements VenueOutlet {
  isMuted = false;
  private readonly live: LiveIdentity;
  private readonly routes: readonly Route[];
  /** By instrument. */
  private readonly routeOf: (Route | undefined)[] = [];

  /** An order ring for each venue of the run. */
  constructor(live: LiveIdentity, orders: readonly SpscShared[]) {
    this.live = live;
    this.routes = orders.map((shared) => new Route(shared));
  }

  /** Whether every ring has room for what one more input may lead to. */
  get hasRoom(): boolean {
    return this.routes.every(({ writer, isGone }) => isGone || writer.room >= RESERVE);
  }

  isGone(venue: number): boolean {
    return this.routes[venue].isGone;
  }

  send(orders: Orders, action: OrderAction, orderId: number, cause: number, trace: number): void {
    const route = this.routeOf[orders.instrument[orderId]];
    if (route === undefined || route.isGone || this.isMuted) return;
    try {
      route.outlet.send(orders, action, orderId, cause, trace);
    } catch (error) {
      lose(route, error);
    }
  }

  define(instrument: number, def: InstrumentDef): void {
    const { venue, symbol } = placeOf(this.live, def.symbol);
    this.routeOf[instrument] = this.routes[venue];
    this.use(this.routes[venue], (outlet) => outlet.define(instrument, symbol, def));
  }

  query(orders: Orders, orderId: number): void {
    this.use(this.routeOf[orders.instrument[orderId]], (outlet) => outlet.query(orders, orderId));
  }

  reconcile(venue: number, number: number): void {
    this.use(this.routes[venue], (outlet) => outlet.reconcile(number));
  }

  /** Whatever is still open goes; nothing else will be sent. */
  end(): void {
    for (const route of this.routes) {
      this.use(route, (outlet) => outlet.cancelAll());
      route.writer.close();
    }
  }

  /** Off the hot path. */
  private use(route: Route | undefined, send: (outlet: OrderRingOutlet) => void): void {
    if (route === undefined || route.isGone || this.isMuted) return;
    try {
      send(route.outlet);
    } catch (error) {
      lose(route, error);
    }
  }
}

/** The gateway of the route is gone; anything else is a bug. */
function lose(route: Route, error: unknown): void {
  if (!(error instanceof ReaderGoneError)) throw error;
  route.isGone = true;
}
