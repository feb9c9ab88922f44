/**
 * The dashboard's socket protocol, version 1: what server and page share; docs/dashboard-protocol.md is the same for people
 * who write a client. Frames are binary, MessagePack, one array each: its first element says what it is. Times are ns since
 * the session's midnight (float64, exact); prices are ticks and quantities lots of the instrument (`instruments` says how
 * many decimals each has); money is in the account's currency.
 */

export const PROTOCOL_VERSION = 1;
/** The websocket subprotocol of this version. */
export const SUBPROTOCOL = 'tapehead.v1';

/** Frames of a client. */
export const ClientFrame = {
  /** [Subscribe, id, topic, params]: `id` is the client's own number for it, 1-65535; params a map, see `TopicParams`. */
  Subscribe: 1,
  /** [Unsubscribe, id] */
  Unsubscribe: 2,
  /** [Ask, ref, command]: a command as in the configuration's `commands`, without `at` and `by`. Answered by Challenge or Result. */
  Ask: 3,
  /** [Confirm, nonce, words]: carries out what was asked; `words` as the Challenge said. Answered by Result. */
  Confirm: 4,
  /** [Ping, n]: answered by [Pong, n]. */
  Ping: 5,
  /** [Story, ref, orderId]: answered by StoryOf. */
  Story: 6,
  /** [Seek, ns]: of a finished log only: everything is shown as it was then. */
  Seek: 7,
} as const;
export type ClientFrame = (typeof ClientFrame)[keyof typeof ClientFrame];

/** Frames of the server. */
export const ServerFrame = {
  /** [Hello, version, role, hello]: see `Hello`. The first frame but for a Pong; it comes when the run has begun. */
  Hello: 1,
  /** [Snapshot, id, seq, payload]: all that the topic has. seq counts the frames of this subscription, from 1. */
  Snapshot: 2,
  /** [Update, id, seq, payload]: what is new or changed; conflated to the rate that was asked for. */
  Update: 3,
  /** [Challenge, ref, nonce, words, text]: Confirm with the nonce and these words within 10 s; `text` says what will happen. */
  Challenge: 4,
  /** [Result, ref or nonce, ok, text] */
  Result: 5,
  /** [Problem, code, text]: something asked for makes no sense; the connection stays. */
  Problem: 6,
  /** [Pong, n] */
  Pong: 7,
  /** [StoryOf, ref, orderId, lines]: the order's story, as `tapehead log --order` tells it. */
  StoryOf: 8,
} as const;
export type ServerFrame = (typeof ServerFrame)[keyof typeof ServerFrame];

export const ROLES = ['view', 'trade', 'admin'] as const;
/** view: sees everything. trade: may cancel orders, halt a strategy and kill. admin: may also resume and change limits. */
export type DashboardRole = (typeof ROLES)[number];

/** Close codes of the websocket beyond the standard ones. */
export const CloseCode = {
  BadFrame: 4400,
  NotAllowed: 4403,
  TooMany: 4429,
  /** The client does not read: more than the stated backlog waits for it. */
  Backlog: 4408,
  Ending: 4001,
} as const;

export interface Hello {
  /** replay, live (books, paper, venue) or log (a finished one). */
  readonly mode: string;
  readonly sessionMidnightNs: string;
  readonly strategies: readonly string[];
  readonly accounts: readonly string[];
  readonly currency: string;
  /** No account and no currency was configured: `currency` is a default, and money is in whatever the books are quoted in. */
  readonly isCurrencyAssumed: boolean;
  /** Of a finished log: first and last time. */
  readonly fromNs: number;
  readonly toNs: number;
  readonly server: string;
  readonly tapehead: string;
}

export const TOPICS = [
  'state',
  'instruments',
  'top',
  'depth',
  'trades',
  'orders',
  'fills',
  'positions',
  'pnl',
  'risk',
  'limits',
  'alerts',
  'latency',
  'feed',
  'rings',
  'log',
  'counters',
] as const;
export type Topic = (typeof TOPICS)[number];

export interface TopicParams {
  /** Updates a second, at most; 0.1-60, default 10. */
  readonly rate?: number;
  /** Index of the instrument: `depth` needs one; it narrows `instruments`, `top`, `trades`, `fills`, `orders`, `positions`. */
  readonly instrument?: number;
  /** Levels a side of `depth`: 1-100, default 20. */
  readonly depth?: number;
}

