/**
 * What the page knows, kept as the protocol says: snapshots replace, updates add rows or put them in place of the one with the
 * same key. No DOM here. `version` of a topic grows with every change: panels compare, and draw only what is new.
 */
import {
  type AlertRow,
  type CounterRow,
  type DepthPayload,
  type FeedRow,
  type FillRow,
  type InstrumentRow,
  type LatencyRow,
  type LimitRow,
  type LogPayload,
  type OrderRow,
  type PnlSample,
  type PositionRow,
  type RingRow,
  type RiskSample,
  type StatePayload,
  TOPICS,
  type Topic,
  type TopRow,
  type TradeRow,
} from '../protocol.ts';
import { decimal, signed } from './format.ts';
import { Precision } from './precision.ts';

/** What panels watch: topics, which instrument is looked at, whether the run trades. */
export type Shown = Topic | 'selected' | 'trading';

/** The kinds of numbers an instrument has: prices, quantities in the market, own quantities. */
export type Kind = 'price' | 'qty' | 'own';

/** Rows of histories that are kept in the page; the server keeps no more either. */
const HISTORY_ROWS = 5000;
/** Orders that are kept: the oldest that are over make room. */
const ORDERS = 6000;

export class Store {
  state: StatePayload | null = null;
  depth: DepthPayload | null = null;
  log: LogPayload | null = null;
  readonly instruments = new Map<number, InstrumentRow>();
  readonly top = new Map<number, TopRow>();
  readonly orders = new Map<number, OrderRow>();
  readonly positions = new Map<string, PositionRow>();
  readonly limits = new Map<string, LimitRow>();
  readonly latency = new Map<string, LatencyRow>();
  readonly feed = new Map<string, FeedRow>();
  readonly rings = new Map<string, RingRow>();
  readonly counters = new Map<string, CounterRow>();
  trades: TradeRow[] = [];
  fills: FillRow[] = [];
  pnl: PnlSample[] = [];
  risk: RiskSample[] = [];
  alerts: AlertRow[] = [];
  /** The instrument that is looked at. */
  selected = 0;
  private readonly precision: Readonly<Record<Kind, Precision>> = {
    price: new Precision(),
    qty: new Precision(),
    own: new Precision(),
  };
  private strategies = 0;
  private readonly versions = new Map<Shown, number>();

  version(topic: Shown): number {
    return this.versions.get(topic) ?? 0;
  }

  /** Changes whenever a number that stays the same is written otherwise. */
  get formats(): number {
    const { price, qty, own } = this.precision;
    return this.version('instruments') + price.version + qty.version + own.version;
  }

  changed(topic: Shown): void {
    this.versions.set(topic, this.version(topic) + 1);
  }

  select(instrument: number): void {
    if (instrument === this.selected) return;
    this.selected = instrument;
    this.depth = null;
    this.trades = [];
    for (const topic of ['selected', 'depth', 'trades'] as const) this.changed(topic);
  }

  symbol(instrument: number): string {
    return this.instruments.get(instrument)?.[1] ?? `#${instrument}`;
  }

  /** Ticks or lots as they are written; `extra` decimals for averages. */
  text(kind: Kind, instrument: number, units: number, extra = 0): string {
    const unit = this.unitDecimals(kind, instrument);
    return decimal(units / 10 ** unit, Math.min(unit + extra, this.precision[kind].decimals(instrument, unit) + extra));
  }

  /** As `text`, the sign always shown. */
  signedText(kind: Kind, instrument: number, units: number): string {
    const unit = this.unitDecimals(kind, instrument);
    return signed(units / 10 ** unit, this.precision[kind].decimals(instrument, unit));
  }

  private unitDecimals(kind: Kind, instrument: number): number {
    return this.instruments.get(instrument)?.[kind === 'price' ? 2 : 3] ?? 0;
  }

  private see(kind: Kind, instrument: number, units: number): void {
    if (this.instruments.has(instrument)) {
      this.precision[kind].see(instrument, units, this.unitDecimals(kind, instrument));
    }
  }

