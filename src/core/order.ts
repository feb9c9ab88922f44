/**
 * The vocabulary of orders, in FIX's words (FIX 4.4, tags named beside them). Values are ours, small and stable: they
 * stand in the log. Prices in ticks, quantities in lots, times in ns since the session's midnight.
 */

/** Tag 54. The same values as `Side`: a buy order rests on the bid side. */
export const OrderSide = { Buy: 1, Sell: 2 } as const;
export type OrderSide = (typeof OrderSide)[keyof typeof OrderSide];
export const ORDER_SIDE_TEXT: readonly string[] = ['', 'buy', 'sell'];

/** +1 for buy, -1 for sell. */
export function signOf(side: number): number {
  return 3 - 2 * side;
}

/** Tag 39. */
export const OrdStatus = {
  None: 0,
  PendingNew: 1,
  New: 2,
  PartiallyFilled: 3,
  Filled: 4,
  PendingCancel: 5,
  Canceled: 6,
  PendingReplace: 7,
  Replaced: 8,
  Rejected: 9,
  Expired: 10,
} as const;
export type OrdStatus = (typeof OrdStatus)[keyof typeof OrdStatus];
export const ORD_STATUS_TEXT: readonly string[] = [
  'None',
  'PendingNew',
  'New',
  'PartiallyFilled',
  'Filled',
  'PendingCancel',
  'Canceled',
  'PendingReplace',
  'Replaced',
  'Rejected',
  'Expired',
];

/** Nothing more can be executed of it (a bust may still reopen the position, never the order). */
export function isTerminal(status: number): boolean {
  return (
    status === OrdStatus.Filled ||
    status === OrdStatus.Canceled ||
    status === OrdStatus.Rejected ||
    status === OrdStatus.Expired
  );
}

/** Tag 150: what an execution report says. */
export const ExecType = {
  None: 0,
  /** The venue has the order and will look at it later (optional). */
  PendingNew: 1,
  New: 2,
  Trade: 3,
  Canceled: 4,
  Replaced: 5,
  /** The new order was refused. */
  Rejected: 6,
  Expired: 7,
  /** OrderCancelReject (35=9) in answer to a cancel: the order stands as it was. */
  CancelRejected: 8,
  /** OrderCancelReject in answer to a replace. */
  ReplaceRejected: 9,
  /** Bust: the execution `refExecId` never was. */
  TradeCancel: 10,
  /** Correction: the execution `refExecId` was of lastQty at lastPx instead. */
  TradeCorrect: 11,
  /** A stop order was triggered and is an ordinary order now. */
  Triggered: 12,
  /** The venue changed the order by itself: peg repriced, iceberg refreshed, self-trade decrement. */
  Restated: 13,
} as const;
export type ExecType = (typeof ExecType)[keyof typeof ExecType];
export const EXEC_TYPE_TEXT: readonly string[] = [
  'None',
  'PendingNew',
  'New',
  'Trade',
  'Canceled',
  'Replaced',
  'Rejected',
  'Expired',
  'CancelRejected',
  'ReplaceRejected',
  'TradeCancel',
  'TradeCorrect',
  'Triggered',
  'Restated',
];

/** Tag 40. */
export const OrdType = { Limit: 1, Market: 2, Stop: 3, StopLimit: 4, Pegged: 5 } as const;
export type OrdType = (typeof OrdType)[keyof typeof OrdType];
export const ORD_TYPE_TEXT: readonly string[] = ['', 'limit', 'market', 'stop', 'stop-limit', 'pegged'];

/** Tag 1094. Primary: own side's touch; Market: the opposite touch; Mid. The offset is added for sells, subtracted for buys. */
export const PegType = { None: 0, Primary: 1, Market: 2, Mid: 3 } as const;
export type PegType = (typeof PegType)[keyof typeof PegType];

/** Tag 59. Day: to the end of the session. GTD: to `expireNs`. */
export const TimeInForce = { Day: 1, Gtc: 2, Ioc: 3, Fok: 4, Gtd: 5 } as const;
export type TimeInForce = (typeof TimeInForce)[keyof typeof TimeInForce];
export const TIME_IN_FORCE_TEXT: readonly string[] = ['', 'day', 'gtc', 'ioc', 'fok', 'gtd'];

export const OrderFlag = {
  /** Refused by the venue rather than take (tag 18=6). */
  PostOnly: 1,
  /**
   * Refused by pre-trade risk, new or replaced, where it would open or increase the strategy's position. Not looked at
   * again afterwards: orders that fill before it may have changed what it reduces.
   */
  ReduceOnly: 2,
} as const;

