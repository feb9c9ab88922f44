/**
 * The journal record: one layout for the journal ring in memory and for the log on disk (FORMAT.md). Little-endian,
 * 8-byte aligned, variable length. Header of 24 bytes:
 *
 *   bytes 0-3    crc32c    u32  over bytes 4 .. length-1; 0 in the ring, filled in by the audit writer
 *         4-5    length    u16  whole record in bytes, a multiple of 8
 *         6      type      u8   RecordType; below 128 an input of the engine, 128 and above an output
 *         7      version   u8   1
 *         8-15   seq       u64  1, 2, 3, ... without a hole over inputs and outputs
 *         16-23  tsEngine  u64  ns since the Unix epoch
 *
 * Market event (types 1-63, the type is the EventKind; 80 bytes):
 *         24     kind u8, 25 side u8, 26-27 flags u16, 28-31 instrument u32     (word 0 of the event as it is)
 *         32-39  tsRecv    u64  ns since the Unix epoch
 *         40-47  tsEvent   u64  ns since the Unix epoch
 *         48-79  words 3-6 of the event (price, qty, orderId, id2 as float64, or the kind's own payload)
 *
 * The other types' bodies stand beside their names below.
 */
export const RECORD_HEADER_BYTES = 24;
export const RECORD_VERSION = 1;
/** Of the log as a whole: what a record means, and what the engine makes of an input. Stands in LogStart. */
export const LOG_FORMAT_VERSION = 1;
export const MARKET_RECORD_BYTES = 80;
export const BBO_RECORD_BYTES = 64;
export const MAX_RECORD_BYTES = 256;
export const CLOCK_RECORD_BYTES = 32;
export const ORDER_INTENT_RECORD_BYTES = 144;
export const RISK_VERDICT_RECORD_BYTES = 72;
export const EXEC_REPORT_RECORD_BYTES = 152;
export const VENUE_REPORT_RECORD_BYTES = 176;
export const VENUE_STATE_RECORD_BYTES = 88;
export const ORDER_STATE_RECORD_BYTES = 104;
export const FILL_RECORD_BYTES = 120;
export const TIMER_RECORD_BYTES = 56;
export const RISK_STATE_RECORD_BYTES = 72;
export const RESCALE_RECORD_BYTES = 56;
/** Figures of portfolio risk in a record, in the order of portfolio/live/portfolio-state.ts. */
export const RISK_FIGURES = 10;
export const RISK_FIGURES_RECORD_BYTES = 48 + RISK_FIGURES * 8;
export const RISK_EXPOSURE_RECORD_BYTES = 64;
export const RISK_REQUEST_RECORD_BYTES = 48;
/** Longest text in a StrategyState or StrategyLog record, and in a Command, bytes. */
export const MAX_RECORD_TEXT_BYTES = 200;

