/**
 * Drives OrderManager and its naive twin with the same seeded sequence of tickets, requests and reports, and compares
 * outcomes, calls to the listener and every column of every order touched, after each event; all orders every so often.
 * A ScriptedVenue tells the truth; the profile says in what order, how often twice, and how much nonsense comes with it.
 */
import assert from 'node:assert/strict';
import { ExecReport } from '../../src/core/exec-report.ts';
import {
  ExecType,
  isTerminal,
  ORD_STATUS_TEXT,
  type OrderSide,
  OrdStatus,
  OrdType,
  RejectCode,
} from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { OMS_OUTCOME_TEXT, OmsOutcome } from '../../src/core/record.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';
import { ORDER_ACTS, ORDER_STATUSES, OrderAct } from '../../src/oms/transitions.ts';
import { type NaiveListener, NaiveOms, type NaiveOrder, type NaiveReport } from './naive-oms.ts';
import { ScriptedVenue } from './oms-venue.ts';

export interface OmsProfile {
  readonly name: string;
  /** Reports arrive in any order, not in the venue's. */
  readonly isShuffled: boolean;
  /** The venue busts and corrects. */
  readonly takesBack: boolean;
  /** Of a hundred events, how many are reports delivered a second time, and reports that are made up. */
  readonly duplicatePercent: number;
  readonly nonsensePercent: number;
  /** Orders that things happen to. */
  readonly window: number;
  readonly maxQty: number;
  readonly price: number;
  readonly rescales: boolean;
}

/** What was seen over one or many runs. */
export class OmsCoverage {
  events = 0;
  readonly outcomes = new Float64Array(OMS_OUTCOME_TEXT.length);
  /** taken[status * ORDER_ACTS + act]: bits of the statuses it led to. */
  readonly taken = new Uint16Array(ORDER_STATUSES * ORDER_ACTS);
  readonly refused = new Uint8Array(ORDER_STATUSES * ORDER_ACTS);
}

const INSTRUMENTS = 3;
const STRATEGIES = 2;

export function runOmsTwins(seed: number, profile: OmsProfile, events: number, coverage = new OmsCoverage()): OmsTwins {
  const twins = new OmsTwins(seed, profile, coverage);
  const end = coverage.events + events;
  while (coverage.events < end) twins.step();
  twins.finish();
  return twins;
}

type Command = (desk: Desk) => number;

/** What an engine does around an order manager, for either of the twins. */
interface Desk {
  readonly oms: OrderManager | NaiveOms;
  /** Only the real one's orders go to the venue. */
  readonly venue: ScriptedVenue | null;
  readonly trace: number[];
}

export class OmsTwins {
  readonly oms: OrderManager;
  readonly naive: NaiveOms;
  readonly venue: ScriptedVenue;
  private readonly seed: number;
  private readonly profile: OmsProfile;
  private readonly coverage: OmsCoverage;
  private readonly prng: Prng;
  private readonly real: Desk;
  private readonly model: Desk;
  private readonly report = new ExecReport();
  /** Lots and money of each order as told by onExecution. */
  private readonly booked: { qty: bigint; cash: bigint }[] = [{ qty: 0n, cash: 0n }];
  private readonly touched = new Set<number>();
  private readonly delivered: NaiveReport[] = [];
  private nowNs = 1;
  private rescalesLeft = 4;
  private event = '';

