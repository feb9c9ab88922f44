/**
 * The engine's end of a gateway's rings, with a real order manager: sends orders, takes reports, reconciles when it is told to,
 * and writes down whatever the order manager would not take.
 */
import assert from 'node:assert/strict';
import { ExecReport } from '../../src/core/exec-report.ts';
import { isTerminal, OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import { OmsOutcome, OrderAction } from '../../src/core/record.ts';
import type { Market } from '../../src/exchange/market.ts';
import { BinanceGateway, type BinanceSettings } from '../../src/gateway/binance/gateway.ts';
import type { SessionTimes } from '../../src/gateway/binance/session.ts';
import { GatewayStage } from '../../src/gateway/gateway-stage.ts';
import { OrderCommandWriter } from '../../src/gateway/order-command.ts';
import { OrderRingOutlet } from '../../src/gateway/order-outlet.ts';
import type { KeyMaterial } from '../../src/gateway/venue-key.ts';
import { GatewayAction, GatewayStanding, VenueMessage } from '../../src/gateway/venue-message.ts';
import { MessageWord, VenueMessageReader, VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';
import { createSpsc, SpscReader, type SpscShared } from '../../src/ring/spsc.ts';
import { HMAC_KEY, type TestVenue } from './binance-venue.ts';

export const TEST_TAG = '00c0ffee';
export const FAST: SessionTimes = {
  answerMs: 200,
  connectMs: 10_000,
  silenceMs: 15_000,
  recvWindowMs: 300,
  marginMs: 60,
  backoffMs: 4,
  backoffMaxMs: 30,
  stableMs: 0,
  clockEveryMs: 60_000,
};
const INSTRUMENT = 2;

export interface TermsAsked {
  side?: OrderSide;
  qtyLots: number;
  priceTicks: number;
  type?: OrdType;
  timeInForce?: TimeInForce;
  flags?: number;
}

export class GatewayEngine {
  readonly oms: OrderManager;
  readonly lines: string[] = [];
  /** Reports that the order manager did not take, and other things that must not be. */
  readonly wrong: string[] = [];
  /** Of the last reconciliation. */
  openOrders: { clOrdId: number; side: number; priceTicks: number; qtyLots: number; cumLots: number }[] = [];
  positionLots: number | null = null;
  readonly balances = new Map<string, { free: number; locked: number }>();
  readonly unknown: number[] = [];
  /** Commissions of the executions that were taken, by CommissionAsset, in units of 1e-8. */
  readonly paid = new Map<number, bigint>();
  standing = -1;
  settled = 0;
  reports = 0;
  /** Answered with Reconcile by itself. */
  reconciles = true;
  readonly commands: OrderCommandWriter;
  private readonly messages: VenueMessageReader;
  private readonly outlet: OrderRingOutlet;
  private readonly idOf = new Map<number, number>();
  private readonly report = new ExecReport();
  private reconciliation = 0;
  private now = 1;

  constructor(orders: SpscShared, messages: SpscShared, oms?: OrderManager) {
    this.commands = new OrderCommandWriter(orders);
    this.messages = new VenueMessageReader(new SpscReader(messages));
    this.outlet = new OrderRingOutlet(this.commands);
    const nothing = { onOrderChanged: () => {}, onExecution: () => {}, wantsCancel: () => {}, wantsRelease: () => {} };
    this.oms = oms ?? new OrderManager(nothing);
  }

  /** After a restart: the orders of the engine before, which knew them by these ClOrdIDs. */
  knows(clOrdIds: ReadonlyMap<number, number>): void {
    for (const [clOrdId, orderId] of clOrdIds) this.idOf.set(clOrdId, orderId);
  }

  get clOrdIds(): ReadonlyMap<number, number> {
    return this.idOf;
  }

  define(symbol: string, priceDecimals: number, qtyDecimals: number): void {
    const { fields } = this.commands;
    const name = new Float64Array(3);
    Buffer.from(name.buffer).write(symbol);
    fields.fill(0);
    fields.set(name);
    fields.set([priceDecimals, qtyDecimals], 3);
    this.commands.send(GatewayAction.Define, 0, 0, 0, INSTRUMENT, 0);
  }

  buy(qtyLots: number, priceTicks: number, more: Partial<TermsAsked> = {}): number {
    return this.order({ side: OrderSide.Buy, qtyLots, priceTicks, ...more });
  }

  sell(qtyLots: number, priceTicks: number, more: Partial<TermsAsked> = {}): number {
    return this.order({ side: OrderSide.Sell, qtyLots, priceTicks, ...more });
  }

  order(asked: TermsAsked): number {
    const ticket = {
      instrument: INSTRUMENT,
      side: OrderSide.Buy,
      type: OrdType.Limit,
      timeInForce: TimeInForce.Gtc,
      ...asked,
    };
    const id = this.oms.create(0, 0, ticket, ++this.now);
    this.oms.sent(id, this.now);
    this.idOf.set(this.oms.orders.clOrdId[id], id);
    this.outlet.send(this.oms.orders, OrderAction.New, id, 1, 0);
    return id;
  }

  cancel(id: number): void {
    this.idOf.set(this.oms.beginCancel(id, ++this.now), id);
    this.outlet.send(this.oms.orders, OrderAction.Cancel, id, 1, 0);
  }

  replace(id: number, qtyLots: number, priceTicks: number): void {
    this.idOf.set(this.oms.beginReplace(id, qtyLots, priceTicks, ++this.now), id);
    this.outlet.send(this.oms.orders, OrderAction.Replace, id, 1, 0);
  }

  control(action: number, clOrdId: number, origClOrdId = 0, qtyLots = 0): void {
    const { fields } = this.commands;
    fields.fill(0);
    fields.set([clOrdId, origClOrdId, qtyLots]);
    this.commands.send(action, 0, 0, 0, INSTRUMENT, 0);
  }

  reconcile(): void {
    this.control(GatewayAction.Reconcile, ++this.reconciliation);
  }

  get lastReconciliation(): number {
    return this.reconciliation;
  }

  isOpen(id: number): boolean {
    return !isTerminal(this.oms.orders.status[id]);
  }

  /** Takes everything that is there. */
  poll(): void {
    const { messages } = this;
    for (; messages.next(); messages.done()) this.take();
  }

  /** Polls until it is so; fails, with the state, when it does not become so. */
  async until(isSo: () => boolean, what: string, withinMs = 40_000): Promise<void> {
    const endMs = performance.now() + withinMs;
    for (;;) {
      this.poll();
      if (isSo()) return;
      if (performance.now() > endMs) {
        assert.fail(`${what}: standing ${this.standing}, wrong [${this.wrong}], said [${this.lines.slice(-5)}]`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  ready(): Promise<void> {
    return this.until(() => this.standing === GatewayStanding.Ready, 'the gateway is ready');
  }

  private take(): void {
    const { view } = this.messages;
    switch (view.kind) {
      case VenueMessage.Report:
        this.takeReport();
        break;
      case VenueMessage.Standing:
        this.standing = view.word(2);
        if (this.standing !== GatewayStanding.Reconciling) break;
        this.openOrders = [];
        if (this.reconciles) this.reconcile();
        break;
      case VenueMessage.OpenOrder: {
        const [side, clOrdId, , priceTicks, qtyLots, cumLots] = [2, 3, 4, 5, 6, 7].map((word) => view.word(word));
        this.openOrders.push({ clOrdId, side, priceTicks, qtyLots, cumLots });
        break;
      }
      case VenueMessage.Position:
        this.positionLots = view.word(2);
        break;
      case VenueMessage.Balance:
        this.balances.set(view.asset(), { free: view.word(4), locked: view.word(5) });
        break;
      case VenueMessage.Settled:
        this.settled = view.word(2);
        break;
      case VenueMessage.Unknown:
        this.unknown.push(view.word(2));
        break;
      default:
        this.wrong.push(`kind ${view.kind}`);
    }
  }

  private takeReport(): void {
    const { report } = this;
    this.messages.view.copyReport(report);
    this.reports++;
    report.orderId = this.idOf.get(report.clOrdId) ?? 0;
    const outcome = this.oms.apply(report, ++this.now);
    if (outcome === OmsOutcome.Applied && report.execId !== 0) {
      const { view } = this.messages;
      const asset = view.word(MessageWord.CommissionAsset);
      this.paid.set(asset, (this.paid.get(asset) ?? 0n) + BigInt(view.word(MessageWord.Commission)));
    }
    if (outcome === OmsOutcome.Applied || outcome === OmsOutcome.Duplicate) return;
    const status = this.oms.orders.status[report.orderId];
    this.wrong.push(`outcome ${outcome}: ExecType ${report.execType} of ClOrdID ${report.clOrdId} while ${status}`);
  }
}

export interface GatewayScene {
  readonly engine: GatewayEngine;
  readonly gateway: BinanceGateway;
  end(): Promise<void>;
}

export function settingsFor(venue: TestVenue, more: Partial<BinanceSettings> = {}): BinanceSettings {
  return {
    market: venue.entry.desk.isSpot ? 'spot' : 'usdm',
    endpoints: venue.endpoints,
    tag: TEST_TAG,
    venue: 0,
    midnightMs: Date.now() - (Date.now() % 86_400_000),
    times: FAST,
    deadManMs: 0,
    ...more,
  };
}

/** A gateway in this thread, and the engine's end of its rings; the instrument is defined. */
export function startGateway(
  venue: TestVenue,
  more: Partial<BinanceSettings> = {},
  key: KeyMaterial = HMAC_KEY,
  oms?: OrderManager,
): GatewayScene {
  return openGateway(settingsFor(venue, more), key, venue.market, oms);
}

export function openGateway(
  settings: BinanceSettings,
  key: KeyMaterial,
  market: Market,
  oms?: OrderManager,
): GatewayScene {
  const orders = createSpsc(256);
  const messages = createSpsc(4096);
  const engine = new GatewayEngine(orders, messages, oms);
  const gateway = new BinanceGateway(settings, key, new VenueMessageWriter(messages), (line) => {
    engine.lines.push(line);
  });
  const stage = new GatewayStage(new SpscReader(orders), gateway, { durableSeq: null, enginePulse: () => 0 });
  engine.define(market.symbol, market.listing.priceDecimals, market.listing.qtyDecimals);
  stage.doWork(1);
  gateway.start();
  const running = stage.run();
  return {
    engine,
    gateway,
    end: async () => {
      gateway.stop();
      engine.commands.close();
      await running;
    },
  };
}

/** Runs with a venue and closes it whatever happens. */
export async function withVenue(
  venue: TestVenue,
  run: (venue: TestVenue, start: typeof startGateway) => Promise<void>,
): Promise<void> {
  const scenes: GatewayScene[] = [];
  try {
    await run(venue, (...args) => {
      const scene = startGateway(...args);
      scenes.push(scene);
      return scene;
    });
  } finally {
    for (const scene of scenes) await scene.end();
    await venue.close();
  }
}
