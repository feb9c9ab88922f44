/**
 * A desk to measure pre-trade checks with: every limit there is in force and wide enough, positions and open orders in
 * every instrument, prices and quantities with 8 decimals (so that money passes 2^53). Requests differ from one another;
 * every eighth is priced outside of the collar, and nothing else is wrong with any: that is the answer.
 */
import { Books } from '../src/book/books.ts';
import { EventKind, eventHead, Side } from '../src/core/event.ts';
import { BookKind } from '../src/core/instrument-def.ts';
import { resolveTerms } from '../src/core/instrument-terms.ts';
import { OrderSide, OrdType } from '../src/core/order.ts';
import { OrderManager } from '../src/oms/order-manager.ts';
import { FxRates } from '../src/risk/money.ts';
import { Positions } from '../src/risk/positions.ts';
import { PreTradeRisk } from '../src/risk/pre-trade.ts';
import { parseRiskConfig } from '../src/risk/risk-config.ts';
import { Subjects } from '../src/risk/subjects.ts';

const HOUR_NS = 3600e9;
/** Of an instrument with 8 decimals: 0.01 in price, 0.00001 in quantity; a price of 60,000. */
export const TICK = 1e6;
export const LOT = 1e3;
export const BID = 6e12;
const ASK = BID + TICK;
const STRATEGIES = 2;

const TOTALS = {
  maxLong: '1000000',
  maxShort: '1000000',
  maxGross: '5000000000',
  maxNet: '5000000000',
  maxCredit: '5000000000',
  maxLoss: '1000000000',
  maxDrawdown: '1000000000',
};

/** Every limit there is, wide enough for what the benchmarks ask. */
export const EVERY_LIMIT = {
  averageVolume: { intervalMs: 3_600_000, intervals: 24 },
  instrumentMessageRate: { max: 5000, perMs: 1000 },
  engine: {
    ...TOTALS,
    maxQty: '10000',
    maxNotional: '5000000000',
    maxVolumePercent: 100,
    collarPercent: 1,
    collarTicks: 100_000,
    maxReferenceAgeMs: 86_400_000,
    maxVar: '1000000000',
  },
  account: { ...TOTALS, selfTrade: 'cancel-newest' },
  strategy: {
    ...TOTALS,
    messageRate: { max: 5000, perMs: 1000 },
    cancelRate: { max: 5000, perMs: 1000 },
    repeatedExecutions: { max: 100_000, perMs: 1, pauseMs: 1 },
    repeatedOrderMs: 100,
  },
};

/** What is asked, in columns. */
export interface Requests {
  readonly ids: Int32Array;
  readonly qtyLots: Float64Array;
  readonly priceTicks: Float64Array;
  /** How many of them must be accepted. */
  readonly accepted: number;
}

export class RiskScene {
  nowNs = 3 * HOUR_NS;
  readonly risk: PreTradeRisk;
  readonly oms: OrderManager;
  private readonly instruments: number;
  private readonly open: number[] = [];
  private readonly books = new Books();
  private readonly positions: Positions;
  private readonly f64 = new Float64Array(8);
  private readonly memory = {
    f64: this.f64,
    u32: new Uint32Array(this.f64.buffer),
    bytes: new Uint8Array(this.f64.buffer),
  };

  constructor(instruments: number, openOrders: number) {
    this.instruments = instruments;
    const strategies = Array.from({ length: STRATEGIES }, (_, i) => ({ name: `s${i}`, account: 0 }));
    const subjects = new Subjects([{ name: 'main', currency: 'USD' }], strategies);
    this.positions = new Positions(subjects, new FxRates('USD', { EUR: '1.0837' }));
    this.oms = new OrderManager({
      onOrderChanged: (orderId) => this.risk.orderChanged(orderId, this.nowNs),
      onExecution: () => {},
      wantsCancel: () => {},
      wantsRelease: () => {},
    });
    this.risk = new PreTradeRisk(parseRiskConfig(EVERY_LIMIT, 'bench'), this.books, this.oms, this.positions);
    for (let i = 0; i < instruments; i++) this.define(i);
    this.risk.setVarFigure(1000, Number.MAX_SAFE_INTEGER);
    for (let i = 0; i < openOrders; i++) this.rest(i);
  }