/** One object; whole in snapshots and updates. */
export interface StatePayload {
  /** The engine's time. */
  readonly nowNs: number;
  /** Highest sequence number seen in the journal. */
  readonly seq: number;
  /** Kill switches that are latched: "engine", "strategy market-maker"... */
  readonly killed: readonly string[];
  /** active, reducing or halted; with what it is about: [scope, name, state]. */
  readonly tradingStates: readonly (readonly [string, string, string])[];
  /** [id, state, text] */
  readonly strategies: readonly (readonly [string, string, string])[];
  /** Live order entry, by venue: [venue, standing, text]; none in replay and paper. */
  readonly venues: readonly (readonly [string, string, string])[];
  /** The run has ended: why; '' while it runs. */
  readonly ended: string;
  /** This dashboard missed records (it was too slow) and began anew at this seq; 0: never. */
  readonly lapsedSeq: number;
}

/** Rows are arrays; a row replaces the one with the same key (the first element, or the first two of positions). */
export type InstrumentRow = readonly [
  index: number,
  symbol: string,
  priceDecimals: number,
  qtyDecimals: number,
  bookKind: 'L2' | 'L3',
  stale: string,
  staleSinceNs: number,
];
export type TopRow = readonly [
  instrument: number,
  bidTicks: number,
  bidLots: number,
  askTicks: number,
  askLots: number,
  /** '', 'crossed', 'locked', or why the book is stale. */
  standing: string,
  tsNs: number,
  lastTicks: number,
  lastLots: number,
  lastSide: number,
];
/** One object per update, whole: levels best first. */
export interface DepthPayload {
  readonly instrument: number;
  readonly tsNs: number;
  readonly standing: string;
  /** Each [priceTicks, qtyLots, orders]. */
  readonly bids: readonly (readonly [number, number, number])[];
  readonly asks: readonly (readonly [number, number, number])[];
  /** False after the dashboard missed records, until the next snapshot of the book: only the touch is right. */
  readonly whole: boolean;
}
export type TradeRow = readonly [
  seq: number,
  tsNs: number,
  instrument: number,
  side: number,
  priceTicks: number,
  qtyLots: number,
];
export type OrderRow = readonly [
  orderId: number,
  clOrdId: number,
  strategy: string,
  instrument: number,
  side: number,
  type: string,
  timeInForce: string,
  priceTicks: number,
  qtyLots: number,
  cumLots: number,
  leavesLots: number,
  avgTicks: number,
  status: string,
  /** What the refusal says, or ''. */
  rejected: string,
  createdNs: number,
  changedNs: number,
];
export type FillRow = readonly [
  seq: number,
  tsNs: number,
  orderId: number,
  strategy: string,
  instrument: number,
  side: number,
  priceTicks: number,
  qtyLots: number,
  liquidity: string,
  fee: number,
  realised: number,
  positionLots: number,
];
export type PositionRow = readonly [
  strategy: string,
  instrument: number,
  qtyLots: number,
  avgCostTicks: number,
  realised: number,
  unrealised: number,
  fees: number,
  markTicks: number,
];
/** Samples over time, oldest first; updates bring new ones. */
export type PnlSample = readonly [tsNs: number, realised: number, unrealised: number, total: number];
/** Figures of portfolio risk as they were answered; NaN where there are none. */
export type RiskSample = readonly [
  tsNs: number,
  status: string,
  valueAtRisk: number,
  expectedShortfall: number,
  stressLoss: number,
  gross: number,
  net: number,
  largestSector: number,
  concentration: number,
  delta: number,
  gamma: number,
  vega: number,
];
export type LimitRow = readonly [
  /** Name and what it is about: unique. */
  name: string,
  used: number,
  limit: number,
  /** Of the limit, 0-1 and above; the warning level in the same. */
  share: number,
  warnShare: number,
];
export type AlertRow = readonly [
  seq: number,
  tsNs: number,
  severity: 'info' | 'warning' | 'error',
  kind: string,
  text: string,
];
export type LatencyRow = readonly [
  stage: string,
  count: number,
  p50Ns: number,
  p90Ns: number,
  p99Ns: number,
  p999Ns: number,
  maxNs: number,
  /** HdrHistogram, V2 compressed, base64. */
  hdr: string,
];
export type FeedRow = readonly [
  /** Symbol, or `feed` for all of them. */
  name: string,
  standing: string,
  messages: number,
  perSecond: number,
  /** Since the last message; while nothing comes, by the wall clock, whatever a recording's own pace. */
  ageMs: number,
  gaps: number,
  duplicates: number,
  outOfOrder: number,
  checksumFailures: number,
  staleSpans: number,
];
export type RingRow = readonly [name: string, capacity: number, used: number, unit: string];
export interface LogPayload {
  readonly directory: string;
  readonly durableSeq: number;
  readonly records: number;
  readonly bytes: number;
  readonly commits: number;
  /** Of the last block in the chain, hex; '' before the first. */
  readonly headHash: string;
  readonly isClosed: boolean;
}
export type CounterRow = readonly [name: string, value: number, perSecond: number];
