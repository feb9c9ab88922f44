/** The gateway to Binance, spot or USD-M: what the engine asks for, what the venue says, and how both are kept together. */
import { messageOf } from '../../core/errors.ts';
import { RejectCode } from '../../core/order.ts';
import { exact } from '../exact.ts';
import { type Listing, Listings, qtyText } from '../listings.ts';
import { OrderTag } from '../order-tag.ts';
import type { OrderTerms } from '../order-terms.ts';
import { Teller } from '../teller.ts';
import type { VenueGateway } from '../venue-gateway.ts';
import { type KeyMaterial, VenueKey } from '../venue-key.ts';
import { GatewayStanding } from '../venue-message.ts';
import type { VenueMessageWriter } from '../venue-ring.ts';
import { type GatewayWorld, MACHINE, sleep } from '../world.ts';
import { Balances } from './balances.ts';
import type { BinanceMarket } from './dialect.ts';
import { futuresBalanceUpdate, futuresUpdate, type JsonObject, spotBalances, spotUpdate } from './facts.ts';
import { LiveOrder, Placement } from './live-order.ts';
import { LiveOrders } from './live-orders.ts';
import { OrderFlows } from './order-flows.ts';
import { Reconciler } from './reconcile.ts';
import { type BinanceEndpoints, BinanceSession, DEFAULT_TIMES, type SessionTimes } from './session.ts';

export interface BinanceSettings {
  readonly market: BinanceMarket;
  readonly endpoints: BinanceEndpoints;
  /** 8 hex digits, fixed per log. */
  readonly tag: string;
  /** Index of the venue in the run's list. */
  readonly venue: number;
  /** The session's midnight, epoch ms. */
  readonly midnightMs: number;
  readonly times?: Partial<SessionTimes>;
  /** USD-M: the venue cancels everything when it heard nothing for so long; 0: never. */
  readonly deadManMs: number;
}

/** A reconciliation that fails is tried again after this, doubled up to the second: what fails may be for somebody to mend. */
const RECONCILE_AGAIN_MS = 500;
const RECONCILE_AGAIN_MAX_MS = 15_000;
/** How long `cancelAll` goes on. */
const CANCEL_ALL_MS = 10_000;

export class BinanceGateway implements VenueGateway {
  private readonly settings: BinanceSettings;
  private readonly session: BinanceSession;
  private readonly listings = new Listings();
  private readonly teller: Teller;
  private readonly orders: LiveOrders;
  private readonly balances: Balances;
  private readonly flows: OrderFlows;
  private readonly reconciler: Reconciler;
  private readonly say: (line: string) => void;
  /** Requests under way: a reconciliation waits for what became of them. */
  private readonly underWay = new Set<Promise<void>>();
  private readonly world: GatewayWorld;
  private readonly startedMs: number;
  /** Counts the times that the session came up or broke. */
  private epoch = 0;
  private isUp = false;
  private isStopped = false;
  private deadManAtMs = 0;

  /** `say`: one line for people, without secrets. Throws TapeheadError for a key that is none. */
  constructor(
    settings: BinanceSettings,
    key: KeyMaterial,
    writer: VenueMessageWriter,
    say: (line: string) => void,
    world: GatewayWorld = MACHINE,
  ) {
    this.settings = settings;
    this.world = world;
    this.startedMs = world.nowMs();
    this.say = say;
    this.teller = new Teller(writer, settings.venue, settings.midnightMs, world);
    this.orders = new LiveOrders(this.listings, new OrderTag(settings.tag), this.teller, world);
    this.balances = new Balances(this.teller);
    this.session = new BinanceSession(
      settings.market,
      settings.endpoints,
      new VenueKey(key),
      { ...DEFAULT_TIMES, ...settings.times },
      {
        up: () => this.guard(() => this.onUp()),
        down: (why) => this.guard(() => this.onDown(GatewayStanding.Down, why)),
        failed: (why) => this.guard(() => this.onDown(GatewayStanding.Failed, why)),
        event: (event) => this.guard(() => this.onEvent(event)),
      },
      world,
    );
    this.flows = new OrderFlows(this.session, settings.market, this.orders, this.teller);
    this.reconciler = new Reconciler(
      this.session,
      settings.market,
      this.listings,
      this.orders,
      this.flows,
      this.balances,
      this.teller,
    );
  }

