/**
 * The rows of all orders, what belongs to them (identifiers, executions, lists, parents, groups), and the changes that a
 * row can undergo. Nothing is decided and nobody is told here: order-manager.ts does both. Each change is O(1).
 */
import { assert } from '../core/assert.ts';
import type { ExecReport } from '../core/exec-report.ts';
import { ExecType, isTerminal, OrdStatus, OrdType, RejectCode } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import { ChainLists } from './chain-list.ts';
import { Executions } from './executions.ts';
import { Groups } from './groups.ts';
import { IdMap } from './id-map.ts';
import { OrderMark, Orders } from './orders.ts';
import { Parents } from './parents.ts';
import { committedLots, standingBefore, standingOf } from './standing.ts';
import { mayLead, ORDER_STATUSES, pairText } from './transitions.ts';

export class OrderLife {
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
  /** Open orders at the venue and held ones, by strategy. */
  readonly byStrategy: ChainLists;
  /** The counter that ClOrdIDs are given from. */
  nextClOrdId = 1;
  private readonly value = new Wide();
  private readonly product = new Wide();

  /** Orders and executions to make room for. */
  constructor(orders: number, executions: number) {
    this.orders = new Orders(orders);
    this.executions = new Executions(executions);
    this.clOrdIds = new IdMap(orders * 2);
    this.bySide = new ChainLists(orders);
    this.byStrategy = new ChainLists(orders);
  }

  /** A new row, PendingNew, unsent. 0 when the table is full. */
  add(strategy: number, account: number, nowNs: number): number {
    const { orders } = this;
    const orderId = orders.add();
    if (orderId === 0) return 0;
    orders.strategy[orderId] = strategy;
    orders.account[orderId] = account;
    orders.createdNs[orderId] = nowNs;
    orders.changedNs[orderId] = nowNs;
    orders.status[orderId] = OrdStatus.PendingNew;
    this.countByStatus[OrdStatus.PendingNew]++;
    return orderId;
  }

  /** It leaves for the venue. */
  send(orderId: number): void {
    const { orders } = this;
    orders.marks[orderId] |= OrderMark.Sent;
    orders.leavesQtyLots[orderId] = orders.qtyLots[orderId];
    this.bySide.append(this.sideList(orderId), orderId);
    this.byStrategy.append(orders.strategy[orderId], orderId);
    this.commit(orderId, 0);
  }

  /** Joins the group that its ticket names, if that admits it; held there if it has to wait. */
  joinGroup(orderId: number): void {
    const { orders, groups } = this;
    const groupId = orders.groupId[orderId];
    const strategy = orders.strategy[orderId];
    if (!groups.admits(groupId, strategy)) return;
    orders.marks[orderId] |= OrderMark.Grouped;
    if (!groups.join(groupId, orderId)) return;
    orders.marks[orderId] |= OrderMark.Held;
    this.byStrategy.append(strategy, orderId);
  }

  /** A held order is held no more; its quantity is that of the entry's executions where this is less. */
  release(orderId: number): void {
    const { orders } = this;
    const entryLots = orders.cumQtyLots[this.groups.entry[orders.groupId[orderId]]];
    orders.marks[orderId] &= ~OrderMark.Held;
    this.byStrategy.remove(orders.strategy[orderId], orderId);
    if (orders.qtyLots[orderId] > entryLots) orders.qtyLots[orderId] = entryLots;
    if (orders.displayQtyLots[orderId] > entryLots) orders.displayQtyLots[orderId] = entryLots;
  }

  private sideList(orderId: number): number {
    return this.orders.instrument[orderId] * 2 + this.orders.side[orderId] - 1;
  }

  /** Registers the ClOrdID asked for (0: the next one of the counter) for an order, if it can be had. */
  takeClOrdId(asked: number, orderId: number): number {
    if (asked !== 0) {
      if (!Number.isSafeInteger(asked) || asked < 0) return 0;
      if (!this.clOrdIds.has(asked)) this.clOrdIds.add(asked, orderId);
      return asked;
    }
    const clOrdId = this.upcomingClOrdId();
    this.clOrdIds.add(clOrdId, orderId);
    this.nextClOrdId++;
    return clOrdId;
  }

  /** Steps over what strategies chose themselves. */
  upcomingClOrdId(): number {
    while (this.clOrdIds.has(this.nextClOrdId)) this.nextClOrdId++;
    return this.nextClOrdId;
  }

  /** Takes a report's content over, all but the status. `corrected`: the fill that a bust or correction names. */
  take(report: ExecReport, corrected: number): void {
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
        if (!isTerminal(orders.status[orderId])) this.changeTerms(report);
        break;
      case ExecType.Triggered:
        orders.marks[orderId] |= OrderMark.Triggered;
        break;
      case ExecType.CancelRejected:
        orders.rejectCode[orderId] = refusalCode(report.rejectCode);
        orders.cancelClOrdId[orderId] = 0;
        break;
      case ExecType.ReplaceRejected:
        orders.rejectCode[orderId] = refusalCode(report.rejectCode);
        this.closeReplace(orderId);
        break;
      case ExecType.Rejected:
        orders.rejectCode[orderId] = refusalCode(report.rejectCode);
        break;
      case ExecType.Canceled:
        if (clOrdId === orders.cancelClOrdId[orderId]) {
          orders.clOrdId[orderId] = clOrdId;
          orders.cancelClOrdId[orderId] = 0;
        }
        break;
    }
  }

  /**
   * Quantity and price as the venue has them now; a quantity below what it has executed means that much (C.3.c). Terms that
   * were overtaken by later ones stay as they are.
   */
  private changeTerms(report: ExecReport): void {
    const { orders } = this;
    const { orderId } = report;
    if (report.venueNs < orders.termsNs[orderId]) return;
    orders.termsNs[orderId] = report.venueNs;
    orders.qtyLots[orderId] = Math.max(report.orderQtyLots, report.cumQtyLots, orders.cumQtyLots[orderId]);
    if (orders.type[orderId] !== OrdType.Pegged) {
      orders.priceTicks[orderId] = report.priceTicks;
      return;
    }
    // What the venue states of a peg is where it works now; its limit changes by a replace only.
    orders.workingPriceTicks[orderId] = report.priceTicks;
    if (report.execType === ExecType.Replaced) orders.priceTicks[orderId] = orders.pendingPriceTicks[orderId];
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
    this.product.setProduct(qtyLots, pxTicks);
    value.add(this.product.hi, this.product.lo);
    orders.cumValueHi[orderId] = value.hi;
    orders.cumValueLo[orderId] = value.lo;
    if (parentId !== 0) this.parents.execute(parentId, qtyLots, this.product);
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
  statusAfter(report: ExecReport): number {
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

  /** Into status `next`, which the table must allow; leaves the lists when the order ends. */
  moveTo(orderId: number, act: number, next: number, nowNs: number): void {
    const { orders } = this;
    const status = orders.status[orderId];
    if (!mayLead(status, act, next)) assert(false, pairText(status, act));
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

  /** What the order may have executed at most was `lotsBefore`: its parent is told the difference. */
  commit(orderId: number, lotsBefore: number): void {
    const parentId = this.orders.parentId[orderId];
    if (parentId !== 0) this.parents.commit(parentId, committedLots(this.orders, orderId) - lotsBefore);
  }
}

/** A venue that refuses without a reason, or with one that is none, has simply refused. */
function refusalCode(stated: number): number {
  return stated > 0 && stated <= 0xffff && Math.floor(stated) === stated ? stated : RejectCode.VenueRefused;
}

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
