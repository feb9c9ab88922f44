/**
 * What a run looks like at this moment, folded from its records as they are journalled: the touch and the standing of every
 * book, positions and P&L (exact, from Fill records alone), open orders, figures of portfolio risk, words worth a line.
 * Off the hot path; whoever reads too slowly misses records, says so with `missed`, and the touch is right again with the
 * next Bbo.
 */
import type { RecordView } from '../audit/record-text.ts';
import { EventKind, STALE_REASON_TEXT, StaleReason } from '../core/event.ts';
import { readInstrumentPayload } from '../core/instrument-def.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import { isTerminal } from '../core/order.ts';
import {
  isMarketType,
  RecordType,
  RiskFiguresStatus,
  VENUE_STANDING_TEXT,
  type VenueStanding,
} from '../core/record.ts';
import { getSessionNs, type SessionBase } from '../core/time.ts';
import { type FillFacts, Position } from './ledger.ts';
import { LogSettings } from './log-settings.ts';

export interface InstrumentStatus {
  readonly instrument: number;
  symbol: string;
  priceDecimals: number;
  qtyDecimals: number;
  /** Ticks and lots; quantity 0: the side is empty. */
  bidTicks: number;
  bidLots: number;
  askTicks: number;
  askLots: number;
  stale: StaleReason;
  /** Times the book became stale after it had been live. */
  staleSpans: number;
  events: number;
  gaps: number;
  checksumFailures: number;
  duplicates: number;
  outOfOrder: number;
  /** Engine's time of the last market event; -1 before the first. */
  lastNs: number;
}

/** The figures of the last answer; null where portfolio risk has none. */
export interface RiskStatus {
  readonly valueAtRisk: number;
  readonly expectedShortfall: number;
  readonly asOfNs: number;
}

export class LiveStatus {
  /** By index; holes where nothing is defined. */
  readonly instruments: (InstrumentStatus | undefined)[] = [];
  readonly positions: Position[] = [];
  /** Engine's time and sequence number of the last record. */
  nowNs = 0;
  seq = 0;
  events = 0;
  fills = 0;
  connectionsUp = 0;
  disconnects = 0;
  risk: RiskStatus | null = null;
  /** Portfolio risk answered that it has no figures. */
  riskIsUnavailable = false;
  /** Records that were missed, because they were not read in time. */
  missed = 0;
  /** By venue: how its order entry stands, and the words to it. */
  private readonly standings: { standing: VenueStanding; text: string }[] = [];
  private readonly openOrders = new Set<number>();
  private readonly connections = new Map<number, boolean>();
  private readonly byKey = new Map<number, Position>();
  private readonly config: Uint8Array[] = [];
  private parsed: LogSettings | null = null;
  private base: SessionBase = { hi: 0, lo: 0 };

  get settings(): LogSettings {
    this.parsed ??= new LogSettings(Buffer.concat(this.config).toString('utf8'));
    return this.parsed;
  }

  /** Orders sent that are not over. */
  get openOrderCount(): number {
    return this.openOrders.size;
  }

  /** One record, in the order of the journal. */
  take(record: RecordView): void {
    const word = record.at >> 2;
    const type = record.bytes[record.at + 6];
    const seq = record.u32[word + 2] + record.u32[word + 3] * 4294967296;
    if (this.seq !== 0 && seq > this.seq + 1) this.missed += seq - this.seq - 1;
    this.seq = seq;
    if (type === RecordType.LogStart) this.base = { lo: record.u32[word + 6], hi: record.u32[word + 7] };
    this.nowNs = getSessionNs(record.u32, word + 4, this.base);
    if (isMarketType(type)) this.onMarket(record, type);
    else if (type === RecordType.Bbo) this.onTouch(record);
    else if (type === RecordType.BookState) this.onStanding(record);
    else if (type === RecordType.Fill) this.onFill(record);
    else if (type === RecordType.OrderState) this.onOrder(record);
    else if (type === RecordType.RiskFigures) this.onFigures(record);
    else if (type === RecordType.VenueStanding) this.onVenue(record);
    else if (type === RecordType.Config) {
      this.config.push(record.bytes.slice(record.at + 32, record.at + 32 + record.u32[word + 7]));
      this.parsed = null; // of the parts so far
    }
  }

  /** Profit in the first account's currency, net of fees, positions at their mid; NaN where a rate is missing. */
  profit(): number {
    let total = 0;
    for (const position of this.positions) {
      position.mark(this.midTwice(position.instrument));
      total += position.rateToBase === null ? Number.NaN : position.value * position.rateToBase.toNumber();
    }
    return total;
  }

  /** A line for each venue that orders go to. `names`: by the venue's index. */
  venueLines(names: readonly string[]): string[] {
    return this.standings.map(({ standing, text }, venue) => {
      const what = VENUE_STANDING_TEXT[standing] ?? `standing ${standing}`;
      return `${names[venue] ?? `venue ${venue}`} orders: ${what}${text === '' ? '' : ` (${text})`}`;
    });
  }

  private midTwice(instrument: number): number {
    const one = this.instruments[instrument];
    return one !== undefined && one.bidLots > 0 && one.askLots > 0 ? one.bidTicks + one.askTicks : 0;
  }

