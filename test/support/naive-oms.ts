/**
 * The order manager's slow twin: plain objects, written from FIX's rules (4.4, Volume 4: the order state change matrices
 * and the precedence of OrdStatus), not from the table. An order is its ticket, its requests and the list of reports that
 * were applied; everything else is worked out from those whenever it is asked for, quantities and money in BigInt.
 */
import { ExecType, GroupKind, type OrderTicket, OrdStatus, OrdType, RejectCode } from '../../src/core/order.ts';
import { OmsOutcome } from '../../src/core/record.ts';

export interface NaiveReport {
  execType: number;
  orderId: number;
  clOrdId: number;
  origClOrdId: number;
  execId: number;
  refExecId: number;
  lastQtyLots: number;
  lastPxTicks: number;
  cumQtyLots: number;
  leavesQtyLots: number;
  orderQtyLots: number;
  priceTicks: number;
  venueNs: number;
  rejectCode: number;
}

/** The same calls as OmsListener's, for a trace of numbers. */
export interface NaiveListener {
  onOrderChanged(orderId: number, statusBefore: number, outcome: number): void;
  onExecution(orderId: number, execId: number, side: number, qtyLots: number, pxTicks: number): void;
  wantsCancel(orderId: number): void;
  wantsRelease(orderId: number): void;
}

interface Request {
  kind: 'cancel' | 'replace';
  clOrdId: number;
  qty: number;
  price: number;
  display: number;
  isOpen: boolean;
}

interface Fill {
  /** The ExecID it came with and those of its corrections. */
  execIds: number[];
  qty: bigint;
  px: bigint;
}

interface Applied {
  report: NaiveReport;
  cumThen: number;
  wasOver: boolean;
  /** Lots that it took back (bust, correction downwards), or added (fill, correction upwards). */
  change: number;
}

interface End {
  status: number;
  stated: number;
  /** How many reports had been applied then. */
  at: number;
}

export interface NaiveOrder {
  id: number;
  strategy: number;
  account: number;
  instrument: number;
  side: number;
  type: number;
  ticketQty: number;
  ticketPrice: number;
  display: number;
  parentId: number;
  groupId: number;
  isGrouped: boolean;
  isSent: boolean;
  isHeld: boolean;
  clOrdId: number;
  chain: Set<number>;
  requests: Request[];
  fills: Fill[];
  applied: Applied[];
  end: End | null;
  rejectCode: number;
  changedNs: number;
  /** When it came to the end of the lists of open orders: smaller is older. */
  listedAt: number;
}

interface Group {
  kind: number;
  strategy: number;
  entry: number;
  members: number[];
  phase: 'empty' | 'entry' | 'open' | 'over';
}

interface Parent {
  strategy: number;
  instrument: number;
  side: number;
  qty: number;
  children: NaiveOrder[];
}

/** FIX 4.4 Volume 4, Appendix D: the value that is reported of an order in several states is the one of highest precedence. */
const PRECEDENCE: readonly (readonly [number, number])[] = [
  [OrdStatus.PendingCancel, 12],
  [OrdStatus.PendingReplace, 11],
  [OrdStatus.Filled, 8],
  [OrdStatus.Canceled, 5],
  [OrdStatus.Expired, 5],
  [OrdStatus.PartiallyFilled, 4],
  [OrdStatus.Replaced, 3],
  [OrdStatus.New, 2],
  [OrdStatus.PendingNew, 1],
];