  constructor(seed: number, profile: OmsProfile, coverage: OmsCoverage) {
    this.seed = seed;
    this.profile = profile;
    this.coverage = coverage;
    this.prng = new Prng(seed);
    this.venue = new ScriptedVenue(new Prng(seed + 1), profile.takesBack);
    const realTrace: number[] = [];
    const modelTrace: number[] = [];
    const tracer = (trace: number[], desk: () => Desk): NaiveListener => ({
      onOrderChanged: (orderId, before, outcome) => {
        trace.push(1, orderId, before, outcome);
        this.touched.add(orderId);
      },
      onExecution: (orderId, execId, side, qty, px) => trace.push(2, orderId, execId, side, qty, px),
      wantsCancel: (orderId) => {
        trace.push(3, orderId);
        if (orderId % 8 !== 0) this.cancel(desk(), orderId);
      },
      wantsRelease: (orderId) => {
        trace.push(4, orderId);
        this.send(desk(), orderId);
      },
    });
    const listener = tracer(realTrace, () => this.real);
    this.oms = new OrderManager(
      {
        onOrderChanged: (orderId, before, outcome, report) => {
          listener.onOrderChanged(orderId, before, outcome);
          if (report !== null) this.cover(orderId, before, outcome, report.execType);
        },
        onExecution: (orderId, execId, side, qty, px) => {
          listener.onExecution(orderId, execId, side, qty, px);
          this.booked[orderId].qty += BigInt(qty);
          this.booked[orderId].cash += BigInt(qty) * BigInt(px);
        },
        wantsCancel: listener.wantsCancel,
        wantsRelease: listener.wantsRelease,
      },
      { orders: 16, executions: 16 },
    );
    this.naive = new NaiveOms(tracer(modelTrace, () => this.model));
    this.real = { oms: this.oms, venue: this.venue, trace: realTrace };
    this.model = { oms: this.naive, venue: null, trace: modelTrace };
  }

  /** One event; the venue may act in between. */
  step(): void {
    this.nowNs++;
    this.venue.step(this.profile.window);
    const dice = this.prng.below(100);
    const { duplicatePercent, nonsensePercent } = this.profile;
    if (dice < nonsensePercent) this.deliver(this.nonsense());
    else if (dice < nonsensePercent + duplicatePercent && this.delivered.length > 0) this.deliver(this.again());
    else if (this.prng.below(100) < 60 && this.venue.pool.length > 0) this.deliver(this.next());
    else this.ask();
    if (this.coverage.events % 1000 === 0) this.compareAll();
    if (this.profile.rescales && this.prng.below(3000) === 0) this.rescale();
  }

  /** Everything that is under way arrives; the venue's truth is ours then, if it said nothing but the truth. */
  finish(): void {
    for (this.venue.settle(); this.venue.pool.length > 0; this.venue.settle()) this.deliver(this.next());
    this.compareAll();
    if (this.profile.nonsensePercent > 0 || (this.profile.takesBack && this.profile.isShuffled)) return;
    const { orders } = this.oms;
    for (const truth of this.venue.orders) {
      const what = `seed ${this.seed}, order ${truth.orderId}, all reports of a truthful venue having arrived`;
      assert.equal(orders.cumQtyLots[truth.orderId], truth.cum, what);
      if (this.profile.takesBack) continue;
      const isOver = isTerminal(orders.status[truth.orderId]);
      assert.equal(isOver, !truth.isLive, `${what}: ${ORD_STATUS_TEXT[orders.status[truth.orderId]]}`);
      if (!isOver) {
        assert.equal(orders.leavesQtyLots[truth.orderId], truth.qty - truth.cum, what);
        assert.equal(orders.priceTicks[truth.orderId], truth.price, what);
        assert.equal(orders.clOrdId[truth.orderId], truth.clOrdId, what);
      }
    }
  }

  // Events

  private ask(): void {
    const { prng, oms } = this;
    const dice = prng.below(100);
    if (dice < 40 || oms.orders.count === 0) {
      this.newOrder();
      return;
    }
    const orderId = this.anOrder();
    const strategy = prng.below(40) === 0 ? STRATEGIES - oms.orders.strategy[orderId] : oms.orders.strategy[orderId];
    if (dice < 65) {
      this.both(`cancel ${orderId}`, (desk) => this.cancel(desk, orderId, strategy));
    } else if (dice < 96) {
      const qty = prng.below(3) === 0 ? oms.orders.cumQtyLots[orderId] + prng.below(2) : this.qty();
      const price = this.profile.price + prng.below(50);
      this.both(`replace ${orderId} to ${qty} at ${price}`, (desk) =>
        this.replace(desk, orderId, strategy, qty, price),
      );
    } else {
      this.both(`refuse a replace of ${orderId}`, (desk) => {
        desk.oms.refuseReplace(orderId, RejectCode.MaxQty, this.nowNs);
        return 0;
      });
    }
  }

