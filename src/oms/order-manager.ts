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
import { ChainLists } from './chain-list.ts';
import { Executions } from './executions.ts';
import { GroupWork } from './group-work.ts';
import { Groups } from './groups.ts';
import { IdMap } from './id-map.ts';
import { copyTicket } from './intake.ts';
import { checkOrderManager, foldOrders } from './invariants.ts';
import { OrderMark, Orders } from './orders.ts';
import { Parents } from './parents.ts';
import { checkReport } from './report-check.ts';
import { rescaleOrders } from './rescale.ts';
import { committedLots, standingBefore, standingOf } from './standing.ts';
import { mayHappen, mayLead, ORDER_STATUSES, OrderAct, pairText } from './transitions.ts';

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
  readonly orders: Orders;
  readonly executions: Executions;
  readonly parents = new Parents();
  readonly groups = new Groups();
  /** How many orders are in each OrdStatus; they add up to `orders.count`. */
  readonly countByStatus = new Float64Array(ORDER_STATUSES);
  /** Every ClOrdID ever used, with its order. */
  readonly clOrdIds: IdMap;
  /** Open orders at the venue: list = instrument * 2 + side - 1. */
  readonly bySide: ChainLists;
  /** Open orders at the venue and held ones. */
  readonly byStrategy: ChainLists;
  private readonly listener: OmsListener;
  private readonly groupWork: GroupWork;
  private readonly value = new Wide();
  private nextClOrdId = 1;

  constructor(listener: OmsListener, options: OmsOptions = {}) {
    const room = options.orders ?? 1 << 10;
    this.listener = listener;
    this.orders = new Orders(room);
    this.executions = new Executions(options.executions ?? room);
    this.clOrdIds = new IdMap(room * 2);
    this.bySide = new ChainLists(room);
    this.byStrategy = new ChainLists(room);
    this.groupWork = new GroupWork(this, listener);
  }

  /**
   * A new order out of a ticket, PendingNew, not sent. Returns its OrderID, 0 when the table is full. A ClOrdID that was
   * used before or makes no sense is not registered: `isClOrdIdUsed(clOrdId, orderId)` tells, and risk refuses.
   */
  create(strategy: number, account: number, ticket: OrderTicket, nowNs: number): number {
    const { orders, groups } = this;
    const orderId = orders.add();
    if (orderId === 0) return 0;
    copyTicket(orders, orderId, ticket);
    orders.strategy[orderId] = strategy;
    orders.account[orderId] = account;
    orders.createdNs[orderId] = nowNs;
    orders.changedNs[orderId] = nowNs;
    orders.status[orderId] = OrdStatus.PendingNew;
    this.countByStatus[OrdStatus.PendingNew]++;
    orders.clOrdId[orderId] = this.takeClOrdId(ticket.clOrdId ?? 0, orderId);
    const groupId = orders.groupId[orderId];
    if (groups.admits(groupId, strategy)) {
      orders.marks[orderId] |= OrderMark.Grouped;
      if (groups.join(groupId, orderId)) {
        orders.marks[orderId] |= OrderMark.Held;
        this.byStrategy.append(strategy, orderId);
      }
    }
    return orderId;
  }

  /** Whether the order waits here for the entry of its bracket: don't check or send it, `wantsRelease` will ask for that. */
  isHeld(orderId: number): boolean {
    return (this.orders.marks[orderId] & OrderMark.Held) !== 0;
  }

  /** Refused before it was sent. */
  reject(orderId: number, code: RejectCode, nowNs: number): void {
    const { orders } = this;
    assert((orders.marks[orderId] & OrderMark.Sent) === 0, `order ${orderId} is refused before it is sent`);
    orders.rejectCode[orderId] = code;
    this.moveHere(orderId, OrderAct.Refused, OrdStatus.Rejected, nowNs);
  }

  /** It passed risk and leaves for the venue now. */
  sent(orderId: number, nowNs: number): void {
    const { orders } = this;
    const marks = orders.marks[orderId];
    assert((marks & (OrderMark.Sent | OrderMark.Held)) === 0, `order ${orderId} may be sent`);
    assert(this.clOrdIds.get(orders.clOrdId[orderId]) === orderId, `the ClOrdID of order ${orderId} is its own`);
    assert(Number.isSafeInteger(orders.qtyLots[orderId]) && orders.qtyLots[orderId] > 0, 'a whole quantity is sent');
    orders.marks[orderId] = marks | OrderMark.Sent;
    orders.leavesQtyLots[orderId] = orders.qtyLots[orderId];
    this.bySide.append(this.sideList(orderId), orderId);
    this.byStrategy.append(orders.strategy[orderId], orderId);
    this.commit(orderId, 0);
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
    assert(
      mayHappen(orders.status[orderId], OrderAct.BeginReplace),
      pairText(orders.status[orderId], OrderAct.BeginReplace),
    );
    assert(Number.isSafeInteger(qtyLots) && qtyLots > 0, 'a whole quantity is asked for');
    const clOrdId = this.takeClOrdId(0, orderId);
    orders.replaceClOrdId[orderId] = clOrdId;
    orders.pendingQtyLots[orderId] = qtyLots;
    orders.pendingPriceTicks[orderId] = priceTicks;
    orders.pendingDisplayQtyLots[orderId] = displayQtyLots > qtyLots ? qtyLots : displayQtyLots;
    this.commit(orderId, committedBefore);
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
    const clOrdId = this.takeClOrdId(0, orderId);
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
    const outcome = checkReport(orders, this.clOrdIds, this.executions, report);
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

    this.take(report, corrected);
    this.moveTo(orderId, execType, this.statusAfter(report), nowNs);
    this.commit(orderId, committedBefore);

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
    return this.bySide.firstOf(instrument * 2 + side - 1);
  }

  nextOpen(orderId: number): number {
    return this.bySide.nextOf(orderId);
  }

  /** Open orders of a strategy, held ones among them. */
  firstOpenOf(strategy: number): number {
    return this.byStrategy.firstOf(strategy);
  }

  nextOpenOf(orderId: number): number {
    return this.byStrategy.nextOf(orderId);
  }

  openCount(strategy: number): number {
    return this.byStrategy.countOf(strategy);
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

  /**
   * Whether a ClOrdID was used before (or can't be one). An order has its own from `create` on: give its OrderID as
   * `exceptOrderId` to ask whether that one is a duplicate.
   */
  isClOrdIdUsed(clOrdId: number, exceptOrderId = 0): boolean {
    if (!Number.isSafeInteger(clOrdId) || clOrdId <= 0) return true;
    const owner = this.clOrdIds.get(clOrdId);
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

  /** A held order is held no more; its quantity is that of the entry's executions where this is less. For group-work.ts. */
  release(orderId: number): void {
    const { orders } = this;
    const entryLots = orders.cumQtyLots[this.groups.entry[orders.groupId[orderId]]];
    orders.marks[orderId] &= ~OrderMark.Held;
    this.byStrategy.remove(orders.strategy[orderId], orderId);
    if (orders.qtyLots[orderId] > entryLots) orders.qtyLots[orderId] = entryLots;
    if (orders.displayQtyLots[orderId] > entryLots) orders.displayQtyLots[orderId] = entryLots;
  }

  /** The instrument's units became finer: prices and quantities held are multiplied. O(orders + executions). */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    rescaleOrders(this.orders, instrument, priceFactor, qtyFactor);
    this.executions.rescale(instrument, this.orders.instrument, priceFactor, qtyFactor);
    this.parents.rescale(instrument, priceFactor, qtyFactor);
  }

  checkInvariants(): void {
    checkOrderManager(this);
  }

  /** O(orders + executions). */
  foldInto(hash: Fnv64): void {
    hash.integer(this.nextClOrdId);
    foldOrders(this.orders, hash);
    this.executions.foldInto(hash);
    this.clOrdIds.foldInto(hash);
    this.parents.foldInto(hash);
    this.groups.foldInto(hash);
  }

  private sideList(orderId: number): number {
    return this.orders.instrument[orderId] * 2 + this.orders.side[orderId] - 1;
  }

  /** Registers the ClOrdID asked for (0: the next one of the counter) for an order, if it can be had. */
  private takeClOrdId(asked: number, orderId: number): number {
    if (asked !== 0) {
      if (!Number.isSafeInteger(asked) || asked < 0) return 0;
      if (!this.clOrdIds.has(asked)) this.clOrdIds.add(asked, orderId);
      return asked;
    }
    while (this.clOrdIds.has(this.nextClOrdId)) this.nextClOrdId++;
    this.clOrdIds.add(this.nextClOrdId, orderId);
    return this.nextClOrdId++;
  }

  /** Takes a report's content over, all but the status. `corrected`: the fill that a bust or correction names. */
  private take(report: ExecReport, corrected: number): void {
    const { orders, executions } = this;
    const { orderId, execId, execType } = report;
    switch (execType) {
      case ExecType.Trade:
        executions.addFill(execId, orderId, report.lastQtyLots, report.lastPxTicks);
        this.execute(orderId, report.lastQtyLots, report.lastPxTicks);
        break;
      case ExecType.TradeCancel:
        this.lowerStated(orderId, executions.qtyLots[corrected]);
        this.execute(orderId, -executions.qtyLots[corrected], executions.pxTicks[corrected]);
        executions.changeFill(corrected, execId, 0, 0);
        break;
      case ExecType.TradeCorrect:
        this.lowerStated(orderId, executions.qtyLots[corrected] - report.lastQtyLots);
        this.execute(orderId, -executions.qtyLots[corrected], executions.pxTicks[corrected]);
        this.execute(orderId, report.lastQtyLots, report.lastPxTicks);
        executions.changeFill(corrected, execId, report.lastQtyLots, report.lastPxTicks);
        break;
      default:
        executions.remember(execId);
        this.takeTerms(report);
    }
    if (provesAcceptance(execType)) orders.marks[orderId] |= OrderMark.Acknowledged;
  }

  /** The reports that are no executions. */
  private takeTerms(report: ExecReport): void {
    const { orders } = this;
    const { orderId, clOrdId } = report;
    switch (report.execType) {
      case ExecType.Replaced:
        if (!isTerminal(orders.status[orderId])) {
          orders.marks[orderId] |= OrderMark.Replaced;
          orders.displayQtyLots[orderId] = orders.pendingDisplayQtyLots[orderId];
          this.changeTerms(report);
        }
        orders.clOrdId[orderId] = clOrdId;
        this.closeReplace(orderId);
        break;
      case ExecType.Restated:
        this.changeTerms(report);
        break;
      case ExecType.Triggered:
        orders.marks[orderId] |= OrderMark.Triggered;
        break;
      case ExecType.CancelRejected:
        orders.rejectCode[orderId] = report.rejectCode;
        orders.cancelClOrdId[orderId] = 0;
        break;
      case ExecType.ReplaceRejected:
        orders.rejectCode[orderId] = report.rejectCode;
        this.closeReplace(orderId);
        break;
      case ExecType.Rejected:
        orders.rejectCode[orderId] = report.rejectCode;
        break;
      case ExecType.Canceled:
        if (clOrdId === orders.cancelClOrdId[orderId]) {
          orders.clOrdId[orderId] = clOrdId;
          orders.cancelClOrdId[orderId] = 0;
        }
        break;
    }
  }

  /** Quantity and price as the venue has them now; a quantity below what it has executed means that much (C.3.c). */
  private changeTerms(report: ExecReport): void {
    const { orders } = this;
    const { orderId } = report;
    orders.qtyLots[orderId] = Math.max(report.orderQtyLots, report.cumQtyLots, orders.cumQtyLots[orderId]);
    orders.priceTicks[orderId] = report.priceTicks;
  }

  private closeReplace(orderId: number): void {
    const { orders } = this;
    orders.replaceClOrdId[orderId] = 0;
    orders.pendingQtyLots[orderId] = 0;
    orders.pendingPriceTicks[orderId] = 0;
    orders.pendingDisplayQtyLots[orderId] = 0;
  }

  /** Adds `qtyLots` (negative: takes off) at `pxTicks` to the order and its parent. */
  private execute(orderId: number, qtyLots: number, pxTicks: number): void {
    const { orders, value } = this;
    const parentId = orders.parentId[orderId];
    orders.cumQtyLots[orderId] += qtyLots;
    value.set(orders.cumValueHi[orderId], orders.cumValueLo[orderId]);
    product.setProduct(qtyLots, pxTicks);
    value.add(product.hi, product.lo);
    orders.cumValueHi[orderId] = value.hi;
    orders.cumValueLo[orderId] = value.lo;
    if (parentId !== 0) this.parents.execute(parentId, qtyLots, product);
  }

  /**
   * `lots` are about to be taken back. Where the order has ended, was that counted in the CumQty stated then? While ours is
   * above it, yes: the bust was on its way. Otherwise it came after the end, and the stated CumQty goes down with ours.
   */
  private lowerStated(orderId: number, lots: number): void {
    const { orders } = this;
    if (lots <= 0 || !isTerminal(orders.status[orderId])) return;
    if (orders.cumQtyLots[orderId] <= orders.statedCumQtyLots[orderId]) orders.statedCumQtyLots[orderId] -= lots;
  }

  /** Where the order is, the report having been taken. An order that ends here gets its stated CumQty. */
  private statusAfter(report: ExecReport): number {
    const { orders } = this;
    const { orderId, execType } = report;
    const status = orders.status[orderId];
    if (isTerminal(status)) return status;
    if (execType === ExecType.Rejected) return OrdStatus.Rejected;
    if (execType === ExecType.Canceled || execType === ExecType.Expired) {
      const ended = execType === ExecType.Canceled ? OrdStatus.Canceled : OrdStatus.Expired;
      return this.endAt(orderId, report.cumQtyLots, ended);
    }
    const standing = standingOf(orders, orderId);
    return standing === OrdStatus.Filled ? this.endAt(orderId, orders.cumQtyLots[orderId], standing) : standing;
  }

  /** The venue is done with the order and has executed `statedLots` of it: Filled if that is all of it, else `ended`. */
  private endAt(orderId: number, statedLots: number, ended: number): number {
    const { orders } = this;
    const cum = orders.cumQtyLots[orderId];
    orders.statedCumQtyLots[orderId] = statedLots;
    // Executed beyond its quantity, under a replace that was accepted and never confirmed: it was of that quantity.
    orders.qtyLots[orderId] = Math.max(orders.qtyLots[orderId], statedLots, cum);
    return cum === orders.qtyLots[orderId] ? OrdStatus.Filled : ended;
  }

  /** A change that no report brought. */
  private moveHere(orderId: number, act: OrderAct, next: number, nowNs: number): void {
    const statusBefore = this.orders.status[orderId];
    this.moveTo(orderId, act, next, nowNs);
    this.listener.onOrderChanged(orderId, statusBefore, OmsOutcome.Local, null);
    this.groupWork.follow(orderId, false, nowNs);
  }

  private moveTo(orderId: number, act: number, next: number, nowNs: number): void {
    const { orders } = this;
    const status = orders.status[orderId];
    assert(mayLead(status, act, next), pairText(status, act));
    this.countByStatus[status]--;
    this.countByStatus[next]++;
    orders.status[orderId] = next;
    orders.changedNs[orderId] = nowNs;
    if (isTerminal(next)) {
      orders.leavesQtyLots[orderId] = 0;
      orders.pendingClOrdId[orderId] = 0;
      if (!isTerminal(status)) this.leaveLists(orderId);
    } else {
      const leaves = orders.qtyLots[orderId] - orders.cumQtyLots[orderId];
      orders.leavesQtyLots[orderId] = leaves > 0 ? leaves : 0;
      const cancel = orders.cancelClOrdId[orderId];
      orders.pendingClOrdId[orderId] = cancel !== 0 ? cancel : orders.replaceClOrdId[orderId];
    }
    orders.statusBefore[orderId] = standingBefore(orders, orderId);
  }

  private leaveLists(orderId: number): void {
    const { orders } = this;
    const marks = orders.marks[orderId];
    if ((marks & OrderMark.Sent) !== 0) this.bySide.remove(this.sideList(orderId), orderId);
    if ((marks & (OrderMark.Sent | OrderMark.Held)) !== 0) this.byStrategy.remove(orders.strategy[orderId], orderId);
    orders.marks[orderId] = marks & ~OrderMark.Held;
    if ((marks & OrderMark.Grouped) !== 0) this.groups.leave(orders.groupId[orderId], orderId);
  }

  private commit(orderId: number, lotsBefore: number): void {
    const parentId = this.orders.parentId[orderId];
    if (parentId !== 0) this.parents.commit(parentId, committedLots(this.orders, orderId) - lotsBefore);
  }
}

const product = new Wide();

/** Reports that only an order the venue has can bring. */
function provesAcceptance(execType: number): boolean {
  return (
    execType === ExecType.New ||
    execType === ExecType.Trade ||
    execType === ExecType.Replaced ||
    execType === ExecType.Restated ||
    execType === ExecType.Triggered
  );
}
