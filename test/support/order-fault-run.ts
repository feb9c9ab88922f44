/**
 * A gateway against the whole exchange while that makes one fault of orders, in virtual time: random orders, cancels and
 * replaces on a market that moves. When the fault is over, both sides must agree: open orders, executions, position, balances;
 * no order was sent twice, none is forgotten, and whatever was not answered was asked about.
 */
import assert from 'node:assert/strict';
import { OrderSide, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import type { Account } from '../../src/exchange/accounts.ts';
import { makeTestKeys } from '../../src/exchange/binance/api-keys.ts';
import type { FaultName } from '../../src/exchange/fault-spec.ts';
import { FaultGate } from '../../src/exchange/faults.ts';
import { LEDGER_UNIT } from '../../src/exchange/listing.ts';
import type { Market } from '../../src/exchange/market.ts';
import { protocolKinds } from '../../src/exchange/protocols.ts';
import { type Venue, VenueServer } from '../../src/exchange/venue-server.ts';
import type { BinanceMarket } from '../../src/gateway/binance/dialect.ts';
import { DEFAULT_TIMES } from '../../src/gateway/binance/session.ts';
import { CommissionAsset, GatewayStanding } from '../../src/gateway/venue-message.ts';
import type { NetRequest, Peer } from '../../src/net/server.ts';
import { type GatewayEngine, TEST_TAG } from './gateway-engine.ts';
import { virtualGateway, virtualGatewayWorld } from './virtual-gateway.ts';
import { settled, VIRTUAL_START_US, VirtualWorld } from './virtual-world.ts';

export const ORDER_FAULTS = [
  'reject-order',
  'lose-order',
  'lose-ack',
  'delay',
  'stall',
  'disconnect',
  'refuse-429',
  'ban-418',
  'skew',
] as const satisfies readonly FaultName[];
export type OrderFault = (typeof ORDER_FAULTS)[number];

/** The fault as often and as long as a seed has it. '' where the run itself makes it: the exchange cuts market data only. */
function specOf(fault: OrderFault, random: Prng): string {
  const chance = (0.02 + 0.5 * random.unit() ** 2).toFixed(3);
  const ms = (least: number, more: number): string => `${least + random.below(more)}ms`;
  if (fault === 'disconnect') return '';
  if (fault === 'delay') return `delay:${ms(1, random.below(3) === 0 ? 6000 : 500)}@${chance}`;
  if (fault === 'stall') return `stall:${ms(50, random.below(4) === 0 ? 20_000 : 1500)}@${ms(20_001, 2000)}`;
  if (fault === 'skew') return `skew:${random.below(2) === 0 ? '' : '-'}${ms(1, 10 ** (1 + random.below(6)))}`;
  return `${fault}:${chance}`;
}

const FAULTY_MS = 5_000;
/** Whatever happened, both sides agree so long after it: delays of reconnects grow to 30 s, silence is noticed after 15 s. */
const HEALING_MS = 300_000;
const LOOK_MS = 50;
const ENDPOINT = { spot: 'binance', usdm: 'binance-usdm' } as const;
const API = { spot: '/ws-api/v3', usdm: '/ws-fapi/v1' } as const;

export interface OrderFaultRun {
  /** How often the fault happened. */
  readonly made: number;
  readonly orders: number;
  readonly fills: number;
  /** Requests that were worked on or not, and never answered; each was asked about. */
  readonly unanswered: number;
  readonly reconnects: number;
  /** Virtual ms from the end of the fault until both sides agree. */
  readonly healedMs: number;
}

/** What came to the exchange on the wire. */
class Wiretap {
  /** Names of orders that were asked for. */
  readonly placed = new Set<string>();
  /** By method and name: how often that was asked for. */
  readonly requests = new Map<string, number>();
  /** Names that were asked about. */
  readonly asked = new Set<string>();
  /** Names of orders whose request met a loss. */
  readonly lost = new Set<string>();
  readonly peers = new Set<Peer<unknown>>();
  connections = 0;
  private readonly gate: FaultGate;

  constructor(gate: FaultGate) {
    this.gate = gate;
  }

  /** A machine whose server tells what passes. */
  on(world: VirtualWorld): Pick<VirtualWorld, 'listen' | 'every'> {
    return {
      every: (ms, work) => world.every(ms, work),
      listen: (options, handlers) =>
        world.listen(options, {
          ...handlers,
          open: (peer) => {
            this.connections++;
            this.peers.add(peer);
            handlers.open(peer);
          },
          closed: (peer, code, reason) => {
            this.peers.delete(peer);
            handlers.closed(peer, code, reason);
          },
          message: (peer, frame, isBinary) => {
            const { method, params = {} } = JSON.parse(frame.toString('utf8'));
            this.watch(String(method), new Map(Object.entries(params)), () => handlers.message(peer, frame, isBinary));
          },
          http: (request: NetRequest) => {
            const isOrder = request.path.endsWith('/order');
            const method = { POST: 'order.place', DELETE: 'order.cancel', GET: 'order.status' }[request.method] ?? '';
            const params = new URLSearchParams(request.query);
            return this.watch(isOrder ? method : '', new Map(params), () => handlers.http(request));
          },
        }),
    };
  }

  private watch<T>(method: string, params: ReadonlyMap<string, unknown>, pass: () => T): T {
    const placed = /place|cancelReplace/.test(method) ? String(params.get('newClientOrderId')) : '';
    const name = placed === '' ? String(params.get('origClientOrderId')) : placed;
    const before = this.losses();
    const out = pass();
    if (placed !== '') {
      this.placed.add(placed);
      const request = `${method} of ${placed}`;
      this.requests.set(request, (this.requests.get(request) ?? 0) + 1);
    }
    if (method === 'order.status') this.asked.add(name);
    if (this.losses() > before) this.lost.add(name);
    return out;
  }

  private losses(): number {
    const counts = this.gate.counts();
    return (counts['lose-order'] ?? 0) + (counts['lose-ack'] ?? 0);
  }
}

export async function orderFaultRun(market: BinanceMarket, fault: OrderFault, seed: number): Promise<OrderFaultRun> {
  const random = new Prng(seed);
  const world = new VirtualWorld(random.u32(), true);
  const nowUs = (): number => world.nowUs();
  const spec = specOf(fault, random);
  const what = `${ENDPOINT[market]}, ${spec === '' ? fault : spec}, seed ${seed}`;
  const gate = new FaultGate('', random.u32(), nowUs, (ms, work) => world.after(ms, work));
  const tap = new Wiretap(gate);
  const server = await VenueServer.start({
    kinds: protocolKinds([ENDPOINT[market]]),
    assets: ['BTC'],
    seed: random.u32(),
    rate: 20 + random.below(60),
    faults: gate,
    net: {
      port: 0,
      host: 'venue',
      maxFrameBytes: 1 << 16,
      maxBodyBytes: 1 << 16,
      maxBacklogBytes: 1 << 26,
      idleSeconds: 60,
    },
    machine: tap.on(world),
    nowUs,
  });
  const [venue] = server.venues;
  const keys = makeTestKeys(venue.exchange);
  const { apiKey, secret } = keys[random.below(keys.length)];
  const account = venue.exchange.accounts.open('test');
  const arrivals = new Map<string, number>();
  venue.exchange.listen({
    ordered: ({ clientOrderId }, event) => {
      if (event.is === 'new') arrivals.set(clientOrderId, (arrivals.get(clientOrderId) ?? 0) + 1);
    },
  });
  const deposits = new Map([...account.balances].map(([asset, { free }]) => [asset, free]));
  const base = server.baseOf(venue.protocol);
  const settings = {
    market,
    endpoints: { api: `ws://${base}${API[market]}`, rest: `http://${base}`, streams: `ws://${base}` },
    tag: TEST_TAG,
    venue: 0,
    midnightMs: VIRTUAL_START_US / 1000,
    times: { ...DEFAULT_TIMES, answerMs: 1_000, recvWindowMs: 1_000, marginMs: 500 },
    deadManMs: 0,
  };
  const scene = virtualGateway(
    settings,
    { apiKey, secret },
    venue.exchange.markets[0],
    virtualGatewayWorld(world, random),
  );
  const { engine } = scene;
  const run = (ms: number): Promise<void> => world.runUntil(world.nowMs() + ms, scene.work);
  const until = async (isSo: () => boolean, why: string): Promise<void> => {
    for (const endMs = world.nowMs() + HEALING_MS; !isSo(); await run(LOOK_MS)) {
      const lines = engine.lines.slice(-4).join('; ');
      assert.ok(world.nowMs() < endMs, `${what}: never ${why}: standing ${engine.standing}; ${engine.wrong}; ${lines}`);
    }
  };
  try {
    await until(() => engine.standing === GatewayStanding.Ready, 'ready');
    gate.set(spec);
    const ids: number[] = [];
    let cuts = 0;
    const endMs = world.nowMs() + FAULTY_MS + (fault === 'stall' ? 20_000 : 0);
    while (world.nowMs() < endMs) {
      act(engine, venue.exchange.markets[0], random, ids);
      await run(random.below(fault === 'stall' ? 500 : 150));
      if (fault !== 'disconnect' || random.below(12) > 0) continue;
      cuts++;
      for (const peer of tap.peers) peer.terminate();
    }
    const made = fault === 'skew' ? 1 : fault === 'disconnect' ? cuts : (gate.counts()[fault] ?? 0);
    // The venue's clock may stay wrong; it may be put right just as well.
    gate.set(fault === 'skew' && random.below(2) === 0 ? spec : '');
    server.setRate(0);
    const overMs = world.nowMs();
    await until(() => ids.every((id) => !isPending(engine, id)), 'answered');
    await until(() => engine.standing === GatewayStanding.Ready, 'ready again');
    // What was said of executions and not told by events shows here.
    engine.reconcile();
    await until(() => engine.settled === engine.lastReconciliation, 'settled');
    const healedMs = world.nowMs() - overMs;
    agree(what, engine, venue, account, deposits, tap, arrivals);
    return {
      made,
      orders: tap.placed.size,
      fills: engine.oms.executions.count,
      unanswered: tap.lost.size,
      reconnects: tap.connections,
      healedMs,
    };
  } finally {
    scene.stop();
    await run(100);
    await settled();
    await server.close();
  }
}

function act(engine: GatewayEngine, market: Market, random: Prng, ids: number[]): void {
  const open = ids.filter((id) => engine.isOpen(id) && !isPending(engine, id));
  const pick = open.length === 0 ? 0 : open[random.below(open.length)];
  const dice = random.below(10);
  const [bid] = market.depth(true, 1);
  const [ask] = market.depth(false, 1);
  if (bid === undefined || ask === undefined) return;
  const isBuy = pick === 0 || dice < 6 ? random.below(2) === 0 : engine.oms.orders.side[pick] === OrderSide.Buy;
  // Some take, most stand at the touch or behind it.
  const away = random.below(400) - 60;
  const priceTicks = isBuy ? ask - away : bid + away;
  const qtyLots = 10 + random.below(2_000);
  if (pick === 0 || dice < 6) {
    const side = isBuy ? OrderSide.Buy : OrderSide.Sell;
    const timeInForce = random.below(6) === 0 ? TimeInForce.Ioc : TimeInForce.Gtc;
    ids.push(engine.order({ side, qtyLots, priceTicks, timeInForce }));
  } else if (dice < 8) engine.cancel(pick);
  else engine.replace(pick, engine.oms.orders.cumQtyLots[pick] + qtyLots, priceTicks);
}

function isPending(engine: GatewayEngine, id: number): boolean {
  const { orders } = engine.oms;
  return orders.status[id] === 1 || orders.cancelClOrdId[id] !== 0 || orders.replaceClOrdId[id] !== 0; // 1: PendingNew
}

function agree(
  what: string,
  engine: GatewayEngine,
  { exchange }: Venue,
  account: Account,
  deposits: ReadonlyMap<string, bigint>,
  tap: Wiretap,
  arrivals: ReadonlyMap<string, number>,
): void {
  const { orders, executions } = engine.oms;
  const [market] = exchange.markets;
  assert.deepEqual(engine.wrong, [], what);
  // A cancelReplace that was refused, and did nothing, may be followed by a cancel and an order of that name.
  for (const [request, times] of tap.requests) assert.equal(times, 1, `${what}: ${request} was sent ${times} times`);
  for (const [name, times] of arrivals) assert.equal(times, 1, `${what}: ${name} came in ${times} times`);
  for (const name of tap.lost) assert.ok(tap.asked.has(name), `${what}: ${name} was not answered and not asked about`);
  const row = (name: string, lots: number, ticks: number): string => `${name} ${lots} @ ${ticks}`;
  const ours: string[] = [];
  for (let id = 1; id <= orders.count; id++) {
    const name = `th${TEST_TAG}-${orders.clOrdId[id]}`;
    if (engine.isOpen(id)) ours.push(row(name, orders.leavesQtyLots[id], orders.priceTicks[id]));
  }
  const theirs = [...account.open].map((order) => row(order.clientOrderId, order.leavesLots, order.priceTicks));
  assert.deepEqual(ours.sort(), theirs.sort(), `${what}: open orders`);
  // Exact: executions at their prices, and what was paid for them.
  let lots = 0n;
  let value = 0n;
  for (let fill = 1; fill <= executions.count; fill++) {
    const isBuy = orders.side[executions.orderId[fill]] === OrderSide.Buy;
    const signed = BigInt(isBuy ? executions.qtyLots[fill] : -executions.qtyLots[fill]);
    lots += signed;
    value += signed * BigInt(executions.pxTicks[fill]);
  }
  const { base, quote, priceDecimals, qtyDecimals, kind } = market.listing;
  for (const [asset, told] of engine.balances) {
    const { free, locked } = account.balance(asset);
    if (kind === 'spot')
      assert.deepEqual([told.free, told.locked], [Number(free), Number(locked)], `${what}: ${asset}`);
    else if (asset === quote) assert.equal(told.free, Number(free + locked), `${what}: ${asset}`);
  }
  assert.ok(engine.balances.has(quote), `${what}: balances were told`);
  if (kind !== 'spot') {
    assert.equal(BigInt(account.position(market).lots), lots, `${what}: the position`);
    assert.equal(engine.positionLots, Number(lots), `${what}: the position told`);
  } else {
    const paid = (asset: CommissionAsset): bigint => engine.paid.get(asset) ?? 0n;
    const total = (asset: string): bigint => account.balance(asset).free + account.balance(asset).locked;
    const lotUnits = LEDGER_UNIT / 10n ** BigInt(qtyDecimals);
    const valueUnits = LEDGER_UNIT / 10n ** BigInt(qtyDecimals + priceDecimals);
    assert.equal(
      total(base),
      (deposits.get(base) ?? 0n) + lots * lotUnits - paid(CommissionAsset.Base),
      `${what}: ${base}`,
    );
    const spent = value * valueUnits + paid(CommissionAsset.Quote);
    assert.equal(total(quote), (deposits.get(quote) ?? 0n) - spent, `${what}: ${quote}`);
  }
  engine.oms.checkInvariants();
  exchange.checkInvariants();
}