/** Contingency of a group (tag 1385). */
export const GroupKind = {
  None: 0,
  /** One fills, whole or in part: the others are cancelled (one cancels the other). */
  Oco: 1,
  /** The first order of the group is the entry; the others wait until it fills, then are OCO to each other. */
  Bracket: 2,
} as const;
export type GroupKind = (typeof GroupKind)[keyof typeof GroupKind];

/** Tag 851. */
export const Liquidity = { None: 0, Maker: 1, Taker: 2 } as const;
export type Liquidity = (typeof Liquidity)[keyof typeof Liquidity];
export const LIQUIDITY_TEXT: readonly string[] = ['', 'maker', 'taker'];

/** Why the simulated venue filled. */
export const FillReason = {
  None: 0,
  /** Taken from the displayed depth on arrival (or when triggered). */
  DepthTaken: 1,
  /** L3: an order behind ours in the same queue was executed, so ours would have been before. */
  QueuePassed: 2,
  /** A trade at our price went on after the (estimated) quantity ahead of us was used up. */
  QueueReached: 3,
  /** A trade printed at a price worse than ours: ours would have come first. */
  TradedThrough: 4,
  /** The opposite side of the recorded book reached our price: it would have traded with us. */
  BookCrossed: 5,
  /** A cross (auction) at a price as good as ours or better. */
  Auction: 6,
} as const;
export type FillReason = (typeof FillReason)[keyof typeof FillReason];
export const FILL_REASON_TEXT: readonly string[] = [
  '',
  'took displayed depth',
  'an order behind it in the queue was executed',
  'traded at its price after the quantity ahead was used up',
  'a trade printed through its price',
  'the opposite side of the book reached its price',
  'auction',
];

/** Why a strategy does not run. */
export const HaltReason = {
  None: 0,
  Threw: 1,
  OverBudget: 2,
  Nonsense: 3,
  NonDeterministic: 4,
  Killed: 5,
  LossLimit: 6,
} as const;
export type HaltReason = (typeof HaltReason)[keyof typeof HaltReason];

/** FIX OrdRejReason, tag 103. */
const FIX = {
  Broker: 0,
  UnknownSymbol: 1,
  ExchangeClosed: 2,
  ExceedsLimit: 3,
  TooLate: 4,
  UnknownOrder: 5,
  Duplicate: 6,
  Unsupported: 11,
  IncorrectQty: 13,
  PriceBand: 16,
  PriceIncrement: 18,
  Other: 99,
} as const;

/**
 * Why a request was refused: stable codes, by the stage that refuses. 1xx the request itself, 2xx states and
 * permissions, 3xx price, 4xx size, 5xx rates, 6xx positions and credit, 7xx losses and portfolio risk, 8xx self-trade,
 * 9xx the engine's own capacity, 1xxx the venue.
 */
export const RejectCode = {
  None: 0,
  BadSide: 100,
  BadQty: 101,
  BadPrice: 102,
  OffTick: 103,
  OffLot: 104,
  NotionalOverflow: 105,
  BadOrdType: 106,
  BadTimeInForce: 107,
  UnknownInstrument: 108,
  UnknownOrder: 109,
  OrderNotOpen: 110,
  DuplicateClOrdId: 111,
  BadDisplayQty: 112,
  RequestPending: 113,
  KillEngine: 200,
  KillAccount: 201,
  KillStrategy: 202,
  KillInstrument: 203,
  TradingHalted: 204,
  ReducingOnly: 205,
  InstrumentHalted: 206,
  Restricted: 207,
  NotPermitted: 208,
  StrategyHalted: 209,
  ReduceOnlyOrder: 210,
  VenueDown: 211,
  VenueDiffers: 212,
  StaleReference: 300,
  CrossedReference: 301,
  NoReference: 302,
  CollarPercent: 303,
  CollarTicks: 304,
  MaxQty: 400,
  MaxNotional: 401,
  AverageVolume: 402,
  RepeatedOrder: 500,
  StrategyRate: 501,
  InstrumentRate: 502,
  CancelRate: 503,
  RepeatedExecution: 504,
  PositionLong: 600,
  PositionShort: 601,
  GrossExposure: 602,
  NetExposure: 603,
  Credit: 604,
  ParentQty: 605,
  BadGroup: 606,
  LossLimit: 700,
  DrawdownLimit: 701,
  VarLimit: 702,
  RiskUnavailable: 703,
  EsLimit: 704,
  StressLimit: 705,
  PortfolioGross: 706,
  PortfolioNet: 707,
  SectorLimit: 708,
  ConcentrationLimit: 709,
  DeltaLimit: 710,
  GammaLimit: 711,
  VegaLimit: 712,
  PortfolioDrawdown: 713,
  SelfTrade: 800,
  TooManyOrders: 900,
  OutletFull: 901,
  VenueWouldTake: 1000,
  VenueUnknownOrder: 1001,
  VenueTooLate: 1002,
  VenueHalted: 1003,
  VenueNotFilled: 1004,
  VenueNoLiquidity: 1005,
  VenueSelfTrade: 1006,
  VenueUnsupported: 1007,
  VenueRefused: 1008,
  VenueFilter: 1009,
  VenueFunds: 1010,
  VenueRate: 1011,
  VenueUnreached: 1012,
  VenueNeverHad: 1020,
} as const;
export type RejectCode = (typeof RejectCode)[keyof typeof RejectCode];

