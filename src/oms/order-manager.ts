/**
 * The order manager: owns every order's life from the strategy's ticket to its last execution.
 *
 *   create ── (pre-trade risk) ── sent ── apply(report) ...        or reject, where risk refuses
 *                                  beginReplace / beginCancel ── apply(the answer)
 *
 * It knows orders and reports only. What changed it tells its listener, and what is to be done (a group's cancel, a
 * bracket's release) it asks of it. Reports may come twice, late, in any order, for orders never seen, with quantities that
 * can't be true: report-check.ts decides what is applied, and nothing of the others is.
 *
 * After each report: CumQty is the sum of the executions that arrived and still stand, LeavesQty = max(0, OrderQty - CumQty)
 * while the order is open and 0 once it is over, the status is where the order stands (standing.ts) and a step that the table
 * in transitions.ts allows. An order that the venue has ended may still have executions on their way: the CumQty that the
 * ending report states says how many; they are accepted and stay committed, further ones are refused.
 *
 * Everything is O(1) per call and allocates nothing once the tables are large enough. All quantities in lots, prices in
 * ticks, times in session ns.
 */
import { assert } from '../core/assert.ts';
import type { ExecReport } from '../core/exec-report.ts';
import type { Fnv64 } from '../core/hash.ts';
import { ExecType, isTerminal, OrderSide, type OrderTicket, OrdStatus, RejectCode } from '../core/order.ts';
import { OmsOutcome } from '../core/record.ts';
import { Wide } from '../core/wide.ts';
import type { Executions } from './executions.ts';
import { GroupWork } from './group-work.ts';
import type { Groups } from './groups.ts';
import { copyTicket } from './intake.ts';
import { checkLife, foldOrders } from './invariants.ts';
import { OrderLife } from './order-life.ts';
import { OrderMark, type Orders } from './orders.ts';
import type { Parents } from './parents.ts';
import { checkReport } from './report-check.ts';
import { rescaleOrders } from './rescale.ts';
import { committedLots } from './standing.ts';
import { mayHappen, OrderAct, pairText } from './transitions.ts';

/**
 * Called when the order manager's state is complete, so all of its methods may be called from here (but no second report
 * applied from within onExecution). For one report, in this order: onExecution, onOrderChanged, then what a group wants.
 */
export interface OmsListener {
  /**
   * An order changed, or a report was not applied: then `outcome` says why and nothing changed; `orderId` is 0 where there
   * is no such order. `report` is null for what happened here (outcome Local).
   */
  onOrderChanged(orderId: number, statusBefore: number, outcome: OmsOutcome, report: ExecReport | null): void;
  /** A fill. `qtyLots` is negative where one is taken back: a bust; a correction is a bust (of the ExecID it refers to) and a new one. */
  onExecution(
    orderId: number,
    execId: number,
    side: number,
    qtyLots: number,
    pxTicks: number,
    report: ExecReport,
  ): void;
  /** The order's group asks for its cancel: `beginCancel`, and send it (unless that returns 0). */
  wantsCancel(orderId: number): void;
  /** A held order may go now, its quantity set: pre-trade risk, then `sent` or `reject`. */
  wantsRelease(orderId: number): void;
}

export interface OmsOptions {
  /** Orders and executions to make room for. */
  readonly orders?: number;
  readonly executions?: number;
}

export class OrderManager {
  /** Every order, by OrderID: for reading. */
  readonly orders: Orders;
  readonly executions: Executions;
  readonly parents: Parents;
  readonly groups: Groups;
  /** How many orders are in each OrdStatus; they add up to `orders.count`. */
  readonly countByStatus: Float64Array;
  private readonly life: OrderLife;
  private readonly listener: OmsListener;
  private readonly groupWork: GroupWork;
  private readonly value = new Wide();

  constructor(listener: OmsListener, options: OmsOptions = {}) {
    const orders = options.orders ?? 1 << 10;
    this.life = new OrderLife(orders, options.executions ?? orders);
    this.orders = this.life.orders;
    this.executions = this.life.executions;
    this.parents = this.life.parents;
    this.groups = this.life.groups;
    this.countByStatus = this.life.countByStatus;
    this.listener = listener;
    this.groupWork = new GroupWork(this, this.life, listener);
  }