export const RecordType = {
  /** In the ring only: skip to the start of the ring. Never on disk. */
  Pad: 0,

  // 1-63: market events, see EventKind

  /** Input. First record of a log. 24-31 session midnight u64 epoch ns; 32-39 seed f64; 40-43 format version u32; 44-47 config bytes u32. */
  LogStart: 96,
  /** Input. Part of the configuration (canonical JSON, UTF-8): 24-27 offset u32, 28-31 bytes in this part u32, 32.. the bytes, zero-padded to 8. */
  Config: 97,
  /** Input. The run ends: 24-27 StopReason u32; 28-31 0; 32-39 market events so far, f64. */
  Stop: 98,
  /** Input. Somebody outside asked for something: 24-27 CommandKind u32, 28-31 bytes of text u32, 32.. canonical JSON, UTF-8, zero-padded to 8 (what it asks, and who asked). */
  Command: 99,
  /** Input. An execution report of a live venue: body as ExecReport, in the instrument's present units; 152 commission in units of 1e-8 of its asset f64, 160 CommissionAsset u8 (gateway/venue-message.ts), 161 venue u8 (index in the run's list), 162-167 0, 168 tsRecv, session ns f64. */
  VenueReport: 100,
  /** Input. Time itself: the engine's clock has come to tsEngine, where something was due. 24-31 zero. */
  Clock: 101,
  /** Input. The risk worker's answer to a RiskRequest: 24-27 number of the request u32, 28-31 RiskFiguresStatus u32, 32-39 seq of the request (what the figures are valid at) f64, 40-47 its time, session ns f64; 48.. VaR, ES, stress loss, gross, net, largest sector's gross, concentration (0-1), delta, gamma (of delta, for 1 %), vega (for one point), f64, in the engine's currency; all NaN where there are none. */
  RiskFigures: 102,

  /** Input. What a live venue has, or how it stands: 24 VenueMessage u8 (gateway/venue-message.ts), 25 venue u8, 26-27 0, 28-31 instrument u32 (0 where none); 32 tsRecv, session ns f64; 40-87 words 2-7 of the message, prices and quantities in the instrument's present units. */
  VenueState: 103,

  /** Output. The touch of one book changed: 24-25 BboFlag u16, 26-27 0, 28-31 instrument u32, 32-39 bid price, 40-47 bid qty, 48-55 ask price, 56-63 ask qty (f64; qty 0 = side empty, its price 0). */
  Bbo: 128,
  /** Output. A book's standing changed: 24-27 StaleReason u32 (0 = live), 28-31 instrument u32. */
  BookState: 129,
  /** Output. Every `checkpointEvery` inputs: 24-27 levels hash low u32, 28-31 high u32, 32-39 inputs so far f64, 40-47 live orders f64. */
  Checkpoint: 130,
  /** Output. Last record of a log that was closed: 24-27 state hash low u32, 28-31 high u32, 32-39 market events f64, 40-47 instruments f64, 48-55 gaps f64, 56-63 checksum failures f64. */
  End: 131,

  // 132-144: trading. All begin 24-25 strategy u16, 26 u8, 27 u8, 28-31 instrument u32, 32-39 cause (seq of the record
  // that led to this one) f64, and those of an order 40-47 OrderID f64. Times are session ns, all numbers f64 unless said.

  /** Output. A strategy asks: 26 OrderAction, 27 side; 48 ClOrdID, 56 OrigClOrdID, 64 qty, 72 price, 80 stop price, 88 display qty, 96 expireNs, 104 OrdType u8, 105 TimeInForce u8, 106-107 OrderFlag u16, 108 PegType u8, 109 GroupKind u8, 110-111 account u16, 112 parent, 120 group, 128 peg offset, 136 tag. */
  OrderIntent: 132,
  /** Output. What pre-trade risk says: 26 OrderAction, 27 number of the last check made; 48-51 RejectCode u32, 52-55 checks that warned (bit per check) u32; 56 value, 64 limit (of the check that refused, else of the one nearest to its limit). */
  RiskVerdict: 133,
  /** Output (of the simulated venue, when it reaches the engine; or what the engine concludes of a live one). 26 ExecType, 27 side; 48 ClOrdID, 56 OrigClOrdID, 64 ExecID, 72 LastQty, 80 LastPx, 88 CumQty, 96 LeavesQty, 104 order qty, 112 price, 120 venue time, 128 qty ahead in the queue (-1 not known), 136-139 RejectCode u32, 140 FillReason u8, 141 Liquidity u8, 142-143 0, 144 ExecID referred to. */
  ExecReport: 134,
  /** Output. An order's state changed, or a report was refused: 26 OrdStatus, 27 OrdStatus before; 48 ClOrdID, 56 qty, 64 price, 72 CumQty, 80 LeavesQty, 88 AvgPx, 96-99 RejectCode u32, 100-103 OmsOutcome u32. */
  OrderState: 135,
  /** Output. A fill in the books of account: 26 Liquidity, 27 side; 48 ExecID, 56 LastQty, 64 LastPx, 72 position after, 80 fee in money units of the instrument, 88 realised P&L of the fill (average cost, before fees), in the same, 96 realised P&L so far of strategy and instrument, 104 fees so far, 112 average cost in ticks. */
  Fill: 136,
  /** Output. A timer fired: 40 timer id, 48 due. */
  Timer: 137,
  /** Output. A strategy's state: 26 StrategyState, 27 HaltReason; 40-43 bytes of text u32, 44-47 0, 48.. text, UTF-8, zero-padded to 8. */
  StrategyState: 138,
  /** Output. A strategy's own words: 40-43 bytes of text u32, 44-47 0, 48.. text, UTF-8, zero-padded to 8. */
  StrategyLog: 139,
  /** Output. A kill switch, a trading state, or a limit passed its warning level: 26 RiskScope, 27 RiskStateKind; 40 subject (account, strategy or instrument index), 48 value, 56 limit, 64-67 code u32, 68-71 0. */
  RiskState: 140,
  /** Output. Quantity units or positions were changed by a redefinition of the instrument, exactly: 40 price factor, 48 qty factor. */
  Rescale: 141,
  /** Output. Figures of portfolio risk are asked for, of the exposures as last written: 24-27 number u32, 28-31 0, 32-39 cause, 40-47 session ns f64. */
  RiskRequest: 142,
  /** Output. Position, price or terms of an instrument, as portfolio risk is to see them: 24-27 0, 28-31 instrument u32, 32-39 cause, 40-47 position in units, 48-55 price, 56-63 money (engine's currency) per unit and point of price; NaN: not known. */
  RiskExposure: 143,
  /** Output. Where the engine and a live venue stand with each other: 26 VenueStanding, 27 venue; 40-43 bytes of text u32, 44-47 0, 48.. text, UTF-8, zero-padded to 8. */
  VenueStanding: 144,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

export const BboFlag = { Crossed: 1, Locked: 2, BidEmpty: 4, AskEmpty: 8 } as const;

export const StopReason = { EndOfFeed: 0, Interrupted: 1, FeedError: 2 } as const;
export type StopReason = (typeof StopReason)[keyof typeof StopReason];
export const STOP_REASON_TEXT: readonly string[] = ['end of feed', 'interrupted', 'feed error'];

export const OrderAction = { New: 1, Replace: 2, Cancel: 3 } as const;
export type OrderAction = (typeof OrderAction)[keyof typeof OrderAction];
export const ORDER_ACTION_TEXT: readonly string[] = ['', 'new', 'replace', 'cancel'];

export const CommandKind = {
  Kill: 1,
  Resume: 2,
  TradingState: 3,
  SetLimit: 4,
  SetParameters: 5,
  HaltStrategy: 6,
  CancelAll: 7,
  StopTrading: 8,
} as const;
export type CommandKind = (typeof CommandKind)[keyof typeof CommandKind];
export const COMMAND_KIND_TEXT: readonly string[] = [
  '',
  'kill',
  'resume',
  'trading state',
  'set limit',
  'set parameters',
  'halt strategy',
  'cancel all',
  'stop trading',
];

export const StrategyState = { None: 0, Started: 1, Halted: 2, Stopped: 3, ParametersChanged: 4 } as const;
export type StrategyState = (typeof StrategyState)[keyof typeof StrategyState];
export const STRATEGY_STATE_TEXT: readonly string[] = ['', 'started', 'halted', 'stopped', 'parameters changed'];

/** Between the engine and a live venue. */
export const VenueStanding = {
  None: 0,
  /** No connection: nothing leaves. */
  Down: 1,
  /** What the venue has is being compared with the log: cancels only. */
  Reconciling: 2,
  /** They agree. */
  Agrees: 3,
  /** They do not: cancels only. The text is one difference. */
  Differs: 4,
  /** The venue takes no orders of ours, and will not. */
  Failed: 5,
} as const;
export type VenueStanding = (typeof VenueStanding)[keyof typeof VenueStanding];
export const VENUE_STANDING_TEXT: readonly string[] = ['', 'down', 'reconciling', 'agrees', 'differs', 'failed'];

export const RiskScope = { Engine: 0, Account: 1, Strategy: 2, Instrument: 3 } as const;
export type RiskScope = (typeof RiskScope)[keyof typeof RiskScope];
export const RISK_SCOPE_TEXT: readonly string[] = ['engine', 'account', 'strategy', 'instrument'];

export const RiskStateKind = {
  Killed: 1,
  Resumed: 2,
  Active: 3,
  Reducing: 4,
  Halted: 5,
  LimitWarning: 6,
  LimitChanged: 7,
} as const;
export type RiskStateKind = (typeof RiskStateKind)[keyof typeof RiskStateKind];
export const RISK_STATE_TEXT: readonly string[] = [
  '',
  'killed',
  'resumed',
  'active',
  'reducing',
  'halted',
  'limit warning',
  'limit changed',
];

/** What the order manager made of an execution report. */
export const OmsOutcome = {
  Applied: 0,
  /** An ExecID seen before: nothing changed. */
  Duplicate: 1,
  /** The order is not ours, or the ClOrdID is not one of its chain. */
  UnknownOrder: 2,
  /** The transition table has no such transition. */
  Refused: 3,
  /** Quantities that contradict each other or the order. */
  Inconsistent: 4,
  /** A local change: no report was involved (request sent, refused by risk, group or parent action). */
  Local: 5,
} as const;
export type OmsOutcome = (typeof OmsOutcome)[keyof typeof OmsOutcome];
export const OMS_OUTCOME_TEXT: readonly string[] = [
  'applied',
  'duplicate',
  'unknown order',
  'refused',
  'inconsistent',
  'local',
];

export const RiskFiguresStatus = { Available: 0, Unavailable: 1, WorkerGone: 2 } as const;
export type RiskFiguresStatus = (typeof RiskFiguresStatus)[keyof typeof RiskFiguresStatus];
export const RISK_FIGURES_STATUS_TEXT: readonly string[] = ['available', 'unavailable', 'risk worker gone'];

export const FIRST_OUTPUT_TYPE = 128;
export const LAST_MARKET_TYPE = 63;

export function isMarketType(type: number): boolean {
  return type >= 1 && type <= LAST_MARKET_TYPE;
}

export function isOutputType(type: number): boolean {
  return type >= FIRST_OUTPUT_TYPE;
}