  start(): void {
    void this.session.run();
  }

  stop(): void {
    this.isStopped = true;
    this.flows.stop();
    this.session.stop();
  }

  define(instrument: number, symbol: string, priceDecimals: number, qtyDecimals: number): void {
    this.listings.define(instrument, symbol, priceDecimals, qtyDecimals);
  }

  place(instrument: number, terms: OrderTerms, clOrdId: number, qtyLots: number): void {
    const listing = this.listingAt(instrument);
    if (listing !== null) this.begin(this.flows.place(listing, terms, clOrdId, qtyLots));
  }

  replace(instrument: number, origClOrdId: number, clOrdId: number, qtyLots: number, priceTicks: number): void {
    const order = this.orderOf(instrument, origClOrdId);
    if (order !== null) this.queue(order, () => this.flows.replace(order, clOrdId, qtyLots, priceTicks));
  }

  cancel(instrument: number, origClOrdId: number, clOrdId: number): void {
    const order = this.orderOf(instrument, origClOrdId);
    if (order !== null) this.queue(order, () => this.flows.cancel(order, clOrdId));
  }

  query(instrument: number, clOrdId: number, origClOrdId: number, qtyLots: number): void {
    const listing = this.listingAt(instrument);
    if (listing === null) return;
    const known = this.orders.placement(clOrdId);
    if (known !== undefined) {
      this.queue(known.order, () => this.flows.resolve(known));
      return;
    }
    const name = this.orders.nameOf(clOrdId);
    const order = new LiveOrder(listing, null, clOrdId, name, exact(qtyText(listing, qtyLots)), '0');
    if (origClOrdId !== 0) order.current = new Placement(order, clOrdId, name, origClOrdId);
    order.isAdopted = true;
    // Sent by an earlier run, before this one began.
    const { recvWindowMs, marginMs } = this.session.times;
    order.current.validUntilMs = this.startedMs + recvWindowMs + marginMs;
    this.orders.add(order);
    this.queue(order, () => this.flows.resolve(order.current));
  }

  reconcile(number: number): void {
    if (!this.isUp) return; // the engine is told when there is something to reconcile with
    const { epoch } = this;
    const isCurrent = (): boolean => this.epoch === epoch && !this.isStopped;
    const waitFor = [...this.underWay];
    void (async () => {
      await Promise.all(waitFor);
      for (let waitMs = RECONCILE_AGAIN_MS; ; waitMs = Math.min(2 * waitMs, RECONCILE_AGAIN_MAX_MS)) {
        try {
          if (!(await this.reconciler.run(isCurrent))) return;
          this.teller.settled(number);
          this.teller.standing(GatewayStanding.Ready, 0);
          return;
        } catch (error) {
          if (!isCurrent()) return;
          this.say(`reconciliation: ${messageOf(error)}; trying again`);
          await sleep(this.world, waitMs);
        }
      }
    })().catch((error: unknown) => this.fail(error));
  }

  async cancelAll(number: number): Promise<void> {
    const untilMs = this.world.nowMs() + CANCEL_ALL_MS;
    await this.quiet(CANCEL_ALL_MS / 2);
    for (let left = 1; left > 0 && this.world.nowMs() < untilMs && !this.isStopped; ) {
      try {
        const open = (await this.reconciler.openOrders()).filter((fact) => this.orders.isOurs(fact));
        left = open.length;
        for (const fact of open) {
          const placement = this.orders.take(fact);
          if (placement !== null) await this.flows.cancel(placement.order, 0);
        }
      } catch (error) {
        this.say(`cancelling all: ${messageOf(error)}; trying again`);
        await sleep(this.world, 200);
      }
    }
    await this.setDeadMan(0);
    if (number !== 0 && !this.isStopped) this.guard(() => this.teller.settled(number));
  }