  /**
   * A new order out of a ticket, PendingNew, not sent. Returns its OrderID, 0 when the table is full. A ClOrdID that was
   * used before or makes no sense is not registered: `isClOrdIdUsed(clOrdId, orderId)` tells, and risk refuses.
   */
  create(strategy: number, account: number, ticket: OrderTicket, nowNs: number): number {
    const { life, orders } = this;
    const orderId = life.add(strategy, account, nowNs);
    if (orderId === 0) return 0;
    copyTicket(orders, orderId, ticket);
    orders.clOrdId[orderId] = life.takeClOrdId(ticket.clOrdId ?? 0, orderId);
    life.joinGroup(orderId);
    return orderId;
  }

  /** Whether the order waits here for the entry of its bracket: don't check or send it, `wantsRelease` will ask for that. */
  isHeld(orderId: number): boolean {
    return (this.orders.marks[orderId] & OrderMark.Held) !== 0;
  }

  /** Refused before it was sent. */
  reject(orderId: number, code: RejectCode, nowNs: number): void {
    const { orders } = this;
    assert((orders.marks[orderId] & OrderMark.Sent) === 0, 'an order is refused before it is sent');
    orders.rejectCode[orderId] = code;
    this.moveHere(orderId, OrderAct.Refused, OrdStatus.Rejected, nowNs);
  }

  /** Risk lets it go with less than it asked for (self-trade prevention). */
  shrinkUnsent(orderId: number, qtyLots: number): void {
    const { orders } = this;
    assert((orders.marks[orderId] & OrderMark.Sent) === 0, 'an order shrinks before it is sent');
    if (qtyLots >= orders.qtyLots[orderId]) return;
    orders.qtyLots[orderId] = qtyLots;
    if (orders.displayQtyLots[orderId] > qtyLots) orders.displayQtyLots[orderId] = qtyLots;
  }

  /** It passed risk and leaves for the venue now. */
  sent(orderId: number, nowNs: number): void {
    const { orders } = this;
    const marks = orders.marks[orderId];
    assert((marks & (OrderMark.Sent | OrderMark.Held)) === 0, 'an order is sent once, and not while it is held');
    assert(
      this.life.clOrdIds.get(orders.clOrdId[orderId]) === orderId,
      'the ClOrdID of an order that is sent is its own',
    );
    assert(Number.isSafeInteger(orders.qtyLots[orderId]) && orders.qtyLots[orderId] > 0, 'a whole quantity is sent');
    this.life.send(orderId);
    this.moveHere(orderId, OrderAct.Sent, OrdStatus.PendingNew, nowNs);
  }

  checkReplace(orderId: number, strategy: number): RejectCode {
    const code = this.checkCancel(orderId, strategy);
    if (code !== RejectCode.None) return code;
    if (this.isHeld(orderId)) return RejectCode.OrderNotOpen;
    return this.orders.replaceClOrdId[orderId] !== 0 ? RejectCode.RequestPending : RejectCode.None;
  }

  /** A cancel may follow a pending replace, not a pending cancel. */
  checkCancel(orderId: number, strategy: number): RejectCode {
    const { orders } = this;
    if (!orders.has(orderId) || orders.strategy[orderId] !== strategy) return RejectCode.UnknownOrder;
    if (isTerminal(orders.status[orderId])) return RejectCode.OrderNotOpen;
    if ((orders.marks[orderId] & (OrderMark.Sent | OrderMark.Held)) === 0) return RejectCode.OrderNotOpen;
    return orders.cancelClOrdId[orderId] !== 0 ? RejectCode.RequestPending : RejectCode.None;
  }

  /** A replace that passed `checkReplace`, `checkParent` and risk leaves now, for the whole order's quantity. Returns its ClOrdID. */
  beginReplace(orderId: number, qtyLots: number, priceTicks: number, nowNs: number): number {
    const { orders } = this;
    const displayQtyLots = orders.displayQtyLots[orderId];
    const committedBefore = committedLots(orders, orderId);
    this.assertMayAsk(orderId, OrderAct.BeginReplace);
    assert(Number.isSafeInteger(qtyLots) && qtyLots > 0, 'a whole quantity is asked for');
    const clOrdId = this.life.takeClOrdId(0, orderId);
    orders.replaceClOrdId[orderId] = clOrdId;
    orders.pendingQtyLots[orderId] = qtyLots;
    orders.pendingPriceTicks[orderId] = Number.isNaN(priceTicks) ? 0 : priceTicks;
    orders.pendingDisplayQtyLots[orderId] = displayQtyLots > qtyLots ? qtyLots : displayQtyLots;
    this.life.commit(orderId, committedBefore);
    this.moveHere(orderId, OrderAct.BeginReplace, OrdStatus.PendingReplace, nowNs);
    return clOrdId;
  }