  private newOrder(): void {
    const { prng, naive } = this;
    const strategy = prng.below(STRATEGIES);
    if (prng.below(12) === 0) {
      const [instrument, side, qty] = [prng.below(INSTRUMENTS), 1 + prng.below(2), this.qty() * 2];
      this.both('create a parent', ({ oms }) => oms.createParent(strategy, instrument, side, qty));
    }
    if (prng.below(8) === 0) {
      const kind = prng.below(16) === 0 ? 7 : 1 + prng.below(2);
      this.both('create a group', ({ oms }) => oms.createGroup(strategy, kind));
    }
    const parentId = prng.below(2) === 0 ? 0 : Math.max(0, naive.parents.length - prng.below(4));
    const parent = naive.parents[parentId - 1];
    const isChild = parent !== undefined && prng.below(10) > 0;
    const type = prng.below(4) === 0 ? OrdType.Stop : OrdType.Limit;
    const qtyLots = this.qty();
    const ticket = {
      instrument: isChild ? parent.instrument : prng.below(INSTRUMENTS),
      side: (isChild ? parent.side : 1 + prng.below(2)) as OrderSide,
      qtyLots,
      priceTicks: this.profile.price + prng.below(50),
      type,
      displayQtyLots: prng.below(3) === 0 ? 1 + prng.below(qtyLots) : 0,
      parentId,
      groupId: prng.below(2) === 0 ? 0 : Math.max(0, naive.groups.length - prng.below(3)),
      clOrdId: this.ownClOrdId(),
    };
    const owner = isChild && prng.below(10) > 0 ? parent.strategy : strategy;
    this.booked.push({ qty: 0n, cash: 0n });
    this.both(`new order ${JSON.stringify(ticket)}`, (desk) => {
      const orderId = desk.oms.create(owner, owner, ticket, this.nowNs);
      this.touched.add(orderId);
      const isHeld = desk.oms instanceof NaiveOms ? desk.oms.order(orderId).isHeld : desk.oms.isHeld(orderId);
      if (!isHeld) this.send(desk, orderId);
      return orderId;
    });
  }

  /** Mostly none; else fresh, or one that was used or will be given by the counter, or nonsense. */
  private ownClOrdId(): number {
    switch (this.prng.below(24)) {
      case 0:
        return 2 ** 40 + this.prng.below(1e9);
      case 1:
        return 1 + this.prng.below(this.oms.orders.count * 2 + 20);
      case 2:
        return [-3, 1.5, Number.NaN, 2 ** 53][this.prng.below(4)];
      default:
        return 0;
    }
  }

  private anOrder(): number {
    const { count } = this.oms.orders;
    return Math.max(1, count - this.prng.below(this.profile.window));
  }

  private qty(): number {
    return 1 + this.prng.below(this.profile.maxQty);
  }

  private next(): NaiveReport {
    const { pool } = this.venue;
    if (!this.profile.isShuffled) return pool.shift()!;
    const at = this.prng.below(pool.length);
    const report = pool[at];
    pool[at] = pool[pool.length - 1];
    pool.pop();
    return report;
  }

  private again(): NaiveReport {
    return this.delivered[this.prng.below(this.delivered.length)];
  }

  /** A report made up, or a true one with something wrong about it. */
  private nonsense(): NaiveReport {
    const { prng, oms, naive, delivered } = this;
    const orderId = this.anOrder();
    const chain = [...(naive.order(orderId)?.chain ?? [0])];
    const qty = this.qty();
    const cum = Math.max(0, (oms.orders.cumQtyLots[orderId] ?? 0) + (prng.below(5) - 2) * qty);
    const report: NaiveReport = {
      execType: prng.below(ExecType.Restated + 2),
      orderId,
      clOrdId: chain[prng.below(chain.length)],
      origClOrdId: prng.below(2) === 0 ? 0 : chain[prng.below(chain.length)],
      execId: 2 ** 45 + prng.below(2 ** 31),
      refExecId: delivered.length === 0 ? 0 : this.again().execId,
      lastQtyLots: qty,
      lastPxTicks: this.profile.price + prng.below(9),
      cumQtyLots: cum,
      leavesQtyLots: 0,
      orderQtyLots: Math.max(qty, cum),
      priceTicks: this.profile.price + prng.below(9),
      venueNs: this.nowNs - prng.below(40),
      rejectCode: 0,
    };
    if (report.execType === ExecType.TradeCancel || report.execType === ExecType.TradeCorrect) {
      const { fills } = naive.order(orderId) ?? { fills: [] };
      if (fills.length > 0) report.refExecId = fills[prng.below(fills.length)].execIds[0];
    }
    if (prng.below(3) === 0) {
      const keys = Object.keys(report) as (keyof NaiveReport)[];
      const values = [
        0,
        1,
        -1,
        0.5,
        Number.NaN,
        2 ** 53,
        cum,
        qty,
        orderId + 1,
        delivered.length === 0 ? 3 : this.again().execId,
      ];
      report[keys[prng.below(keys.length)]] = values[prng.below(values.length)];
    }
    return report;
  }

