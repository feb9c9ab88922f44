/** A made-up trading day on a tape: a random walk of prices, strategies that quote and take, a venue that answers. */
import { ExecType, FillReason, Liquidity, OrderSide, OrdStatus, RejectCode } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { OmsOutcome, OrderAction, RiskScope, RiskStateKind, StrategyState } from '../../src/core/record.ts';
import type { TradingTape } from './trading-log.ts';

export const SESSION_CONFIG = {
  format: 'binance',
  seed: 1,
  trading: {
    accounts: [{ name: 'main', currency: 'USDT' }],
    fx: { USD: '0.98' },
    instruments: {
      BTCUSDT: { tick: '0.1', lot: '0.001', multiplier: '1', currency: 'USDT' },
      ESZ6: { tick: '0.25', lot: '1', multiplier: '50', currency: 'USD' },
    },
    strategies: [
      { id: 'maker', use: 'market-maker', account: 'main', params: { gamma: 0.1, symbol: 'BTCUSDT' } },
      { id: 'taker', use: 'imbalance', account: 'main', params: {} },
    ],
  },
};

interface Order {
  readonly id: number;
  readonly strategy: number;
  readonly instrument: number;
  readonly side: number;
  qty: number;
  price: number;
  cum: number;
  value: number;
  clOrdId: number;
  status: number;
}

const OPEN_NS = 34_200e9;

export interface SessionOptions {
  readonly seed: number;
  /** Moves of the market. */
  readonly steps: number;
  /** Time between two, at most. */
  readonly stepNs?: number;
  /** Redefine BTCUSDT with more decimals at this step. */
  readonly rescaleAt?: number;
}

/** Writes the day; the tape is left open, for its owner to close. */
export class TradingSession {
  private readonly tape: TradingTape;
  private readonly prng: Prng;
  private readonly options: SessionOptions;
  private readonly mids = [600_000, 20_000];
  private readonly decimals: [number, number][] = [
    [1, 3],
    [2, 0],
  ];
  private readonly positions = new Map<string, { qty: number; cost: number; realised: number; fees: number }>();
  private open: Order[] = [];
  private orders = 0;
  private clOrdIds = 1000;
  private execIds = 0;

  constructor(tape: TradingTape, options: SessionOptions) {
    this.tape = tape;
    this.options = options;
    this.prng = new Prng(options.seed);
  }

