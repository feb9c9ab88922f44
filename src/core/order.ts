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

/**
 * Why a request was refused: stable codes, by the stage that refuses. 1xx the request itself, 2xx states and
 * permissions, 3xx price, 4xx size, 5xx rates, 6xx positions and credit, 7xx losses and portfolio risk, 8xx self-trade,
 * 9xx the engine's own capacity, 1xxx the venue. Their texts: reject-text.ts.
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