  newOrders(count: number): Requests {
    const requests = emptyRequests(count);
    for (let i = 0; i < count; i++) {
      const side = 1 + (i % 2) === OrderSide.Buy ? OrderSide.Buy : OrderSide.Sell;
      const offset = ((i >> 1) % 20) * TICK;
      requests.qtyLots[i] = (1 + (i % 5000)) * LOT;
      requests.priceTicks[i] = isWrong(i) ? 2 * BID : side === OrderSide.Buy ? BID - offset : ASK + offset;
      const ticket = {
        instrument: (i * 7919) % this.instruments,
        side,
        type: OrdType.Limit,
        qtyLots: requests.qtyLots[i],
        priceTicks: requests.priceTicks[i],
      };
      requests.ids[i] = this.oms.create(i % STRATEGIES, 0, ticket, this.nowNs);
    }
    return requests;
  }

  replaces(count: number): Requests {
    const requests = emptyRequests(count);
    const { orders } = this.oms;
    for (let i = 0; i < count; i++) {
      const orderId = this.open[i % this.open.length];
      const away = (Math.floor(i / this.open.length) % 500) * TICK;
      const price = orders.priceTicks[orderId];
      requests.ids[i] = orderId;
      requests.qtyLots[i] = orders.qtyLots[orderId] + LOT;
      requests.priceTicks[i] = isWrong(i)
        ? 2 * BID
        : orders.side[orderId] === OrderSide.Buy
          ? price - away
          : price + away;
    }
    return requests;
  }

  private define(instrument: number): void {
    const def = { instrument, symbol: `I${instrument}`, bookKind: BookKind.L2, priceDecimals: 8, qtyDecimals: 8 };
    this.books.define(def);
    this.risk.define(instrument, def, resolveTerms(def, { tick: '0.01', lot: '0.00001' }, 'USD'));
    this.level(instrument, Side.Bid, BID);
    this.level(instrument, Side.Ask, ASK);
    this.risk.onTouch(instrument, Float64Array.of(this.nowNs));
    for (const hour of [0, 1, 2]) {
      this.risk.onTrade(instrument, Float64Array.of(1e13), 0, Float64Array.of(hour * HOUR_NS));
    }
    this.risk.onTouch(instrument, Float64Array.of(this.nowNs));
    for (let strategy = 0; strategy < STRATEGIES; strategy++) {
      this.positions.fill(strategy, 0, instrument, 1 + ((instrument + strategy) % 2), 3 * LOT, BID, 17);
      this.risk.onExecution(strategy, 0, instrument, this.nowNs);
    }
  }

  /** An order that rests, away from the touch. */
  private rest(ordinal: number): void {
    const side = ordinal % 2 === 0 ? OrderSide.Buy : OrderSide.Sell;
    const priceTicks = side === OrderSide.Buy ? BID - (50 + ordinal * 1000) * TICK : ASK + (50 + ordinal * 1000) * TICK;
    const instrument = (ordinal >> 1) % this.instruments;
    const orderId = this.oms.create(
      ordinal % STRATEGIES,
      0,
      { instrument, side, qtyLots: LOT, priceTicks },
      this.nowNs,
    );
    this.oms.sent(orderId, this.nowNs);
    this.open.push(orderId);
  }

  private level(instrument: number, side: number, price: number): void {
    this.memory.u32[0] = eventHead(EventKind.Level, side, 0);
    this.memory.u32[1] = instrument;
    this.f64[3] = price;
    this.f64[4] = 1e8;
    this.books.apply(this.memory, 0);
  }
}

function isWrong(ordinal: number): boolean {
  return ordinal % 8 === 7;
}

function emptyRequests(count: number): Requests {
  let accepted = 0;
  for (let i = 0; i < count; i++) if (!isWrong(i)) accepted++;
  return {
    ids: new Int32Array(count),
    qtyLots: new Float64Array(count),
    priceTicks: new Float64Array(count),
    accepted,
  };
}