function highest(states: readonly number[]): number {
  return PRECEDENCE.find(([status]) => states.includes(status))![0];
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export class NaiveOms {
  readonly orders: NaiveOrder[] = [];
  readonly parents: Parent[] = [];
  readonly groups: Group[] = [];
  readonly execIds = new Set<number>();
  readonly owners = new Map<number, number>();
  private counter = 1;
  private listed = 0;
  private readonly listener: NaiveListener;
  private readonly todo: (() => void)[] = [];
  private isBusy = false;

  constructor(listener: NaiveListener) {
    this.listener = listener;
  }

  order(orderId: number): NaiveOrder {
    return this.orders[orderId - 1];
  }

  create(strategy: number, account: number, ticket: OrderTicket, nowNs: number): number {
    const id = this.orders.length + 1;
    const order: NaiveOrder = {
      id,
      strategy,
      account,
      instrument: ticket.instrument,
      side: ticket.side,
      type: ticket.type ?? OrdType.Limit,
      ticketQty: ticket.qtyLots,
      ticketPrice: ticket.priceTicks ?? 0,
      display: ticket.displayQtyLots ?? 0,
      parentId: ticket.parentId ?? 0,
      groupId: ticket.groupId ?? 0,
      isGrouped: false,
      isSent: false,
      isHeld: false,
      clOrdId: 0,
      chain: new Set(),
      requests: [],
      fills: [],
      applied: [],
      end: null,
      rejectCode: 0,
      changedNs: nowNs,
      listedAt: 0,
    };
    this.orders.push(order);
    const own = ticket.clOrdId ?? 0;
    if (own === 0) order.clOrdId = this.freshClOrdId(order);
    else if (isWhole(own)) {
      order.clOrdId = own;
      if (!this.owners.has(own)) this.register(order, own);
    }
    const group = this.groups[order.groupId - 1];
    if (group !== undefined && group.strategy === strategy && group.phase !== 'over') {
      order.isGrouped = true;
      if (group.phase === 'empty') {
        group.entry = id;
        group.phase = 'entry';
      } else {
        group.members.push(id);
        order.isHeld = group.phase === 'entry';
        order.listedAt = ++this.listed;
      }
    }
    return id;
  }

  reject(orderId: number, code: number, nowNs: number): void {
    const order = this.order(orderId);
    order.rejectCode = code;
    this.endHere(order, OrdStatus.Rejected, nowNs);
  }

  sent(orderId: number, nowNs: number): void {
    const order = this.order(orderId);
    order.isSent = true;
    order.listedAt = ++this.listed;
    this.parents[order.parentId - 1]?.children.push(order);
    this.tellHere(order, OrdStatus.PendingNew, nowNs);
  }

  beginReplace(orderId: number, qty: number, price: number, nowNs: number): number {
    const order = this.order(orderId);
    const before = this.status(order);
    const display = Math.min(this.displayOf(order), qty);
    const clOrdId = this.freshClOrdId(order);
    order.requests.push({ kind: 'replace', clOrdId, qty, price, display, isOpen: true });
    this.tellHere(order, before, nowNs);
    return clOrdId;
  }

  beginCancel(orderId: number, nowNs: number): number {
    const order = this.order(orderId);
    const before = this.status(order);
    if (order.isHeld) {
      this.endHere(order, OrdStatus.Canceled, nowNs);
      return 0;
    }
    const clOrdId = this.freshClOrdId(order);
    order.requests.push({ kind: 'cancel', clOrdId, qty: 0, price: 0, display: 0, isOpen: true });
    this.tellHere(order, before, nowNs);
    return clOrdId;
  }

  refuseReplace(orderId: number, code: number, nowNs: number): void {
    const order = this.order(orderId);
    order.rejectCode = code;
    order.changedNs = nowNs;
    this.listener.onOrderChanged(orderId, this.status(order), OmsOutcome.Local);
  }

  checkCancel(orderId: number, strategy: number): number {
    const order = this.order(orderId);
    if (order === undefined || order.strategy !== strategy) return RejectCode.UnknownOrder;
    if (order.end !== null || !(order.isSent || order.isHeld)) return RejectCode.OrderNotOpen;
    return this.openRequest(order, 'cancel') === undefined ? RejectCode.None : RejectCode.RequestPending;
  }

  checkReplace(orderId: number, strategy: number): number {
    const order = this.order(orderId);
    if (order === undefined || order.strategy !== strategy) return RejectCode.UnknownOrder;
    if (order.end !== null || !order.isSent) return RejectCode.OrderNotOpen;
    return order.requests.some((request) => request.isOpen) ? RejectCode.RequestPending : RejectCode.None;
  }

  apply(report: NaiveReport, nowNs: number): number {
    const outcome = this.judge(report);
    if (outcome !== OmsOutcome.Applied) {
      const order = this.order(report.orderId);
      this.listener.onOrderChanged(order?.id ?? 0, order === undefined ? OrdStatus.None : this.status(order), outcome);
      return outcome;
    }
    const order = this.order(report.orderId);
    const statusBefore = this.status(order);
    const wasOver = order.end !== null;
    if (report.execId !== 0) this.execIds.add(report.execId);
    const executions = this.takeExecution(order, report);
    const change = executions.reduce((sum, [, qty]) => sum + Number(qty), 0);
    order.applied.push({ report: { ...report }, cumThen: this.cum(order), wasOver, change });
    this.closeRequests(order, report);
    if (!wasOver) order.end = this.endBy(order, report);
    order.changedNs = nowNs;

    for (const [execId, qty, px] of executions) {
      this.listener.onExecution(order.id, execId, order.side, Number(qty), Number(px));
    }
    this.listener.onOrderChanged(order.id, statusBefore, outcome);
    this.groupFollows(order, report.execType === ExecType.Trade, nowNs);
    return outcome;
  }

  // What follows from an order's history

  cum(order: NaiveOrder): number {
    return Number(order.fills.reduce((sum, fill) => sum + fill.qty, 0n));
  }

  value(order: NaiveOrder): bigint {
    return order.fills.reduce((sum, fill) => sum + fill.qty * fill.px, 0n);
  }

  /** Quantity and price: the ticket's, then those of each confirmed change that a later one (venue time) has not overtaken. */
  terms(order: NaiveOrder): { qty: number; price: number; venueNs: number } {
    const terms = { qty: order.ticketQty, price: order.ticketPrice, venueNs: 0 };
    for (const { report, cumThen, wasOver } of order.applied) {
      const isChange = report.execType === ExecType.Replaced || report.execType === ExecType.Restated;
      if (!isChange || wasOver || report.venueNs < terms.venueNs) continue;
      terms.qty = Math.max(report.orderQtyLots, report.cumQtyLots, cumThen);
      terms.price = report.priceTicks;
      terms.venueNs = report.venueNs;
    }
    if (order.end !== null && order.isSent) {
      const { stated, at } = order.end;
      terms.qty = Math.max(terms.qty, stated, order.applied[at - 1].cumThen);
    }
    return terms;
  }

  displayOf(order: NaiveOrder): number {
    const replaced = order.applied.filter(({ report, wasOver }) => report.execType === ExecType.Replaced && !wasOver);
    const last = replaced[replaced.length - 1];
    if (last === undefined) return order.display;
    return order.requests.find((request) => request.clOrdId === last.report.clOrdId)!.display;
  }

  status(order: NaiveOrder): number {
    return order.end !== null ? order.end.status : this.standing(order, true, true);
  }

  statusBefore(order: NaiveOrder): number {
    const status = this.status(order);
    if (status === OrdStatus.PendingCancel) return this.standing(order, false, true);
    return status === OrdStatus.PendingReplace ? this.standing(order, false, false) : OrdStatus.None;
  }

  leaves(order: NaiveOrder): number {
    return order.end !== null || !order.isSent ? 0 : Math.max(0, this.terms(order).qty - this.cum(order));
  }

  /** The most that may still be executed. */
  worstLeaves(order: NaiveOrder): number {
    if (!order.isSent) return 0;
    if (order.end !== null) return Math.max(0, this.onTheWay(order));
    return Math.max(0, this.worstQty(order) - this.cum(order));
  }

  openRequest(order: NaiveOrder, kind: 'cancel' | 'replace'): Request | undefined {
    return order.requests.find((request) => request.isOpen && request.kind === kind);
  }

  worstPrice(order: NaiveOrder): number {
    const asked = this.openRequest(order, 'replace');
    const { price } = this.terms(order);
    if (asked === undefined) return price;
    return order.side === 1 ? Math.max(price, asked.price) : Math.min(price, asked.price);
  }

  /** Executed and still possible of a parent's children, but for one of them. */
  committed(parentId: number, exceptOrderId = 0): number {
    return this.parents[parentId - 1].children
      .filter((order) => order.id !== exceptOrderId)
      .reduce((sum, order) => sum + this.cum(order) + this.worstLeaves(order), 0);
  }

  checkParent(orderId: number, qty: number): number {
    const order = this.order(orderId);
    if (order.parentId === 0) return RejectCode.None;
    const parent = this.parents[order.parentId - 1];
    if (parent === undefined || parent.strategy !== order.strategy) return RejectCode.UnknownOrder;
    if (parent.instrument !== order.instrument || parent.side !== order.side) return RejectCode.ParentQty;
    const most = Math.max(qty, order.isSent ? this.cum(order) + this.worstLeaves(order) : 0);
    return this.committed(order.parentId, orderId) + most <= parent.qty ? RejectCode.None : RejectCode.ParentQty;
  }

  createParent(strategy: number, instrument: number, side: number, qty: number): number {
    if (!(isWhole(qty) && qty > 0 && (side === 1 || side === 2))) return 0;
    return this.parents.push({ strategy, instrument, side, qty, children: [] });
  }

  createGroup(strategy: number, kind: number): number {
    if (kind !== GroupKind.Oco && kind !== GroupKind.Bracket) return 0;
    const phase = kind === GroupKind.Oco ? 'open' : 'empty';
    return this.groups.push({ kind, strategy, entry: 0, members: [], phase });
  }

  checkGroup(orderId: number): number {
    const order = this.order(orderId);
    return order.groupId === 0 || order.isGrouped ? RejectCode.None : RejectCode.BadGroup;
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (const order of this.orders.filter((one) => one.instrument === instrument)) {
      order.ticketQty *= qtyFactor;
      order.ticketPrice *= priceFactor;
      order.display *= qtyFactor;
      for (const request of order.requests) {
        request.qty *= qtyFactor;
        request.price *= priceFactor;
        request.display *= qtyFactor;
      }
      for (const fill of order.fills) {
        fill.qty *= BigInt(qtyFactor);
        fill.px *= BigInt(priceFactor);
      }
      for (const applied of order.applied) {
        rescaleReport(applied.report, priceFactor, qtyFactor);
        applied.cumThen *= qtyFactor;
        applied.change *= qtyFactor;
      }
      if (order.end !== null) order.end.stated *= qtyFactor;
    }
    for (const parent of this.parents) if (parent.instrument === instrument) parent.qty *= qtyFactor;
  }

  private standing(order: NaiveOrder, withCancel: boolean, withReplace: boolean): number {
    const proofs: readonly number[] = [
      ExecType.New,
      ExecType.Trade,
      ExecType.Replaced,
      ExecType.Restated,
      ExecType.Triggered,
    ];
    const states: number[] = [];
    const cum = this.cum(order);
    if (withCancel && this.openRequest(order, 'cancel') !== undefined) states.push(OrdStatus.PendingCancel);
    if (withReplace && this.openRequest(order, 'replace') !== undefined) states.push(OrdStatus.PendingReplace);
    if (cum > 0) states.push(OrdStatus.PartiallyFilled);
    if (cum >= this.terms(order).qty) states.push(OrdStatus.Filled);
    if (order.applied.some(({ report }) => report.execType === ExecType.Replaced)) states.push(OrdStatus.Replaced);
    const isKnown = order.applied.some(({ report }) => proofs.includes(report.execType));
    states.push(isKnown ? OrdStatus.New : OrdStatus.PendingNew);
    return highest(states);
  }

  private worstQty(order: NaiveOrder): number {
    return Math.max(this.terms(order).qty, this.openRequest(order, 'replace')?.qty ?? 0);
  }

  /**
   * Of an order that ended: executions that the venue counted and that have not arrived; negative: it counted fewer, so a
   * bust is on its way. A bust makes up for that, and otherwise changes nothing about what is on the way.
   */
  private onTheWay(order: NaiveOrder): number {
    const { stated, at } = order.end!;
    if (!order.isSent) return 0;
    let gap = stated - order.applied[at - 1].cumThen;
    for (const { change } of order.applied.slice(at)) {
      if (change > 0) gap -= change;
      else if (gap < 0) gap -= change;
    }
    return gap;
  }

  // What a report means

  private judge(report: NaiveReport): number {
    const order = this.order(report.orderId);
    if (order === undefined || !order.isSent || !order.chain.has(report.clOrdId)) return OmsOutcome.UnknownOrder;
    if (report.origClOrdId !== 0 && !order.chain.has(report.origClOrdId)) return OmsOutcome.UnknownOrder;
    if (this.execIds.has(report.execId)) return OmsOutcome.Duplicate;
    if (!this.isPossible(order, report)) return OmsOutcome.Refused;
    return isWhole(report.execId) && this.isTrue(order, report) ? OmsOutcome.Applied : OmsOutcome.Inconsistent;
  }

  private isPossible(order: NaiveOrder, report: NaiveReport): boolean {
    const status = this.status(order);
    const isRejected = status === OrdStatus.Rejected;
    const isUnexecuted = [OrdStatus.PendingNew, OrdStatus.New, OrdStatus.Replaced].includes(status as 1 | 2 | 8);
    switch (report.execType) {
      case ExecType.PendingNew:
      case ExecType.New:
        return true; // whenever it comes
      case ExecType.Trade:
      case ExecType.Triggered:
      case ExecType.Restated:
        return !isRejected;
      case ExecType.Canceled:
      case ExecType.Expired:
        return order.end === null;
      case ExecType.Rejected: // not once it was executed or replaced
        return order.end === null && status !== OrdStatus.PartiallyFilled && status !== OrdStatus.Replaced;
      case ExecType.Replaced:
        return !isRejected && this.openRequest(order, 'replace')?.clOrdId === report.clOrdId;
      case ExecType.ReplaceRejected:
        return this.openRequest(order, 'replace')?.clOrdId === report.clOrdId;
      case ExecType.CancelRejected:
        return this.openRequest(order, 'cancel')?.clOrdId === report.clOrdId;
      case ExecType.TradeCancel:
      case ExecType.TradeCorrect: // of an order that shows an execution, or hides behind a request that it has one
        return !isRejected && !isUnexecuted;
      default:
        return false;
    }
  }

  private isTrue(order: NaiveOrder, report: NaiveReport): boolean {
    const room = order.end !== null ? this.onTheWay(order) : this.worstQty(order) - this.cum(order);
    const most = this.cum(order) + room;
    const isExecution =
      report.execId > 0 && isWhole(report.lastQtyLots) && report.lastQtyLots > 0 && isWhole(report.cumQtyLots);
    const hasPrice = Number.isSafeInteger(report.lastPxTicks);
    const fill = order.fills.find((one) => one.execIds.includes(report.refExecId) && one.qty > 0n);
    switch (report.execType) {
      case ExecType.Trade:
        return isExecution && hasPrice && report.lastQtyLots <= report.cumQtyLots && report.lastQtyLots <= room;
      case ExecType.TradeCancel:
        return report.execId > 0 && fill !== undefined;
      case ExecType.TradeCorrect: {
        if (fill === undefined || !isExecution || !hasPrice) return false;
        const more = report.lastQtyLots - Number(fill.qty);
        return more <= 0 || more <= room;
      }
      case ExecType.Canceled:
      case ExecType.Expired:
        return isWhole(report.cumQtyLots) && report.cumQtyLots <= most;
      case ExecType.Rejected:
        return this.cum(order) === 0 && report.cumQtyLots === 0;
      case ExecType.Replaced:
      case ExecType.Restated: {
        if (order.end !== null || report.venueNs < this.terms(order).venueNs) return true;
        const isTerms = isWhole(report.orderQtyLots) && report.orderQtyLots > 0 && report.orderQtyLots <= most;
        const isNumber = Number.isSafeInteger(report.priceTicks) && isWhole(report.venueNs);
        return isTerms && isNumber && isWhole(report.cumQtyLots) && report.cumQtyLots <= most;
      }
      case ExecType.Triggered: {
        const wasTriggered = order.applied.some((one) => one.report.execType === ExecType.Triggered);
        return (order.type === OrdType.Stop || order.type === OrdType.StopLimit) && !wasTriggered;
      }
      default:
        return true;
    }
  }

  /** [ExecID, lots, price] of what is executed (positive) and taken back (negative). */
  private takeExecution(order: NaiveOrder, report: NaiveReport): [number, bigint, bigint][] {
    const fill = order.fills.find((one) => one.execIds.includes(report.refExecId) && one.qty > 0n);
    if (report.execType === ExecType.Trade) {
      const [qty, px] = [BigInt(report.lastQtyLots), BigInt(report.lastPxTicks)];
      order.fills.push({ execIds: [report.execId], qty, px });
      return [[report.execId, qty, px]];
    }
    if (report.execType !== ExecType.TradeCancel && report.execType !== ExecType.TradeCorrect) return [];
    const old: [number, bigint, bigint] = [report.refExecId, -fill!.qty, fill!.px];
    fill!.execIds.push(report.execId);
    fill!.qty = 0n;
    if (report.execType === ExecType.TradeCancel) return [old];
    fill!.qty = BigInt(report.lastQtyLots);
    fill!.px = BigInt(report.lastPxTicks);
    return [old, [report.execId, fill!.qty, fill!.px]];
  }

  private closeRequests(order: NaiveOrder, report: NaiveReport): void {
    const answered = order.requests.find((request) => request.isOpen && request.clOrdId === report.clOrdId);
    const { execType } = report;
    const isRefusal = execType === ExecType.CancelRejected || execType === ExecType.ReplaceRejected;
    if (isRefusal || execType === ExecType.Rejected) {
      const isCode = Number.isInteger(report.rejectCode) && report.rejectCode >= 1 && report.rejectCode < 65536;
      order.rejectCode = isCode ? report.rejectCode : RejectCode.VenueRefused;
    }
    const isAcceptance =
      (execType === ExecType.Replaced && answered?.kind === 'replace') ||
      (execType === ExecType.Canceled && answered?.kind === 'cancel');
    if (answered === undefined || !(isRefusal || isAcceptance)) return;
    answered.isOpen = false;
    if (isAcceptance) order.clOrdId = answered.clOrdId;
  }

  private endBy(order: NaiveOrder, report: NaiveReport): End | null {
    const at = order.applied.length;
    const cum = this.cum(order);
    const { qty } = this.terms(order);
    if (report.execType === ExecType.Rejected) return { status: OrdStatus.Rejected, stated: 0, at };
    if (report.execType === ExecType.Canceled || report.execType === ExecType.Expired) {
      const stated = report.cumQtyLots;
      const ended = report.execType === ExecType.Canceled ? OrdStatus.Canceled : OrdStatus.Expired;
      const states = cum >= Math.max(qty, stated) ? [ended, OrdStatus.Filled] : [ended];
      return { status: highest(states), stated, at };
    }
    return this.status(order) === OrdStatus.Filled ? { status: OrdStatus.Filled, stated: cum, at } : null;
  }

  // Identifiers, local changes, groups

  private freshClOrdId(order: NaiveOrder): number {
    while (this.owners.has(this.counter)) this.counter++;
    this.register(order, this.counter);
    return this.counter;
  }

  private register(order: NaiveOrder, clOrdId: number): void {
    this.owners.set(clOrdId, order.id);
    order.chain.add(clOrdId);
  }

  private endHere(order: NaiveOrder, status: number, nowNs: number): void {
    const before = this.status(order);
    order.end = { status, stated: 0, at: 0 };
    order.isHeld = false;
    this.tellHere(order, before, nowNs);
  }

  private tellHere(order: NaiveOrder, statusBefore: number, nowNs: number): void {
    order.changedNs = nowNs;
    this.listener.onOrderChanged(order.id, statusBefore, OmsOutcome.Local);
    this.groupFollows(order, false, nowNs);
  }

  private groupFollows(order: NaiveOrder, isExecuted: boolean, nowNs: number): void {
    const group = order.isGrouped ? this.groups[order.groupId - 1] : undefined;
    if (group !== undefined) {
      const others = group.members.filter((id) => id !== order.id && this.order(id).end === null);
      if (group.kind === GroupKind.Bracket && group.entry === order.id) {
        const isDone = order.end !== null && (!order.isSent || this.onTheWay(order) <= 0);
        if (group.phase === 'entry' && isDone) {
          const entryLots = this.cum(order);
          group.phase = entryLots > 0 ? 'open' : 'over';
          for (const id of others) this.todo.push(() => this.settleHeld(id, entryLots, nowNs));
        }
      } else if (isExecuted) {
        group.phase = 'over';
        for (const id of others) this.todo.push(() => this.askCancel(id));
      }
    }
    if (this.isBusy) return;
    this.isBusy = true;
    for (let next = this.todo.shift(); next !== undefined; next = this.todo.shift()) next();
    this.isBusy = false;
  }

  private settleHeld(orderId: number, entryLots: number, nowNs: number): void {
    const order = this.order(orderId);
    if (order.end !== null || !order.isHeld) return;
    if (entryLots === 0) {
      this.reject(orderId, RejectCode.BadGroup, nowNs);
      return;
    }
    order.isHeld = false;
    order.ticketQty = Math.min(order.ticketQty, entryLots);
    order.display = Math.min(order.display, entryLots);
    this.listener.wantsRelease(orderId);
  }

  private askCancel(orderId: number): void {
    const order = this.order(orderId);
    if (order.end === null && this.openRequest(order, 'cancel') === undefined) this.listener.wantsCancel(orderId);
  }
}

export function rescaleReport(report: NaiveReport, priceFactor: number, qtyFactor: number): void {
  report.lastQtyLots *= qtyFactor;
  report.cumQtyLots *= qtyFactor;
  report.leavesQtyLots *= qtyFactor;
  report.orderQtyLots *= qtyFactor;
  report.lastPxTicks *= priceFactor;
  report.priceTicks *= priceFactor;
}