  private deliver(report: NaiveReport): void {
    this.both(`report ${JSON.stringify(report)}`, (desk) => {
      if (desk.oms instanceof NaiveOms) return desk.oms.apply(report, this.nowNs);
      Object.assign(this.report.clear(), report);
      const outcome = desk.oms.apply(this.report, this.nowNs);
      this.expectTruthBelieved(report, outcome);
      return outcome;
    });
    if (report.execId !== 0 && this.delivered.length < 5000) this.delivered.push({ ...report });
    else if (report.execId !== 0) this.delivered[this.prng.below(5000)] = { ...report };
  }

  /** However the reports of a truthful venue are shuffled: unless it takes executions back, none of them may be refused. */
  private expectTruthBelieved(report: NaiveReport, outcome: number): void {
    if (this.profile.nonsensePercent > 0 || (this.profile.takesBack && this.profile.isShuffled)) return;
    const isBelieved = outcome === OmsOutcome.Applied || outcome === OmsOutcome.Duplicate;
    assert.ok(isBelieved, `${OMS_OUTCOME_TEXT[outcome]} at ${this.where()}, of order ${report.orderId}`);
  }

  private rescale(): void {
    if (this.rescalesLeft-- <= 0) return;
    const instrument = this.prng.below(INSTRUMENTS);
    const [a, b] = [10 ** this.prng.below(2), 10 ** this.prng.below(2)];
    this.oms.rescale(instrument, a, b);
    this.naive.rescale(instrument, a, b);
    this.venue.rescale(instrument, a, b);
    for (let id = 1; id <= this.oms.orders.count; id++) {
      if (this.oms.orders.instrument[id] !== instrument) continue;
      this.booked[id].qty *= BigInt(b);
      this.booked[id].cash *= BigInt(a) * BigInt(b);
    }
    this.event = `rescale of ${instrument} by ${a}, ${b}`;
    this.compareAll();
  }

  // What a desk does

  private send(desk: Desk, orderId: number): void {
    const { oms, venue } = desk;
    const { orders } = this.oms;
    const order = oms instanceof NaiveOms ? oms.order(orderId) : null;
    const clOrdId = orders.clOrdId[orderId];
    const isUsed = order === null ? this.oms.isClOrdIdUsed(clOrdId, orderId) : !order.chain.has(order.clOrdId);
    const qty = order === null ? orders.qtyLots[orderId] : order.ticketQty;
    let code = isUsed ? RejectCode.DuplicateClOrdId : (oms.checkGroup(orderId) as RejectCode);
    if (code === RejectCode.None) code = oms.checkParent(orderId, qty) as RejectCode;
    if (code === RejectCode.None && orderId % 19 === 0) code = RejectCode.MaxQty;
    if (venue !== null) {
      const act = code === RejectCode.None ? OrderAct.Sent : OrderAct.Refused;
      const next = code === RejectCode.None ? OrdStatus.PendingNew : OrdStatus.Rejected;
      this.coverage.taken[OrdStatus.PendingNew * ORDER_ACTS + act] |= 1 << next;
    }
    if (code !== RejectCode.None) {
      oms.reject(orderId, code, this.nowNs);
      return;
    }
    oms.sent(orderId, this.nowNs);
    venue?.submit(orderId, orders.instrument[orderId], orders.type[orderId], clOrdId, qty, orders.priceTicks[orderId]);
  }