  /** Until nothing is under way, at most so long. */
  private async quiet(withinMs: number): Promise<void> {
    const untilMs = this.world.nowMs() + withinMs;
    while (this.underWay.size > 0 && this.world.nowMs() < untilMs && !this.isStopped) {
      await sleep(this.world, 5);
    }
  }

  heartbeat(): void {
    const { deadManMs } = this.settings;
    const nowMs = this.world.nowMs();
    if (deadManMs === 0 || !this.isUp || nowMs < this.deadManAtMs) return;
    this.deadManAtMs = nowMs + deadManMs / 3;
    void this.setDeadMan(deadManMs);
  }

  /** Of every instrument; 0 ends it. Spot has none: what a dead engine leaves there stays (docs/orders-live.md). */
  private async setDeadMan(countdownTime: number): Promise<void> {
    const { deadMan } = this.session.operations;
    if (deadMan === null || this.settings.deadManMs === 0) return;
    for (const { symbol } of this.listings.all()) {
      const answer = await this.session.call(deadMan, { symbol, countdownTime });
      if (!answer.ok && !this.isStopped)
        this.say(`dead-man timer of ${symbol}: ${answer.error.code} ${answer.error.text}`);
    }
  }

  private onUp(): void {
    this.epoch++;
    this.isUp = true;
    this.deadManAtMs = 0;
    this.teller.standing(GatewayStanding.Reconciling, 0);
  }

  private onDown(standing: number, why: string): void {
    this.epoch++;
    this.isUp = false;
    this.say(`connection: ${why}`);
    this.teller.standing(standing, standing === GatewayStanding.Failed ? RejectCode.VenueRefused : 0);
  }

  private onEvent(event: JsonObject): void {
    if (event.e === 'executionReport' || event.e === 'ORDER_TRADE_UPDATE') {
      const fact = event.e === 'executionReport' ? spotUpdate(event) : futuresUpdate(event);
      const placement = this.orders.take(fact);
      if (placement?.missesTrades === true) this.flows.fetchLater(placement);
    } else if (event.e === 'outboundAccountPosition') {
      for (const fact of spotBalances(event)) this.balances.event(fact);
    } else if (event.e === 'ACCOUNT_UPDATE') {
      for (const fact of futuresBalanceUpdate(event)) this.balances.event(fact);
    }
  }

  private listingAt(instrument: number): Listing | null {
    const listing = this.listings.at(instrument);
    if (listing === undefined) this.fail(new Error(`instrument ${instrument} was not defined before its order`));
    return listing ?? null;
  }

  /** The order with this ClOrdID; one that an earlier run sent is known by its name alone. */
  private orderOf(instrument: number, clOrdId: number): LiveOrder | null {
    const listing = this.listingAt(instrument);
    if (listing === null) return null;
    const known = this.orders.of(clOrdId);
    if (known !== undefined) return known;
    const order = new LiveOrder(listing, null, clOrdId, this.orders.nameOf(clOrdId), 0n, '0');
    order.isAdopted = true;
    this.orders.add(order);
    return order;
  }

  private queue(order: LiveOrder, flow: () => Promise<void>): void {
    this.orders.beginRequest(order);
    const done = order.queue.then(flow).finally(() => this.orders.endRequest(order));
    order.queue = done.catch(() => {});
    this.begin(done);
  }

  private begin(done: Promise<void>): void {
    const held = done
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.underWay.delete(held);
      });
    this.underWay.add(held);
  }

  private guard(action: () => void): void {
    if (this.isStopped) return;
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Something that can't be told right, or nobody to tell it to: the engine must not go on as if it knew. */
  private fail(error: unknown): void {
    if (this.isStopped) return;
    this.stop();
    this.say(`the gateway stops: ${messageOf(error)}`);
    try {
      this.teller.standing(GatewayStanding.Failed, RejectCode.VenueRefused);
    } catch {
      this.say('and the engine is gone');
    }
  }
}
