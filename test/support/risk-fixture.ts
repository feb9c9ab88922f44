/** Accounts, strategies and instruments to test risk with, and books whose touch is set by hand. */
import { Books } from '../../src/book/books.ts';
import { EventKind, eventHead, Side } from '../../src/core/event.ts';
import { BookKind, type InstrumentDef } from '../../src/core/instrument-def.ts';
import { resolveTerms, type TermsText } from '../../src/core/instrument-terms.ts';
import type { OrderTicket } from '../../src/core/order.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';
import { FxRates } from '../../src/risk/money.ts';
import { Positions } from '../../src/risk/positions.ts';
import { PreTradeRisk } from '../../src/risk/pre-trade.ts';
import { parseRiskConfig } from '../../src/risk/risk-config.ts';
import type { Latched } from '../../src/risk/standing.ts';
import { type AccountDef, type StrategyDef, Subjects } from '../../src/risk/subjects.ts';

export interface FixtureInstrument extends TermsText {
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
}

export const ACCOUNTS: readonly AccountDef[] = [
  { name: 'main', currency: 'USD' },
  { name: 'euro', currency: 'EUR' },
];
export const STRATEGIES: readonly StrategyDef[] = [
  { name: 'maker', account: 0 },
  { name: 'taker', account: 0 },
  { name: 'pairs', account: 1 },
];
export const FX = { EUR: '1.0837', JPY: '0.006612' };
export const INSTRUMENTS: readonly FixtureInstrument[] = [
  { symbol: 'AAA', priceDecimals: 2, qtyDecimals: 0, tick: '0.01', lot: '1', currency: 'USD' },
  { symbol: 'BTC', priceDecimals: 8, qtyDecimals: 8, tick: '0.01', lot: '0.00001', currency: 'USD' },
  { symbol: 'FUT', priceDecimals: 2, qtyDecimals: 0, tick: '0.25', lot: '1', multiplier: '12.5', currency: 'EUR' },
  { symbol: 'JPX', priceDecimals: 1, qtyDecimals: 0, tick: '0.5', lot: '100', currency: 'JPY' },
];

export function defOf(instrument: number, one: FixtureInstrument): InstrumentDef {
  const { symbol, priceDecimals, qtyDecimals } = one;
  return { instrument, symbol, priceDecimals, qtyDecimals, bookKind: BookKind.L2 };
}

export function subjectsOf(
  accounts: readonly AccountDef[] = ACCOUNTS,
  strategies: readonly StrategyDef[] = STRATEGIES,
): Subjects {
  return new Subjects(accounts, strategies);
}

/** What was reported: `scope kind subject code`. */
export interface Reported {
  readonly scope: number;
  readonly kind: number;
  readonly subject: number;
  readonly value: number;
  readonly limit: number;
  readonly code: number;
}

export class RiskDesk {
  readonly books = new Books();
  readonly subjects: Subjects;
  readonly positions: Positions;
  readonly oms: OrderManager;
  readonly risk: PreTradeRisk;
  readonly reported: Reported[] = [];
  nowNs = 1e9;
  /** Per lot of a fill, in whole units. */
  feeUnits: (qtyLots: number, pxTicks: number) => number = () => 0;
  private readonly f64 = new Float64Array(8);
  private readonly memory = {
    f64: this.f64,
    u32: new Uint32Array(this.f64.buffer),
    bytes: new Uint8Array(this.f64.buffer),
  };

  constructor(
    config: unknown,
    instruments: readonly FixtureInstrument[] = INSTRUMENTS,
    options: { latched?: readonly Latched[]; fx?: Readonly<Record<string, string>>; subjects?: Subjects } = {},
  ) {
    this.subjects = options.subjects ?? subjectsOf();
    this.positions = new Positions(this.subjects, new FxRates(this.subjects.accounts[0].currency, options.fx ?? FX));
    this.oms = new OrderManager({
      onOrderChanged: (orderId) => {
        if (orderId !== 0) this.risk.orderChanged(orderId, this.nowNs);
      },
      onExecution: (orderId, execId, side, qtyLots, pxTicks) => {
        const { orders } = this.oms;
        const [strategy, account] = [orders.strategy[orderId], orders.account[orderId]];
        const instrument = orders.instrument[orderId];
        const sign = qtyLots < 0 ? -1 : 1;
        const fee = this.feeUnits(qtyLots, pxTicks);
        this.positions.fill(strategy, account, instrument, side, qtyLots * sign, pxTicks, fee, sign, execId);
        this.risk.onExecution(strategy, account, instrument, this.nowNs);
      },
      wantsCancel: () => {},
      wantsRelease: () => {},
    });
    this.risk = new PreTradeRisk(
      parseRiskConfig(config, 'test'),
      this.books,
      this.oms,
      this.positions,
      options.latched,
    );
    this.risk.setStandingListener({
      onRiskState: (scope, kind, subject, value, limit, code) => {
        this.reported.push({ scope, kind, subject, value, limit, code });
      },
    });
    for (const [instrument, one] of instruments.entries()) this.define(instrument, one);
  }

  define(instrument: number, one: FixtureInstrument): void {
    const def = defOf(instrument, one);
    this.books.define(def);
    this.risk.define(instrument, def, resolveTerms(def, one, 'USD'));
  }

  /** Sets the touch; 0 for a side without. */
  touch(instrument: number, bid: number, ask: number, bidQty = 100, askQty = 100): void {
    this.event(EventKind.Clear, instrument, 0, 0, 0);
    if (bid > 0) this.event(EventKind.Level, instrument, Side.Bid, bid, bidQty);
    if (ask > 0) this.event(EventKind.Level, instrument, Side.Ask, ask, askQty);
    this.risk.onTouch(instrument, Float64Array.of(this.nowNs));
  }

  /** A new order through create, check, and sent or rejected. Returns [OrderID, RejectCode]. */
  submit(strategy: number, ticket: OrderTicket): [number, number] {
    const account = this.subjects.accountOfStrategy(strategy);
    const orderId = this.oms.create(strategy, account, ticket, this.nowNs);
    const code = this.risk.checkNew(orderId, this.nowNs);
    if (code === 0) this.oms.sent(orderId, this.nowNs);
    else this.oms.reject(orderId, code, this.nowNs);
    return [orderId, code];
  }

  replace(orderId: number, qtyLots: number, priceTicks: number): number {
    const code = this.risk.checkReplace(orderId, qtyLots, priceTicks, this.nowNs);
    if (code === 0) this.oms.beginReplace(orderId, qtyLots, priceTicks, this.nowNs);
    return code;
  }

  private event(kind: EventKind, instrument: number, side: number, price: number, qty: number): void {
    this.memory.u32[0] = eventHead(kind, side, 0);
    this.memory.u32[1] = instrument;
    this.f64[3] = price;
    this.f64[4] = qty;
    this.books.apply(this.memory, 0);
  }
}