  /** A cancel that passed `checkCancel` leaves now. Returns its ClOrdID, or 0: the order was held here and is cancelled already. */
  beginCancel(orderId: number, nowNs: number): number {
    const { orders } = this;
    if (this.isHeld(orderId)) {
      this.moveHere(orderId, OrderAct.CancelHeld, OrdStatus.Canceled, nowNs);
      return 0;
    }
    this.assertMayAsk(orderId, OrderAct.BeginCancel);
    const clOrdId = this.life.takeClOrdId(0, orderId);
    orders.cancelClOrdId[orderId] = clOrdId;
    this.moveHere(orderId, OrderAct.BeginCancel, OrdStatus.PendingCancel, nowNs);
    return clOrdId;
  }

  /** A replace was refused here, so there is none: the order stands, and says why. */
  refuseReplace(orderId: number, code: RejectCode, nowNs: number): void {
    this.orders.rejectCode[orderId] = code;
    this.orders.changedNs[orderId] = nowNs;
    this.listener.onOrderChanged(orderId, this.orders.status[orderId], OmsOutcome.Local, null);
  }

  /** Takes in what a venue says. */
  apply(report: ExecReport, nowNs: number): OmsOutcome {
    const { orders, listener } = this;
    const outcome = checkReport(orders, this.life.clOrdIds, this.executions, report);
    if (outcome !== OmsOutcome.Applied) {
      const orderId = orders.has(report.orderId) ? report.orderId : 0;
      listener.onOrderChanged(orderId, orders.status[orderId], outcome, report);
      return outcome;
    }
    const { orderId, execType, execId, refExecId } = report;
    const side = orders.side[orderId];
    const statusBefore = orders.status[orderId];
    const committedBefore = committedLots(orders, orderId);
    const corrected = this.executions.standingFill(refExecId, orderId);
    const oldQtyLots = this.executions.qtyLots[corrected];
    const oldPxTicks = this.executions.pxTicks[corrected];

    this.life.take(report, corrected);
    this.life.moveTo(orderId, execType, this.life.statusAfter(report), nowNs);
    this.life.commit(orderId, committedBefore);

    if (execType === ExecType.TradeCancel || execType === ExecType.TradeCorrect) {
      listener.onExecution(orderId, refExecId, side, -oldQtyLots, oldPxTicks, report);
    }
    if (execType === ExecType.Trade || execType === ExecType.TradeCorrect) {
      listener.onExecution(orderId, execId, side, report.lastQtyLots, report.lastPxTicks, report);
    }
    listener.onOrderChanged(orderId, statusBefore, outcome, report);
    this.groupWork.follow(orderId, execType === ExecType.Trade, nowNs);
    return outcome;
  }

  /** Open orders of an instrument's side at the venue, oldest first; 0 ends. Ask for the next before you end one. */
  firstOpen(instrument: number, side: number): number {
    return this.life.bySide.firstOf(instrument * 2 + side - 1);
  }

  nextOpen(orderId: number): number {
    return this.life.bySide.nextOf(orderId);
  }

  /** Open orders of a strategy, held ones among them. */
  firstOpenOf(strategy: number): number {
    return this.life.byStrategy.firstOf(strategy);
  }

  nextOpenOf(orderId: number): number {
    return this.life.byStrategy.nextOf(orderId);
  }

  openCount(strategy: number): number {
    return this.life.byStrategy.countOf(strategy);
  }

  /** What may still be executed, at worst: over every pending request; after the end, what is still on its way. */
  worstLeavesLots(orderId: number): number {
    return committedLots(this.orders, orderId) - this.orders.cumQtyLots[orderId];
  }

  /** The price that is worse for us of the order's and that of a pending replace: the higher one of a buy. */
  worstPriceTicks(orderId: number): number {
    const { orders } = this;
    const price = orders.priceTicks[orderId];
    if (orders.replaceClOrdId[orderId] === 0) return price;
    const asked = orders.pendingPriceTicks[orderId];
    const isWorse = orders.side[orderId] === OrderSide.Buy ? asked > price : asked < price;
    return isWorse ? asked : price;
  }

