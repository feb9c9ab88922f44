/**
 * The checks of pre-trade risk in the order they are made, and what a check looks at. The first that refuses ends it: its
 * number goes into the RiskVerdict record, and names here are what `tapehead log --order` prints.
 */
export const CHECK_NAMES: readonly string[] = [
  'fields',
  'ClOrdID',
  'kill switch',
  'trading state',
  'instrument state',
  'restricted list',
  'permissions',
  'reference price',
  'collar (percent)',
  'collar (ticks)',
  'max quantity',
  'max notional',
  'average volume',
  'reduce-only',
  'repeated order',
  'strategy rate',
  'instrument rate',
  'repeated executions',
  'position limit',
  'gross exposure',
  'net exposure',
  'credit',
  'loss',
  'drawdown',
  'VaR',
  'self-trade',
  'cancel rate',
  'parent and group',
  'portfolio risk',
  'venue',
];

export const Check = {
  Fields: 0,
  ClOrdId: 1,
  Kill: 2,
  TradingState: 3,
  InstrumentState: 4,
  Restricted: 5,
  Permissions: 6,
  Reference: 7,
  CollarPercent: 8,
  CollarTicks: 9,
  MaxQty: 10,
  MaxNotional: 11,
  AverageVolume: 12,
  ReduceOnly: 13,
  RepeatedOrder: 14,
  StrategyRate: 15,
  InstrumentRate: 16,
  RepeatedExecutions: 17,
  Position: 18,
  Gross: 19,
  Net: 20,
  Credit: 21,
  Loss: 22,
  Drawdown: 23,
  Var: 24,
  SelfTrade: 25,
  /** Cancels only, and the only one of theirs. */
  CancelRate: 26,
  /** Made by the engine before all others, with the order manager: the parent's quantity, the group it names. */
  Family: 27,
  /** Made by the engine behind all others: the figures of portfolio risk. */
  Portfolio: 28,
  /** Made by the engine before all others, behind Family: whether a live venue can be sent anything now. */
  Venue: 29,
} as const;
export type Check = (typeof Check)[keyof typeof Check];

/** Where in a request's `subjects` and `rows`: whom it binds. */
export const SCOPES = 3;

/**
 * One request under examination: what it asks, what is known of it, and how far it came. One object, used for every
 * request. Lots, ticks, micro-units.
 */
export class Request {
  orderId = 0;
  strategy = 0;
  account = 0;
  instrument = 0;
  side = 0;
  type = 0;
  isReplace = false;
  qtyLots = 0;
  /** The limit price; 0 where the order has none. */
  priceTicks = 0;
  nowNs = 0;
  /** Touch of the instrument; 0 where a side is empty. */
  bidTicks = 0;
  askTicks = 0;
  /** What a lot is worth by the market, and at most. */
  marketTicks = 0;
  riskPriceTicks = 0;
  /** Its limit price until it is replaced; the trigger of a stop. */
  inForceTicks = 0;
  stopTicks = 0;
  /** Pegged orders: the price it has by the touch as it is now, its limit apart; NaN where a side is empty. */
  pegTicks = Number.NaN;
  /** What may be executed of it from now on. */
  worstLots = 0;
  /** The whole order at its risk price, in the account's currency; NaN where that can't be known, or is not safe. */
  notionalMicro = 0;
  /** What it may add to what is counted already: at least 0. */
  extraLots = 0;
  extraMicro = 0;
  extraMicroEngine = 0;
  /** Engine, account, strategy: subjects, and their rows for the instrument. */
  readonly subjects = new Int32Array(SCOPES);
  readonly rows = new Int32Array(SCOPES);
  /** Bit per scope: only reduces the position of that scope. */
  reduces = 0;

  lastCheck = 0;
  /** Of the check that refused, else of the one nearest to its limit. */
  lastValue = 0;
  lastLimit = 0;
  /** Bit per check: at or above the warning level. */
  warnMask = 0;
  warnRatio = 0.7;
  /** The largest value / limit so far, and what is certainly neither above it nor at the warning level. */
  nearest = 0.5;
  far = 0.5;

  begin(): void {
    this.lastCheck = 0;
    this.lastValue = 0;
    this.lastLimit = 0;
    this.warnMask = 0;
    this.nearest = Number.NEGATIVE_INFINITY;
    this.far = Number.NEGATIVE_INFINITY;
  }

  /** True while value <= limit; keeps the nearest, and who comes near. A limit of Infinity is none. */
  within(check: number, value: number, limit: number): boolean {
    this.lastCheck = check;
    if (!(value <= limit)) return this.fail(value, limit);
    if (limit === Number.POSITIVE_INFINITY) return true;
    const ratio = limit > 0 ? value / limit : 0;
    if (ratio >= this.warnRatio) this.warnMask |= 1 << check;
    if (ratio > this.nearest) {
      this.nearest = ratio;
      this.lastValue = value;
      this.lastLimit = limit;
    }
    return true;
  }

  /** As `within`, but what has reached its limit is beyond it. */
  below(check: number, value: number, limit: number): boolean {
    if (value >= limit) {
      this.lastCheck = check;
      return this.fail(value, limit);
    }
    return this.within(check, value, limit);
  }

  fail(value: number, limit: number): false {
    this.lastValue = value;
    this.lastLimit = limit;
    return false;
  }
}