  /** Looks at what came for the decimals its numbers need. */
  private measure(topic: Topic, payload: unknown): void {
    if (topic === 'depth') {
      const { instrument, bids, asks } = payload as DepthPayload;
      for (const side of [bids, asks]) {
        for (const [ticks, lots] of side) {
          this.see('price', instrument, ticks);
          this.see('qty', instrument, lots);
        }
      }
    } else if (topic === 'top') {
      for (const row of payload as TopRow[]) for (const at of [1, 3] as const) this.see('price', row[0], row[at]);
    } else if (topic === 'trades') {
      for (const row of payload as TradeRow[]) {
        this.see('price', row[2], row[4]);
        this.see('qty', row[2], row[5]);
      }
    } else if (topic === 'orders') {
      for (const row of payload as OrderRow[]) {
        this.see('price', row[3], row[7]);
        for (const at of [8, 9] as const) this.see('own', row[3], row[at]);
      }
    } else if (topic === 'fills') {
      for (const row of payload as FillRow[]) for (const at of [7, 11] as const) this.see('own', row[4], row[at]);
    } else if (topic === 'positions') {
      for (const row of payload as PositionRow[]) this.see('own', row[1], row[2]);
    }
  }

  /** A payload as it came. */
  take(topic: Topic, isSnapshot: boolean, payload: unknown): void {
    this.changed(topic);
    this.measure(topic, payload);
    switch (topic) {
      case 'state':
        this.state = payload as StatePayload;
        if (this.state.strategies.length !== this.strategies) this.changed('trading');
        this.strategies = this.state.strategies.length;
        break;
      case 'depth':
        this.depth = payload as DepthPayload;
        break;
      case 'log':
        this.log = payload as LogPayload;
        break;
      case 'positions':
        put(this.positions, isSnapshot, payload as PositionRow[], ([strategy, at]) => `${strategy} ${at}`);
        break;
      case 'orders':
        put(this.orders, isSnapshot, payload as OrderRow[], ([id]) => id);
        forget(this.orders);
        break;
      case 'instruments':
        put(this.instruments, isSnapshot, payload as InstrumentRow[], ([index]) => index);
        break;
      case 'top':
        put(this.top, isSnapshot, payload as TopRow[], ([index]) => index);
        break;
      case 'limits':
        put(this.limits, isSnapshot, payload as LimitRow[], ([name]) => name);
        break;
      case 'latency':
        put(this.latency, isSnapshot, payload as LatencyRow[], ([name]) => name);
        break;
      case 'feed':
        put(this.feed, isSnapshot, payload as FeedRow[], ([name]) => name);
        break;
      case 'rings':
        put(this.rings, isSnapshot, payload as RingRow[], ([name]) => name);
        break;
      case 'counters':
        put(this.counters, isSnapshot, payload as CounterRow[], ([name]) => name);
        break;
      case 'trades':
        this.trades = appended(this.trades, isSnapshot, payload as TradeRow[]);
        break;
      case 'fills':
        this.fills = appended(this.fills, isSnapshot, payload as FillRow[]);
        break;
      case 'pnl':
        this.pnl = appended(this.pnl, isSnapshot, payload as PnlSample[]);
        break;
      case 'risk':
        this.risk = appended(this.risk, isSnapshot, payload as RiskSample[]);
        break;
      case 'alerts':
        this.alerts = appended(this.alerts, isSnapshot, payload as AlertRow[]);
        break;
    }
  }

  /** Everything is drawn anew: the theme or the layout changed. */
  touchAll(): void {
    for (const topic of TOPICS) this.changed(topic);
    this.changed('selected');
    this.changed('trading');
  }
}

function put<K, R>(map: Map<K, R>, isSnapshot: boolean, rows: readonly R[], keyOf: (row: R) => K): void {
  if (isSnapshot) map.clear();
  for (const row of rows) map.set(keyOf(row), row);
}

function appended<R>(before: R[], isSnapshot: boolean, rows: readonly R[]): R[] {
  if (isSnapshot) return [...rows];
  before.push(...rows);
  // A good many at a time: taking from the front of a list moves all of it.
  if (before.length > HISTORY_ROWS + HISTORY_ROWS / 4) before.splice(0, before.length - HISTORY_ROWS);
  return before;
}

/** Orders in which nothing can happen any more. */
const OVER: ReadonlySet<string> = new Set(['Filled', 'Canceled', 'Replaced', 'Rejected', 'Expired']);

export function isOver(row: OrderRow): boolean {
  return OVER.has(row[12]);
}

function forget(orders: Map<number, OrderRow>): void {
  if (orders.size <= ORDERS) return;
  let surplus = orders.size - ORDERS + ORDERS / 8;
  for (const [id, row] of orders) {
    if (surplus <= 0) return;
    if (!isOver(row)) continue;
    orders.delete(id);
    surplus--;
  }
}