  /** NaN before the first fill. Exact to the rounding of the quotient: the sum behind it is. */
  avgPxTicks(orderId: number): number {
    const { orders } = this;
    const cum = orders.cumQtyLots[orderId];
    if (cum === 0) return Number.NaN;
    return this.value.set(orders.cumValueHi[orderId], orders.cumValueLo[orderId]).toNumber() / cum;
  }

  /** The order that this ClOrdID belongs to, its own or that of a request; 0 where there is none. */
  orderOf(clOrdId: number): number {
    if (!Number.isSafeInteger(clOrdId) || clOrdId <= 0) return 0;
    const orderId = this.life.clOrdIds.get(clOrdId);
    return orderId > 0 ? orderId : 0;
  }

  /** The ClOrdID that the next request will be given. */
  upcomingClOrdId(): number {
    return this.life.upcomingClOrdId();
  }

  /**
   * Whether a ClOrdID was used before (or can't be one). An order has its own from `create` on: give its OrderID as
   * `exceptOrderId` to ask whether that one is a duplicate.
   */
  isClOrdIdUsed(clOrdId: number, exceptOrderId = 0): boolean {
    if (!Number.isSafeInteger(clOrdId) || clOrdId <= 0) return true;
    const owner = this.life.clOrdIds.get(clOrdId);
    return owner >= 0 && owner !== exceptOrderId;
  }

  /** Id of the new parent; 0 where side or quantity make no sense. */
  createParent(strategy: number, instrument: number, side: number, qtyLots: number): number {
    return this.parents.create(strategy, instrument, side, qtyLots);
  }

  /** Whether an order, new or to be replaced, may have `qtyLots` as its whole quantity as far as its parent goes. */
  checkParent(orderId: number, qtyLots: number): RejectCode {
    const { orders, parents } = this;
    const parentId = orders.parentId[orderId];
    if (parentId === 0) return RejectCode.None;
    if (!parents.has(parentId) || parents.strategy[parentId] !== orders.strategy[orderId])
      return RejectCode.UnknownOrder;
    if (parents.instrument[parentId] !== orders.instrument[orderId]) return RejectCode.ParentQty;
    if (parents.side[parentId] !== orders.side[orderId]) return RejectCode.ParentQty;
    const more = qtyLots - committedLots(orders, orderId);
    return more <= 0 || more <= parents.availableLots(parentId) ? RejectCode.None : RejectCode.ParentQty;
  }

  /** Id of the new group; 0 where there is no such kind. */
  createGroup(strategy: number, kind: number): number {
    return this.groups.create(strategy, kind);
  }

  /** BadGroup when the order names a group that did not admit it. */
  checkGroup(orderId: number): RejectCode {
    const isOutside = this.orders.groupId[orderId] !== 0 && (this.orders.marks[orderId] & OrderMark.Grouped) === 0;
    return isOutside ? RejectCode.BadGroup : RejectCode.None;
  }

  /** The instrument's units became finer: prices and quantities held are multiplied. O(orders + executions). */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    rescaleOrders(this.orders, instrument, priceFactor, qtyFactor);
    this.executions.rescale(instrument, this.orders.instrument, priceFactor, qtyFactor);
    this.parents.rescale(instrument, priceFactor, qtyFactor);
  }

  checkInvariants(): void {
    checkLife(this.life);
  }

  /** O(orders + executions). */
  foldInto(hash: Fnv64): void {
    hash.integer(this.life.upcomingClOrdId());
    foldOrders(this.orders, hash);
    this.executions.foldInto(hash);
    this.life.clOrdIds.foldInto(hash);
    this.parents.foldInto(hash);
    this.groups.foldInto(hash);
  }

  private assertMayAsk(orderId: number, act: OrderAct): void {
    const { orders } = this;
    assert((orders.marks[orderId] & OrderMark.Sent) !== 0, 'a request is for an order at the venue');
    if (!mayHappen(orders.status[orderId], act)) assert(false, pairText(orders.status[orderId], act));
  }

  /** A change that no report brought. */
  private moveHere(orderId: number, act: OrderAct, next: number, nowNs: number): void {
    const statusBefore = this.orders.status[orderId];
    this.life.moveTo(orderId, act, next, nowNs);
    this.listener.onOrderChanged(orderId, statusBefore, OmsOutcome.Local, null);
    this.groupWork.follow(orderId, false, nowNs);
  }
}