  private cancel(desk: Desk, orderId: number, strategy = this.oms.orders.strategy[orderId]): number {
    const code = desk.oms.checkCancel(orderId, strategy);
    if (code !== RejectCode.None) return -code;
    if (desk.venue !== null)
      this.coverLocal(orderId, this.oms.isHeld(orderId) ? OrderAct.CancelHeld : OrderAct.BeginCancel);
    const clOrdId = desk.oms.beginCancel(orderId, this.nowNs);
    if (clOrdId !== 0) desk.venue?.cancel(orderId, clOrdId);
    return clOrdId;
  }

  private replace(desk: Desk, orderId: number, strategy: number, qty: number, price: number): number {
    let code = desk.oms.checkReplace(orderId, strategy);
    if (code === RejectCode.None) code = qty < 1 ? RejectCode.BadQty : desk.oms.checkParent(orderId, qty);
    if (code !== RejectCode.None) return -code;
    if (desk.venue !== null) this.coverLocal(orderId, OrderAct.BeginReplace);
    const clOrdId = desk.oms.beginReplace(orderId, qty, price, this.nowNs);
    desk.venue?.replace(orderId, clOrdId, qty, price);
    return clOrdId;
  }

  // Comparison

  private both(event: string, command: Command): void {
    this.coverage.events++;
    this.event = event;
    this.touched.clear();
    this.real.trace.length = 0;
    this.model.trace.length = 0;
    const result = command(this.real);
    const expected = command(this.model);
    if (result !== expected) assert.fail(`${result} instead of ${expected} at ${this.where()}`);
    const isSame = this.real.trace.every((value, i) => Object.is(value, this.model.trace[i]));
    if (!isSame || this.real.trace.length !== this.model.trace.length) {
      assert.deepEqual(this.real.trace, this.model.trace, `calls at ${this.where()}`);
    }
    for (const orderId of this.touched) if (orderId !== 0) this.compareOrder(orderId);
    let sum = 0;
    for (const count of this.oms.countByStatus) sum += count;
    if (sum !== this.naive.orders.length) assert.fail(`${sum} orders by status at ${this.where()}`);
  }

  private compareOrder(orderId: number): void {
    const { orders } = this.oms;
    const order = this.naive.order(orderId);
    const expected = this.expectedColumns(order);
    const actual = [
      orders.status[orderId],
      orders.statusBefore[orderId],
      orders.cumQtyLots[orderId],
      orders.leavesQtyLots[orderId],
      orders.qtyLots[orderId],
      orders.priceTicks[orderId],
      orders.displayQtyLots[orderId],
      orders.clOrdId[orderId],
      orders.pendingClOrdId[orderId],
      orders.pendingQtyLots[orderId],
      orders.pendingPriceTicks[orderId],
      orders.pendingDisplayQtyLots[orderId],
      orders.rejectCode[orderId],
      orders.changedNs[orderId],
      this.oms.worstLeavesLots(orderId),
      this.oms.worstPriceTicks(orderId),
      Number(this.oms.isHeld(orderId)),
    ];
    for (let i = 0; i < actual.length; i++) {
      if (actual[i] !== expected[i]) assert.deepEqual(actual, expected, `order ${orderId} at ${this.where()}`);
    }
    const value = BigInt(orders.cumValueHi[orderId]) * 2n ** 53n + BigInt(orders.cumValueLo[orderId]);
    if (value !== this.naive.value(order)) assert.fail(`value of order ${orderId} at ${this.where()}`);
    const { qty, cash } = this.booked[orderId];
    if (Number(qty) !== expected[2] || cash !== value) assert.fail(`fills told of order ${orderId} at ${this.where()}`);
    if (this.naive.parents[order.parentId - 1] !== undefined) this.compareParent(order.parentId);
  }

  private expectedColumns(order: NaiveOrder): number[] {
    const { naive } = this;
    const { qty, price } = naive.terms(order);
    const replace = naive.openRequest(order, 'replace');
    const pending = order.end === null ? (naive.openRequest(order, 'cancel') ?? replace) : undefined;
    return [
      naive.status(order),
      naive.statusBefore(order),
      naive.cum(order),
      naive.leaves(order),
      qty,
      price,
      naive.displayOf(order),
      order.clOrdId,
      pending?.clOrdId ?? 0,
      replace?.qty ?? 0,
      replace?.price ?? 0,
      replace?.display ?? 0,
      order.rejectCode,
      order.changedNs,
      naive.worstLeaves(order),
      naive.worstPrice(order),
      Number(order.isHeld),
    ];
  }