  private onMarket(record: RecordView, type: number): void {
    const { u32, f64, at } = record;
    this.events++;
    if (type === EventKind.Connection) {
      this.onConnection(f64[(at >> 3) + 7], f64[(at >> 3) + 6] === 1);
      return;
    }
    if (type === EventKind.Session) return;
    const instrument = u32[(at >> 2) + 7];
    if (type === EventKind.Instrument && instrument < MAX_INSTRUMENTS) this.define(record, instrument);
    const one = this.instruments[instrument];
    if (one === undefined) return;
    one.events++;
    one.lastNs = this.nowNs;
    if (type === EventKind.Gap) one.gaps++;
    else if (type === EventKind.Duplicate) one.duplicates++;
    else if (type === EventKind.OutOfOrder) one.outOfOrder++;
    else if (type === EventKind.ChecksumFailure) one.checksumFailures++;
  }

  private onConnection(connection: number, up: boolean): void {
    if (this.connections.get(connection) === true && !up) this.disconnects++;
    this.connections.set(connection, up);
    this.connectionsUp = [...this.connections.values()].filter(Boolean).length;
  }

  private define(record: RecordView, instrument: number): void {
    const def = readInstrumentPayload(record.bytes, record.at + 48, instrument);
    const { symbol, priceDecimals, qtyDecimals } = def;
    const one = this.instruments[instrument];
    if (one === undefined) {
      const touch = { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 };
      const counts = { staleSpans: 0, events: 0, gaps: 0, checksumFailures: 0, duplicates: 0, outOfOrder: 0 };
      this.instruments[instrument] = {
        instrument,
        symbol,
        priceDecimals,
        qtyDecimals,
        ...touch,
        ...counts,
        stale: StaleReason.AwaitingSnapshot,
        lastNs: -1,
      };
      return;
    }
    const priceFactor = 10 ** (priceDecimals - one.priceDecimals);
    const qtyFactor = 10 ** (qtyDecimals - one.qtyDecimals);
    one.symbol = symbol;
    one.priceDecimals = priceDecimals;
    one.qtyDecimals = qtyDecimals;
    one.bidTicks *= priceFactor;
    one.askTicks *= priceFactor;
    one.bidLots *= qtyFactor;
    one.askLots *= qtyFactor;
    if (priceFactor < 1 || qtyFactor < 1) return; // coarser units: the engine lets that be of untraded instruments only
    for (const position of this.positions) {
      if (position.instrument === instrument) position.rescale(priceFactor, qtyFactor, priceDecimals, qtyDecimals);
    }
  }

  private onTouch({ u32, f64, at }: RecordView): void {
    const one = this.instruments[u32[(at >> 2) + 7]];
    if (one === undefined) return;
    const w = at >> 3;
    one.bidTicks = f64[w + 4];
    one.bidLots = f64[w + 5];
    one.askTicks = f64[w + 6];
    one.askLots = f64[w + 7];
  }

  private onStanding({ u32, at }: RecordView): void {
    const one = this.instruments[u32[(at >> 2) + 7]];
    if (one === undefined) return;
    const stale = u32[(at >> 2) + 6] as StaleReason;
    if (stale !== StaleReason.None && one.stale === StaleReason.None) one.staleSpans++;
    one.stale = stale;
  }

  private onOrder({ bytes, f64, at }: RecordView): void {
    const orderId = f64[(at >> 3) + 5];
    if (orderId === 0) return;
    if (isTerminal(bytes[at + 26])) this.openOrders.delete(orderId);
    else this.openOrders.add(orderId);
  }

  private onFill(record: RecordView): void {
    const { bytes, u32, f64, at } = record;
    const w = at >> 3;
    const strategy = u32[(at >> 2) + 6] & 0xffff;
    const instrument = u32[(at >> 2) + 7];
    this.fills++;
    const one = this.instruments[instrument];
    if (one === undefined) return;
    const key = strategy * MAX_INSTRUMENTS + instrument;
    let position = this.byKey.get(key);
    if (position === undefined) {
      position = new Position(strategy, { ...one, bookKind: 2 }, this.settings, this.nowNs);
      this.byKey.set(key, position);
      this.positions.push(position);
    }
    const fill: FillFacts = {
      seq: this.seq,
      nowNs: this.nowNs,
      side: bytes[at + 27],
      liquidity: bytes[at + 26],
      qtyLots: f64[w + 7],
      pxTicks: f64[w + 8],
      feeUnits: f64[w + 10],
      realisedUnits: f64[w + 11],
      avgCostTicks: f64[w + 14],
    };
    position.apply(fill);
  }

  private onVenue({ bytes, u32, at }: RecordView): void {
    const standing = bytes[at + 26] as VenueStanding;
    const text = new TextDecoder().decode(bytes.slice(at + 48, at + 48 + u32[(at >> 2) + 10]));
    this.standings[bytes[at + 27]] = { standing, text };
  }

  private onFigures({ u32, f64, at }: RecordView): void {
    const isThere = u32[(at >> 2) + 7] === RiskFiguresStatus.Available;
    this.riskIsUnavailable = !isThere;
    const w = at >> 3;
    this.risk = isThere ? { valueAtRisk: f64[w + 6], expectedShortfall: f64[w + 7], asOfNs: f64[w + 5] } : null;
  }
}

/** "live", or why the book is not to be trusted. */
export function standingText(one: InstrumentStatus): string {
  return STALE_REASON_TEXT[one.stale] ?? `stale ${one.stale}`;
}
