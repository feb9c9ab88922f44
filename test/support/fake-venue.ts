/**
 * A venue behind a scripted gateway, on the rings: takes commands, keeps orders, positions and balances of its own, and tells
 * what it has. It outlives engines. Trouble is switched on by whoever runs it: acks that are lost with the connection, reports
 * told twice, orders that never arrive, fills at any time, numbers in finer units than were asked for.
 */
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, Liquidity, OrderSide, RejectCode } from '../../src/core/order.ts';
import type { Prng } from '../../src/core/prng.ts';
import { OrderAction } from '../../src/core/record.ts';
import { OrderCommand } from '../../src/gateway/order-command.ts';
import { CommissionAsset, GatewayAction, GatewayStanding, VenueMessage } from '../../src/gateway/venue-message.ts';
import { MessageWord, VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
import { SpscReader, type SpscShared } from '../../src/ring/spsc.ts';

const PRICE_DECIMALS = 2;
const QTY_DECIMALS = 3;
/** Units of 1e-8 of the base asset in a lot. */
const LOT_UNITS = 1e5;
const { First } = MessageWord;

export interface VenueOrder {
  clOrdId: number;
  side: number;
  price: number;
  qty: number;
  cum: number;
  open: boolean;
  /** Every execution: id, lots, price. */
  fills: [number, number, number][];
  replacedBy: number;
}

interface Message {
  readonly kind: number;
  readonly words: Float64Array;
}

export class FakeVenue {
  readonly orders = new Map<number, VenueOrder>();
  /** New orders that came, by ClOrdID: each must come once. */
  readonly received = new Map<number, number>();
  baseUnits = 1e12;
  positionLots = 0;
  foreign = 0;
  /** Orders with our tag that no log knows. */
  readonly strays: VenueOrder[] = [];
  isUp = false;
  /** Tells quantities and prices with a decimal more than asked. */
  finer = false;
  /** Answers to queries are lost. */
  answersQueries = true;
  commands = 0;
  readonly prices: number[] = [];
  private reader: SpscReader | null = null;
  private writer: VenueMessageWriter | null = null;
  private command: OrderCommand | null = null;
  private outbox: Message[] = [];
  private execIds = 0;
  private readonly report = new ExecReport();
  private readonly now: () => number;
  private readonly random: Prng | null;
  readonly seen: string[] = [];

  constructor(now: () => number, random: Prng | null = null) {
    this.now = now;
    this.random = random;
  }

  /** A new engine's rings. */
  attach(orders: SpscShared, messages: SpscShared): void {
    this.reader = new SpscReader(orders);
    this.command = new OrderCommand(this.reader);
    this.writer = new VenueMessageWriter(messages);
    this.isUp = false;
    this.outbox = [];
  }

  connect(): void {
    this.isUp = true;
    this.standing(GatewayStanding.Reconciling);
  }

  /** What was on its way is gone. */
  disconnect(): void {
    this.isUp = false;
    this.outbox = [];
    this.standing(GatewayStanding.Down);
  }

  /** Takes commands whose records are durable; nothing while there is no connection but what can't be kept. */
  work(durableSeq: number): number {
    const { reader, command } = this;
    if (reader === null || command === null) return 0;
    const available = reader.poll(1 << 12);
    let done = 0;
    for (; done < available; done++) {
      command.pointTo(reader.cursor);
      if (command.causeSeq > durableSeq) break;
      this.commands++;
      if (this.isUp || command.action === GatewayAction.Define) this.take(command);
      reader.release(1);
    }
    return done;
  }

  /** Delivers up to `limit` messages; with randomness some are told twice. */
  deliver(limit = Number.POSITIVE_INFINITY): void {
    const { writer } = this;
    if (writer === null) return;
    for (let i = 0; i < limit && this.outbox.length > 0; i++) {
      const message = this.outbox.shift() as Message;
      this.send(message);
      if (message.kind === VenueMessage.Report && this.random !== null && this.random.below(6) === 0)
        this.send(message);
    }
  }

  /** Executes `lots` of an order that is open. */
  fill(order: VenueOrder, lots: number, isTold = true): void {
    const execId = ++this.execIds;
    const signed = order.side === OrderSide.Buy ? lots : -lots;
    order.cum += lots;
    order.fills.push([execId, lots, order.price]);
    if (order.cum === order.qty) order.open = false;
    this.positionLots += signed;
    this.baseUnits += signed * LOT_UNITS - (order.side === OrderSide.Buy ? 10 * lots : 0);
    if (isTold) this.tellFill(order, order.fills[order.fills.length - 1], order.cum);
  }

  openOrders(): VenueOrder[] {
    return [...this.orders.values()].filter(({ open }) => open);
  }

  private send({ kind, words }: Message): void {
    const { writer } = this;
    if (writer === null) return;
    writer.words.set(words);
    writer.words[MessageWord.TsRecvNs] = this.now();
    writer.send(kind, 0, 0);
  }

  private take(command: OrderCommand): void {
    const { action, clOrdId, origClOrdId, qtyLots, priceTicks, side } = command;
    this.seen.push(`${action} ${clOrdId} ${origClOrdId}`);
    if (action === OrderAction.New) this.place(clOrdId, side, qtyLots, priceTicks);
    else if (action === OrderAction.Cancel) this.cancel(clOrdId, origClOrdId);
    else if (action === OrderAction.Replace) this.replace(clOrdId, origClOrdId, qtyLots, priceTicks);
    else if (action === GatewayAction.Query) this.query(clOrdId, origClOrdId);
    else if (action === GatewayAction.Reconcile) this.tellAll(clOrdId);
    else if (action === GatewayAction.CancelAll) for (const order of this.openOrders()) order.open = false;
  }

  private place(clOrdId: number, side: number, qty: number, price: number): void {
    this.received.set(clOrdId, (this.received.get(clOrdId) ?? 0) + 1);
    if (this.random !== null && this.random.below(12) === 0) {
      this.tell(ExecType.Rejected, clOrdId, 0, null, RejectCode.VenueRefused);
      return;
    }
    const order = { clOrdId, side, price, qty, cum: 0, open: true, fills: [], replacedBy: 0 };
    this.orders.set(clOrdId, order);
    this.tell(ExecType.New, clOrdId, 0, order, 0);
  }

  private cancel(clOrdId: number, orig: number): void {
    const order = this.orders.get(orig);
    if (order === undefined || !order.open) {
      this.tell(ExecType.CancelRejected, clOrdId, orig, order ?? null, RejectCode.VenueUnknownOrder);
      return;
    }
    order.open = false;
    this.tell(ExecType.Canceled, clOrdId, orig, order, 0);
  }

  private replace(clOrdId: number, orig: number, qty: number, price: number): void {
    const order = this.orders.get(orig);
    if (order === undefined || !order.open || qty <= order.cum) {
      this.tell(ExecType.ReplaceRejected, clOrdId, orig, order ?? null, RejectCode.VenueTooLate);
      return;
    }
    order.open = false;
    order.replacedBy = clOrdId;
    const next = { ...order, clOrdId, price, qty, open: true, replacedBy: 0 };
    this.orders.set(clOrdId, next);
    this.tell(ExecType.Replaced, clOrdId, orig, next, 0);
  }

  private query(clOrdId: number, orig: number): void {
    const order = this.orders.get(clOrdId);
    if (!this.answersQueries) {
      const words = new Float64Array(24);
      words[First] = clOrdId;
      words[First + 1] = 503;
      this.outbox.push({ kind: VenueMessage.Unknown, words });
      return;
    }
    if (order === undefined && orig !== 0) {
      const before = this.orders.get(orig);
      if (before !== undefined) this.tellFills(before);
      this.tell(ExecType.ReplaceRejected, clOrdId, orig, before ?? null, RejectCode.VenueUnknownOrder);
      if (before !== undefined && !before.open) this.tellEnd(before);
      return;
    }
    if (order === undefined) {
      this.tell(ExecType.Rejected, clOrdId, 0, null, RejectCode.VenueUnknownOrder);
      return;
    }
    if (orig !== 0) this.tell(ExecType.Replaced, clOrdId, orig, order, 0);
    this.tellFills(order);
    if (order.open) this.tell(ExecType.New, clOrdId, 0, order, 0);
    else this.tellEnd(order);
  }

  private tellEnd(order: VenueOrder): void {
    if (order.cum < order.qty) this.tell(ExecType.Canceled, order.clOrdId, 0, order, 0);
  }

  private tellFills(order: VenueOrder): void {
    let cum = 0;
    for (const fill of order.fills) {
      cum += fill[1];
      this.tellFill(order, fill, cum);
    }
  }

  private tellAll(number: number): void {
    for (const order of [...this.openOrders(), ...this.strays]) {
      this.state(VenueMessage.OpenOrder, [order.side, order.clOrdId, 7, order.price, order.qty, order.cum], [3, 4, 5]);
    }
    for (let i = 0; i < this.foreign; i++) this.state(VenueMessage.OpenOrder, [1, 0, 8, 100, 1, 0], [3, 4, 5]);
    this.state(VenueMessage.Position, [this.positionLots], [0]);
    const words = new Float64Array(24);
    new Uint8Array(words.buffer).set(new TextEncoder().encode('TAPE'), First * 8);
    words[First + 2] = this.baseUnits - 1e6;
    words[First + 3] = 1e6;
    this.outbox.push({ kind: VenueMessage.Balance, words });
    this.state(VenueMessage.Settled, [number], []);
    this.standing(GatewayStanding.Ready);
  }

  private standing(standing: number): void {
    const words = new Float64Array(24);
    words[First] = standing;
    this.outbox.push({ kind: VenueMessage.Standing, words });
  }

  /** `scaled`: which of the values are prices and quantities. */
  private state(kind: number, values: readonly number[], scaled: readonly number[]): void {
    const words = new Float64Array(24);
    values.forEach((value, i) => {
      words[First + i] = value * (this.finer && scaled.includes(i) ? 10 : 1);
    });
    this.units(words);
    this.outbox.push({ kind, words });
  }

  private tellFill(order: VenueOrder, [execId, lots, price]: [number, number, number], cum: number): void {
    const words = this.words(ExecType.Trade, order.clOrdId, 0, order, 0);
    const scale = this.finer ? 10 : 1;
    words[First + 4] = execId;
    words[First + 5] = lots * scale;
    words[First + 6] = price * scale;
    words[First + 7] = cum * scale;
    words[First + 15] = Liquidity.Maker;
    words[MessageWord.Commission] = order.side === OrderSide.Buy ? 10 * lots : 3 * lots;
    words[MessageWord.CommissionAsset] = order.side === OrderSide.Buy ? CommissionAsset.Base : CommissionAsset.Quote;
    this.outbox.push({ kind: VenueMessage.Report, words });
  }

  private tell(execType: number, clOrdId: number, orig: number, order: VenueOrder | null, code: number): void {
    this.outbox.push({ kind: VenueMessage.Report, words: this.words(execType, clOrdId, orig, order, code) });
  }

  private words(execType: number, clOrdId: number, orig: number, order: VenueOrder | null, code: number): Float64Array {
    const scale = this.finer ? 10 : 1;
    const report = this.report.clear();
    report.execType = execType;
    report.clOrdId = clOrdId;
    report.origClOrdId = orig;
    report.rejectCode = code;
    report.cumQtyLots = (order?.cum ?? 0) * scale;
    report.leavesQtyLots = order?.open === true ? (order.qty - order.cum) * scale : 0;
    report.orderQtyLots = (order?.qty ?? 0) * scale;
    report.priceTicks = (order?.price ?? 0) * scale;
    report.venueNs = this.now();
    report.queueAheadLots = -1;
    const words = new Float64Array(24);
    words.set(report.values, First);
    this.units(words);
    return words;
  }

  private units(words: Float64Array): void {
    words[MessageWord.PriceDecimals] = PRICE_DECIMALS + (this.finer ? 1 : 0);
    words[MessageWord.QtyDecimals] = QTY_DECIMALS + (this.finer ? 1 : 0);
  }
}