  private compareParent(parentId: number): void {
    const { parents } = this.oms;
    const parent = this.naive.parents[parentId - 1];
    const cum = parent.children.reduce((sum, child) => sum + this.naive.cum(child), 0);
    const committed = this.naive.committed(parentId);
    const what = `parent ${parentId} at ${this.where()}`;
    if (cum > committed || committed > parent.qty) assert.fail(`${what}: ${cum}, ${committed} of ${parent.qty}`);
    if (parents.cumQtyLots[parentId] !== cum) assert.fail(`${what}: executed`);
    if (parents.availableLots(parentId) !== parent.qty - committed) assert.fail(`${what}: available`);
    const value = BigInt(parents.cumValueHi[parentId]) * 2n ** 53n + BigInt(parents.cumValueLo[parentId]);
    if (value !== parent.children.reduce((sum, child) => sum + this.naive.value(child), 0n))
      assert.fail(`${what}: value`);
  }

  /** Everything, and what must be conserved: orders, position and cash. */
  private compareAll(): void {
    const { oms, naive } = this;
    const counts = new Array<number>(ORDER_STATUSES).fill(0);
    const position = new Array<bigint>(INSTRUMENTS).fill(0n);
    const cash = new Array<bigint>(INSTRUMENTS).fill(0n);
    oms.checkInvariants();
    for (const order of naive.orders) {
      this.compareOrder(order.id);
      counts[naive.status(order)]++;
      const sign = order.side === 1 ? 1n : -1n;
      position[order.instrument] += sign * (BigInt(naive.cum(order)) - this.booked[order.id].qty);
      cash[order.instrument] += sign * (naive.value(order) - this.booked[order.id].cash);
    }
    assert.deepEqual([...oms.countByStatus], counts, `orders by status at ${this.where()}`);
    assert.ok(
      [...position, ...cash].every((gap) => gap === 0n),
      `position and cash are sums of fills at ${this.where()}`,
    );
    this.compareLists();
  }

  private compareLists(): void {
    const { oms, naive } = this;
    const open = naive.orders.filter((order) => order.end === null && (order.isSent || order.isHeld));
    open.sort((a, b) => a.listedAt - b.listedAt);
    for (let strategy = 0; strategy < STRATEGIES; strategy++) {
      const expected = open.filter((order) => order.strategy === strategy).map((order) => order.id);
      const found: number[] = [];
      for (let id = oms.firstOpenOf(strategy); id !== 0; id = oms.nextOpenOf(id)) found.push(id);
      assert.equal(oms.openCount(strategy), expected.length, `open orders at ${this.where()}`);
      assert.deepEqual(found, expected, `open orders of ${strategy} at ${this.where()}`);
    }
    for (let instrument = 0; instrument < INSTRUMENTS; instrument++) {
      for (const side of [1, 2]) {
        const expected = open.filter((order) => order.isSent && order.instrument === instrument && order.side === side);
        const found: number[] = [];
        for (let id = oms.firstOpen(instrument, side); id !== 0; id = oms.nextOpen(id)) found.push(id);
        const ids = expected.map((order) => order.id);
        assert.deepEqual(found, ids, `open orders of instrument ${instrument} at ${this.where()}`);
      }
    }
  }

  private cover(orderId: number, before: number, outcome: number, execType: number): void {
    const { outcomes, taken, refused } = this.coverage;
    outcomes[outcome]++;
    if (!(execType >= 0 && execType < ORDER_ACTS)) return;
    const at = before * ORDER_ACTS + execType;
    if (outcome === OmsOutcome.Applied) taken[at] |= 1 << this.oms.orders.status[orderId];
    if (outcome === OmsOutcome.Refused) refused[at] = 1;
  }

  private coverLocal(orderId: number, act: number): void {
    const next = act === OrderAct.BeginReplace ? OrdStatus.PendingReplace : OrdStatus.PendingCancel;
    const at = this.oms.orders.status[orderId] * ORDER_ACTS + act;
    this.coverage.taken[at] |= 1 << (act === OrderAct.CancelHeld ? OrdStatus.Canceled : next);
  }

  private where(): string {
    return `seed ${this.seed}, profile ${this.profile.name}, event ${this.coverage.events}: ${this.event}`;
  }
}