export interface RejectText {
  readonly name: string;
  readonly text: string;
  readonly fixOrdRejReason: number;
}

/** Text and FIX OrdRejReason of every code, by code. */
export const REJECT_TEXT: Readonly<Record<number, RejectText>> = (() => {
  const entries: readonly (readonly [keyof typeof RejectCode, string, number])[] = [
    ['None', 'accepted', FIX.Other],
    ['BadSide', 'side is neither buy nor sell', FIX.Unsupported],
    ['BadQty', 'quantity is not a positive whole number of lots', FIX.IncorrectQty],
    ['BadPrice', 'price is missing, not a number, or not positive', FIX.PriceIncrement],
    ['OffTick', 'price is not a multiple of the tick', FIX.PriceIncrement],
    ['OffLot', 'quantity is not a multiple of the lot', FIX.IncorrectQty],
    ['NotionalOverflow', 'price times quantity is too large to be computed exactly', FIX.IncorrectQty],
    ['BadOrdType', 'order type, peg or flags do not go together', FIX.Unsupported],
    ['BadTimeInForce', 'time in force is unknown, or expires in the past', FIX.Unsupported],
    ['UnknownInstrument', 'no such instrument', FIX.UnknownSymbol],
    ['UnknownOrder', 'no such order of this strategy', FIX.UnknownOrder],
    ['OrderNotOpen', 'the order is no longer open', FIX.TooLate],
    ['DuplicateClOrdId', 'this ClOrdID was used before', FIX.Duplicate],
    ['BadDisplayQty', 'displayed quantity is not between one lot and the quantity', FIX.IncorrectQty],
    ['RequestPending', 'an earlier replace or cancel of the order is still pending', FIX.Other],
    ['KillEngine', 'kill switch of the engine', FIX.Broker],
    ['KillAccount', 'kill switch of the account', FIX.Broker],
    ['KillStrategy', 'kill switch of the strategy', FIX.Broker],
    ['KillInstrument', 'kill switch of the instrument', FIX.Broker],
    ['TradingHalted', 'trading state is Halted', FIX.Broker],
    ['ReducingOnly', 'trading state is Reducing and the order would increase the position', FIX.Broker],
    ['InstrumentHalted', 'the instrument is halted or closed', FIX.ExchangeClosed],
    ['Restricted', 'the instrument is on the restricted list', FIX.Broker],
    ['NotPermitted', 'the strategy may not trade this instrument, side or order type', FIX.Broker],
    ['StrategyHalted', 'the strategy is halted', FIX.Broker],
    ['ReduceOnlyOrder', 'a reduce-only order would open or increase a position', FIX.Broker],
    ['VenueDown', 'no connection to the venue', FIX.Broker],
    ['VenueDiffers', 'what the venue has is not, or not yet, what the log says', FIX.Broker],
    ['StaleReference', 'the book is stale or its price too old', FIX.Broker],
    ['CrossedReference', 'the book is crossed', FIX.Broker],
    ['NoReference', 'the book has no price to compare with', FIX.Broker],
    ['CollarPercent', 'price is outside the collar (percent)', FIX.PriceBand],
    ['CollarTicks', 'price is outside the collar (ticks)', FIX.PriceBand],
    ['MaxQty', 'quantity is above the limit', FIX.ExceedsLimit],
    ['MaxNotional', 'notional is above the limit', FIX.ExceedsLimit],
    ['AverageVolume', 'quantity is above the limit in percent of average volume', FIX.ExceedsLimit],
    ['RepeatedOrder', 'the same order was sent a moment ago', FIX.Duplicate],
    ['StrategyRate', 'message rate of the strategy', FIX.ExceedsLimit],
    ['InstrumentRate', 'message rate of the instrument', FIX.ExceedsLimit],
    ['CancelRate', 'cancel rate of the strategy', FIX.ExceedsLimit],
    ['RepeatedExecution', 'too many executions in a row without a pause', FIX.ExceedsLimit],
    ['PositionLong', 'long position limit, open orders included', FIX.ExceedsLimit],
    ['PositionShort', 'short position limit, open orders included', FIX.ExceedsLimit],
    ['GrossExposure', 'gross exposure limit, open orders included', FIX.ExceedsLimit],
    ['NetExposure', 'net exposure limit, open orders included', FIX.ExceedsLimit],
    ['Credit', 'credit limit, open orders included', FIX.ExceedsLimit],
    ['ParentQty', "more than the parent order's quantity", FIX.ExceedsLimit],
    ['BadGroup', 'the order group does not exist or is over', FIX.Unsupported],
    ['LossLimit', 'loss limit', FIX.Broker],
    ['DrawdownLimit', 'drawdown limit', FIX.Broker],
    ['VarLimit', 'VaR limit', FIX.Broker],
    [
      'RiskUnavailable',
      'a figure that a limit needs (price, exchange rate, VaR) is missing, too old or not a number',
      FIX.Broker,
    ],
    ['EsLimit', 'expected shortfall limit of the portfolio', FIX.Broker],
    ['StressLimit', 'stress loss limit of the portfolio', FIX.Broker],
    ['PortfolioGross', 'gross exposure limit of the portfolio', FIX.ExceedsLimit],
    ['PortfolioNet', 'net exposure limit of the portfolio', FIX.ExceedsLimit],
    ['SectorLimit', 'exposure limit of a sector', FIX.ExceedsLimit],
    ['ConcentrationLimit', 'concentration limit of the portfolio', FIX.ExceedsLimit],
    ['DeltaLimit', 'delta limit of the portfolio', FIX.ExceedsLimit],
    ['GammaLimit', 'gamma limit of the portfolio', FIX.ExceedsLimit],
    ['VegaLimit', 'vega limit of the portfolio', FIX.ExceedsLimit],
    ['PortfolioDrawdown', 'drawdown limit of the portfolio', FIX.Broker],
    ['SelfTrade', 'would trade with an own order', FIX.Broker],
    ['TooManyOrders', 'the order table is full', FIX.Other],
    ['OutletFull', 'the way to the venue is full', FIX.Other],
    ['VenueWouldTake', 'venue: post-only order would take', FIX.Broker],
    ['VenueUnknownOrder', 'venue: no such order', FIX.UnknownOrder],
    ['VenueTooLate', 'venue: too late, the order is done', FIX.TooLate],
    ['VenueHalted', 'venue: the instrument is halted or closed', FIX.ExchangeClosed],
    ['VenueNotFilled', 'venue: fill-or-kill could not be filled whole', FIX.Broker],
    ['VenueNoLiquidity', 'venue: nothing to trade with', FIX.Broker],
    ['VenueSelfTrade', 'venue: would trade with an own order', FIX.Broker],
    ['VenueUnsupported', 'venue: order type not supported', FIX.Unsupported],
    ['VenueRefused', 'venue: refused', FIX.Broker],
    ['VenueFilter', "venue: price or quantity is against the instrument's filters", FIX.PriceIncrement],
    ['VenueFunds', 'venue: not enough balance or margin', FIX.ExceedsLimit],
    ['VenueRate', 'venue: too many orders or requests', FIX.ExceedsLimit],
    ['VenueUnreached', 'venue: not reached, nothing was sent', FIX.ExchangeClosed],
    ['VenueNeverHad', 'venue: never had the request', FIX.UnknownOrder],
  ];
  const texts: Record<number, RejectText> = {};
  for (const [name, text, fixOrdRejReason] of entries) texts[RejectCode[name]] = { name, text, fixOrdRejReason };
  return texts;
})();

