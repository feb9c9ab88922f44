/**
 * The report as JSON: these names and units are stable. Money is exact, as decimal text in the currency beside it
 * ("-12.345"); prices and quantities are decimal text too; times are session ns (`...Ns`, since the session's midnight) or
 * spans in ns; shares and ratios are numbers, null where there is nothing to divide by.
 */
import type { Distribution } from './columns.ts';

export interface OrderCounts {
  /** = filled + canceled + rejected + expired + live. */
  readonly orders: number;
  /** Passed pre-trade risk and left for the venue. */
  readonly sent: number;
  readonly filled: number;
  readonly canceled: number;
  readonly rejected: number;
  readonly expired: number;
  /** Open when the log ends. */
  readonly live: number;
  readonly rejectedByRisk: number;
  readonly rejectedByVenue: number;
  /** Orders with at least one execution. */
  readonly executed: number;
  /** executed / sent. */
  readonly fillRatio: number | null;
  /** Requests. */
  readonly replaces: number;
  readonly cancels: number;
}

export interface FillCounts {
  readonly fills: number;
  readonly maker: number;
  readonly taker: number;
  readonly unknownLiquidity: number;
  /** Of fills with known liquidity. */
  readonly makerShare: number | null;
  readonly busts: number;
  readonly byReason: Readonly<Record<string, number>>;
}

export interface RejectFigures {
  readonly stage: 'risk' | 'venue';
  readonly action: string;
  readonly code: number;
  /** Name of the RejectCode: MaxQty. */
  readonly reason: string;
  readonly text: string;
  readonly count: number;
}

/** In one currency. net = gross - fees; gross = realised + unrealised. */
export interface MoneyFigures {
  /** '' where the log's configuration states none. */
  readonly currency: string;
  readonly gross: string;
  /** Negative: rebates exceed fees. */
  readonly fees: string;
  readonly net: string;
  /** Average cost, before fees, as the Fill records say. */
  readonly realised: string;
  /** Of positions at the end, by their last mid. */
  readonly unrealised: string;
  /** Price x quantity x multiplier of all executions. */
  readonly turnover: string;
  readonly makerTurnover: string;
  readonly takerTurnover: string;
}

/** Over the marks of the P&L net of fees: at every fill, and every `marks.everyNs` at most. */
export interface RiskFigures {
  readonly maxDrawdown: number;
  /** Of its peak and its trough; null where there was no drawdown. */
  readonly drawdownFromNs: number | null;
  readonly drawdownToNs: number | null;
  /** Null where the log is too short for 30 intervals, or the P&L never changed. */
  readonly sharpe: number | null;
  readonly sharpeIntervalNs: number;
  readonly sharpeIntervals: number;
  readonly sharpeIntervalsPerYear: number;
}

export type PnlFigures = MoneyFigures & RiskFigures;

export interface PositionFigures {
  readonly strategy: string;
  readonly symbol: string;
  readonly qty: string;
  /** Null when flat. */
  readonly avgCost: string | null;
  /** Last mid; null where there never was one. */
  readonly mark: string | null;
  readonly bought: string;
  readonly sold: string;
  readonly money: MoneyFigures;
  readonly inventory: {
    /** Over the time from the first order of the run to the end of the log. */
    readonly mean: number;
    /** Mean of the size, long or short. */
    readonly meanSize: number;
    readonly maxLong: string;
    readonly maxShort: string;
    /** Share of that time with a position. */
    readonly heldShare: number | null;
  };
}

export interface StrategyFigures {
  readonly index: number;
  readonly id: string;
  readonly use: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly orders: OrderCounts;
  readonly fills: FillCounts;
  readonly rejects: readonly RejectFigures[];
  /** One entry a currency. */
  readonly pnl: readonly PnlFigures[];
}

export interface InstrumentFigures {
  readonly symbol: string;
  readonly orders: OrderCounts;
  readonly fills: FillCounts;
  readonly rejects: readonly RejectFigures[];
  readonly money: MoneyFigures;
  /** Executed quantity / quantity of the orders sent. */
  readonly qtyFillRatio: number | null;
  /** Quantity ahead in the queue when an order came to rest, in the instrument's unit. */
  readonly queueAheadQty: Distribution;
}

export interface LatencyFigures {
  /** Market event at the venue -> received, of the events that orders were sent for. */
  readonly feedNs: Distribution;
  /** Request -> at the venue. */
  readonly entryNs: Distribution;
  /** At the venue -> report received. */
  readonly responseNs: Distribution;
  /** Request -> its answer received. */
  readonly roundTripNs: Distribution;
}

export interface ReportJson {
  readonly reportVersion: 1;
  /** False: the log holds no trading at all. */
  readonly hasTrading: boolean;
  readonly records: number;
  /** False: the run was killed, or is still going on. */
  readonly isClosed: boolean;
  readonly session: {
    /** Of ns 0, epoch ns as text; "0" where the day is not known. */
    readonly midnightEpochNs: string;
    readonly fromNs: number | null;
    readonly firstOrderNs: number | null;
    readonly toNs: number | null;
  };
  readonly orders: OrderCounts;
  readonly fills: FillCounts;
  readonly rejects: readonly RejectFigures[];
  /** Orders that a check let pass with a warning (limit use from 70 %), by the check's number. */
  readonly warnedByCheck: Readonly<Record<string, number>>;
  /** Execution reports that changed nothing, by why. */
  readonly reportsRefused: Readonly<Record<string, number>>;
  /** Of everything, one entry a currency. */
  readonly pnl: readonly PnlFigures[];
  /** All of it in the first account's currency, by the rates of the configuration (fx); null where there is one currency only, or a rate is missing. */
  readonly converted: PnlFigures | null;
  readonly strategies: readonly StrategyFigures[];
  readonly instruments: readonly InstrumentFigures[];
  readonly positions: readonly PositionFigures[];
  readonly queue: {
    /** Orders whose place in the queue is known. */
    readonly known: number;
    /** ... of them, with nothing ahead. */
    readonly atFront: number;
    /** At the venue -> first execution, of orders that were executed as maker. */
    readonly timeToFillNs: Distribution;
  };
  readonly latency: LatencyFigures;
  readonly strategyStates: readonly {
    readonly timeNs: number;
    readonly seq: number;
    readonly strategy: string;
    readonly state: string;
    readonly reason: string | null;
    readonly text: string;
  }[];
  readonly strategyStatesLeftOut: number;
  readonly strategyLogLines: number;
  readonly commands: number;
  readonly risk: readonly {
    readonly scope: string;
    readonly subject: string;
    readonly kind: string;
    readonly limit: string | null;
    readonly count: number;
    readonly firstNs: number;
    readonly lastNs: number;
    readonly lastValue: number | null;
    readonly lastLimit: number | null;
  }[];
  readonly marks: { readonly count: number; readonly everyNs: number };
}