  run(): void {
    const { tape, prng, options } = this;
    for (const strategy of [0, 1]) tape.strategyState(StrategyState.Started, 0, '', { strategy });
    tape.ns = OPEN_NS;
    tape.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 1, qtyDecimals: 3 });
    tape.instrument({ instrument: 1, symbol: 'ESZ6', bookKind: 3, priceDecimals: 2, qtyDecimals: 0 });
    for (let step = 0; step < options.steps; step++) {
      tape.ns += 1 + prng.below(options.stepNs ?? 40_000_000);
      if (step === options.rescaleAt) this.rescale();
      const instrument = prng.below(2);
      const cause = this.moveMarket(instrument);
      if (prng.below(6) === 0) this.submit(instrument, cause);
      if (this.open.length > 0 && prng.below(3) === 0) this.touch(this.open[prng.below(this.open.length)], cause);
    }
    tape.riskState(
      RiskScope.Strategy,
      RiskStateKind.LimitWarning,
      { strategy: 0, cause: tape.seq },
      { subject: 0, code: RejectCode.PositionLong, value: 71, limit: 100 },
    );
    tape.strategyState(StrategyState.Halted, 1, 'Error: onBook threw', { strategy: 1, cause: tape.seq });
  }

  private moveMarket(instrument: number): number {
    const { tape, prng, mids } = this;
    mids[instrument] += prng.below(21) - 10;
    const cause = tape.trade(
      instrument,
      mids[instrument],
      1 + prng.below(50),
      1 + prng.below(2),
      prng.below(5_000_000),
    );
    const half = 1 + prng.below(4);
    const isEmpty = prng.below(50) === 0;
    tape.bbo(instrument, mids[instrument] - half, isEmpty ? 0 : 5, mids[instrument] + half, 7);
    return cause;
  }

  private submit(instrument: number, cause: number): void {
    const { tape, prng } = this;
    const side = 1 + prng.below(2);
    const order: Order = {
      id: ++this.orders,
      strategy: prng.below(2),
      instrument,
      side,
      qty: 1 + prng.below(9),
      price: this.mids[instrument] + (side === OrderSide.Buy ? -1 : 1) * prng.below(5),
      cum: 0,
      value: 0,
      clOrdId: ++this.clOrdIds,
      status: OrdStatus.PendingNew,
    };
    const head = this.head(order, cause);
    const { qty, price, clOrdId } = order;
    const intent = tape.intent(OrderAction.New, side, head, { clOrdId, qty, price, flags: prng.below(2) });
    if (prng.below(8) === 0) {
      const code = prng.below(2) === 0 ? RejectCode.MaxQty : RejectCode.CollarTicks;
      const verdict = tape.verdict(OrderAction.New, 9, { ...head, cause: intent }, { code, value: qty, limit: 5 });
      this.setState(order, OrdStatus.Rejected, verdict, OmsOutcome.Local, code);
      return;
    }
    const warned = prng.below(10) === 0 ? 1 << 12 : 0;
    const verdict = tape.verdict(OrderAction.New, 31, { ...head, cause: intent }, { warned, value: 70, limit: 100 });
    this.setState(order, OrdStatus.PendingNew, verdict, OmsOutcome.Local);
    this.open.push(order);
  }

  /** Something happens to an open order. */
  private touch(order: Order, cause: number): void {
    const { tape, prng } = this;
    const venueNs = tape.ns;
    tape.ns += 500_000 + prng.below(1_000_000);
    if (order.status === OrdStatus.PendingNew) {
      const isRejected = prng.below(10) === 0;
      const code = isRejected ? RejectCode.VenueWouldTake : 0;
      const type = isRejected ? ExecType.Rejected : ExecType.New;
      const values = { clOrdId: order.clOrdId, venueNs, queueAhead: isRejected ? -1 : prng.below(20), code };
      const report = tape.report(type, order.side, this.head(order, cause), values);
      this.setState(order, isRejected ? OrdStatus.Rejected : OrdStatus.New, report, OmsOutcome.Applied, code);
      if (isRejected) this.remove(order);
      return;
    }
    const pick = prng.below(10);
    if (pick < 6) this.execute(order, cause, venueNs);
    else if (pick < 8) this.replace(order, cause);
    else this.cancel(order, cause);
  }

  private execute(order: Order, cause: number, venueNs: number): void {
    const { tape, prng } = this;
    const qty = 1 + prng.below(order.qty - order.cum);
    const px = order.price;
    const liquidity = prng.below(4) === 0 ? Liquidity.Taker : Liquidity.Maker;
    const reason = liquidity === Liquidity.Taker ? FillReason.DepthTaken : FillReason.QueuePassed;
    order.cum += qty;
    order.value += qty * px;
    const execId = ++this.execIds;
    const leavesQty = order.qty - order.cum;
    const values = {
      clOrdId: order.clOrdId,
      execId,
      lastQty: qty,
      lastPx: px,
      cumQty: order.cum,
      leavesQty,
      venueNs,
      liquidity,
      reason,
    };
    const report = tape.report(ExecType.Trade, order.side, this.head(order, cause), values);
    this.setState(order, leavesQty === 0 ? OrdStatus.Filled : OrdStatus.PartiallyFilled, report, OmsOutcome.Applied);
    this.account(order, execId, qty, px, liquidity, report);
    if (prng.below(25) === 0) this.bust(order, execId, qty, px, liquidity, report);
    if (leavesQty === 0) this.remove(order);
  }

  /** The position takes the execution back; the order itself is not reopened. */
  private bust(order: Order, refExecId: number, qty: number, px: number, liquidity: number, cause: number): void {
    const values = {
      clOrdId: order.clOrdId,
      execId: ++this.execIds,
      refExecId,
      lastQty: qty,
      lastPx: px,
      venueNs: this.tape.ns,
    };
    const report = this.tape.report(ExecType.TradeCancel, order.side, this.head(order, cause), values);
    this.account(order, refExecId, -qty, px, liquidity, report);
  }

  /** Average cost kept as cost in money units: what is closed takes its share with it, rounded down. */
  private account(order: Order, execId: number, qty: number, px: number, liquidity: number, cause: number): void {
    const key = `${order.strategy} ${order.instrument}`;
    const position = this.positions.get(key) ?? { qty: 0, cost: 0, realised: 0, fees: 0 };
    this.positions.set(key, position);
    const signed = (order.side === OrderSide.Buy ? 1 : -1) * qty;
    const before = position.qty;
    const closes =
      before !== 0 && Math.sign(before) !== Math.sign(signed) ? Math.min(Math.abs(before), Math.abs(signed)) : 0;
    let realised = 0;
    if (closes > 0) {
      const share = Math.floor((position.cost * closes) / Math.abs(before));
      realised = Math.sign(before) * closes * px - share;
      position.cost -= share;
    }
    position.qty += signed;
    position.cost += Math.sign(signed) * (Math.abs(signed) - closes) * px;
    const notional = Math.abs(qty) * px;
    const fee =
      Math.sign(qty) * (liquidity === Liquidity.Taker ? Math.ceil(notional / 2500) : -Math.floor(notional / 10_000));
    position.realised += realised;
    position.fees += fee;
    this.tape.fill(liquidity, order.side, this.head(order, cause), {
      execId,
      lastQty: qty,
      lastPx: px,
      position: position.qty,
      fee,
      realised,
      realisedSoFar: position.realised,
      feesSoFar: position.fees,
      avgCost: position.qty === 0 ? 0 : position.cost / position.qty,
    });
  }

  private replace(order: Order, cause: number): void {
    const { tape, prng } = this;
    const clOrdId = ++this.clOrdIds;
    const origClOrdId = order.clOrdId;
    const qty = order.qty + prng.below(3);
    const price = order.price + prng.below(3) - 1;
    const before = order.status;
    const intent = tape.intent(OrderAction.Replace, order.side, this.head(order, cause), {
      clOrdId,
      origClOrdId,
      qty,
      price,
    });
    const verdict = tape.verdict(OrderAction.Replace, 31, this.head(order, intent));
    this.setState(order, OrdStatus.PendingReplace, verdict, OmsOutcome.Local);
    const venueNs = (tape.ns += 300_000);
    tape.ns += 200_000;
    if (prng.below(4) === 0) {
      const code = RejectCode.VenueTooLate;
      const report = tape.report(ExecType.ReplaceRejected, order.side, this.head(order, cause), {
        clOrdId,
        origClOrdId,
        venueNs,
        code,
        queueAhead: -1,
      });
      this.setState(order, before, report, OmsOutcome.Applied, code);
      return;
    }
    Object.assign(order, { qty, price, clOrdId });
    const values = {
      clOrdId,
      origClOrdId,
      orderQty: qty,
      price,
      cumQty: order.cum,
      leavesQty: qty - order.cum,
      venueNs,
      queueAhead: prng.below(30),
    };
    const report = tape.report(ExecType.Replaced, order.side, this.head(order, cause), values);
    this.setState(order, before, report, OmsOutcome.Applied);
  }

  private cancel(order: Order, cause: number): void {
    const { tape } = this;
    const clOrdId = ++this.clOrdIds;
    const origClOrdId = order.clOrdId;
    const intent = tape.intent(OrderAction.Cancel, order.side, this.head(order, cause), { clOrdId, origClOrdId });
    const verdict = tape.verdict(OrderAction.Cancel, 2, this.head(order, intent));
    this.setState(order, OrdStatus.PendingCancel, verdict, OmsOutcome.Local);
    const venueNs = (tape.ns += 300_000);
    tape.ns += 200_000;
    const report = tape.report(ExecType.Canceled, order.side, this.head(order, cause), {
      clOrdId,
      origClOrdId,
      cumQty: order.cum,
      venueNs,
      queueAhead: -1,
    });
    this.setState(order, OrdStatus.Canceled, report, OmsOutcome.Applied);
    this.remove(order);
  }

  private setState(order: Order, status: number, cause: number, outcome: number, code = 0): void {
    const { qty, price, cum: cumQty, clOrdId } = order;
    const isOver = status === OrdStatus.Rejected || status === OrdStatus.Canceled;
    const avgPx = cumQty === 0 ? 0 : order.value / cumQty;
    const values = { clOrdId, qty, price, cumQty, leavesQty: isOver ? 0 : qty - cumQty, avgPx, code, outcome };
    this.tape.state(status, order.status, this.head(order, cause), values);
    order.status = status;
  }

  private rescale(): void {
    const { tape } = this;
    this.decimals[0] = [2, 5];
    const cause = tape.instrument({ instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 2, qtyDecimals: 5 });
    this.mids[0] *= 10;
    for (const order of this.open) {
      if (order.instrument !== 0) continue;
      order.price *= 10;
      order.qty *= 100;
      order.cum *= 100;
      order.value *= 1000;
    }
    for (const [key, position] of this.positions) {
      if (!key.endsWith(' 0')) continue;
      position.qty *= 100;
      for (const field of ['cost', 'realised', 'fees'] as const) position[field] *= 1000;
    }
    tape.rescale(0, 10, 100, cause);
  }

  private head(order: Order, cause: number): { strategy: number; instrument: number; orderId: number; cause: number } {
    return { strategy: order.strategy, instrument: order.instrument, orderId: order.id, cause };
  }

  private remove(order: Order): void {
    this.open = this.open.filter((one) => one !== order);
  }
}