export function rejectText(code: number): string {
  return REJECT_TEXT[code]?.text ?? `code ${code}`;
}

/**
 * What a strategy asks for. Read at once and never kept: a strategy may hold one ticket and change its fields for every
 * order, so that nothing is allocated. Left-out fields have the defaults named.
 */
export interface OrderTicket {
  instrument: number;
  side: OrderSide;
  qtyLots: number;
  /** Limit (and stop-limit) price; ignored for Market, Stop and Pegged without a limit (NaN or absent). */
  priceTicks?: number;
  /** Default Limit. */
  type?: OrdType;
  /** Default Day. */
  timeInForce?: TimeInForce;
  /** OrderFlag bits, default 0. */
  flags?: number;
  /** Trigger of Stop and StopLimit. */
  stopPriceTicks?: number;
  /** Iceberg: displayed at a time; default 0 = everything. */
  displayQtyLots?: number;
  peg?: PegType;
  pegOffsetTicks?: number;
  /** GTD: session ns. */
  expireNs?: number;
  /** The parent that bounds this order's quantity (`createParent`); default 0 = none. */
  parentId?: number;
  /** Order group (`createGroup`); default 0 = none. */
  groupId?: number;
  /** A number of the strategy's own, returned with every update. */
  tag?: number;
  /** The strategy's own ClOrdID, a positive integer never used before; default: given by the engine. */
  clOrdId?: number;
}
