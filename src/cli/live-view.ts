/**
 * What `tapehead live` shows: on a terminal a block of lines that is redrawn in place, otherwise a plain line now and then
 * and one for everything that a person should hear of at once. Text only; the command feeds it.
 */
import { formatFixed } from '../core/decimal.ts';
import { StaleReason } from '../core/event.ts';
import { formatSessionTime } from '../core/time.ts';
import { type InstrumentStatus, type LiveStatus, standingText } from '../report/live-status.ts';
import { amountText, Money } from '../report/money.ts';
import { bytes, count, duration, plural, type Terminal, table } from './terminal.ts';

/** What is known beside the journal. */
export interface LiveFigures {
  /** Of the same clock as the engine's time, session ns. */
  readonly nowNs: number;
  /** Since the start, s. */
  readonly seconds: number;
  readonly messages: number;
  readonly durableSeq: number;
  readonly logBytes: number;
  readonly logDir: string;
  /** Of the feed → engine ring, and the journal ring: used, of 1. */
  readonly feedRing: number;
  readonly journalRing: number;
  /** One line each: venue, standing of order entry; none where no orders leave. */
  readonly venues: readonly string[];
}

/** Instruments that fit a screen; the rest is counted. */
const MAX_ROWS = 20;

interface Rate {
  events: number;
  perSecond: number;
}

export class LiveView {
  private readonly terminal: Terminal;
  private readonly rates: Rate[] = [];
  private lastMessages = 0;
  private lastSeconds = 0;
  private perSecond = 0;
  /** By instrument: the standing that was said last. */
  private readonly said: StaleReason[] = [];
  private drawnLines = 0;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /** Draws the block anew over the last one. */
  redraw(status: LiveStatus, figures: LiveFigures): void {
    this.measure(status, figures);
    const text = this.block(status, figures);
    this.erase();
    this.terminal.err(text);
    this.drawnLines = text.split('\n').length - 1;
  }

  /** Takes the block away, for what is printed below. */
  erase(): void {
    if (this.drawnLines > 0) this.terminal.err(`\x1b[${this.drawnLines}A\x1b[0J`);
    this.drawnLines = 0;
  }

  /** Books whose standing changed since the last call, one line each. */
  changes(status: LiveStatus): string[] {
    const lines: string[] = [];
    for (const one of status.instruments) {
      if (one === undefined || this.said[one.instrument] === one.stale) continue;
      const isNew = this.said[one.instrument] === undefined;
      this.said[one.instrument] = one.stale;
      if (isNew && one.stale === StaleReason.AwaitingSnapshot) continue;
      const what = one.stale === StaleReason.None ? `live, ${touchText(one)}` : `stale: ${standingText(one)}`;
      lines.push(`${formatSessionTime(status.nowNs).slice(0, 12)}  ${one.symbol}  ${what}`);
    }
    return lines;
  }

  /** The whole in one line. */
  line(status: LiveStatus, figures: LiveFigures): string {
    this.measure(status, figures);
    const all = status.instruments.filter((one) => one !== undefined);
    const live = all.filter((one) => one.stale === StaleReason.None).length;
    const parts = [
      formatSessionTime(figures.nowNs).slice(0, 8),
      `${live} of ${plural(all.length, 'book')} live`,
      `${count(this.perSecond)} messages/s`,
      `age ${ageText(oldest(all), figures.nowNs)}`,
      plural(sum(all, 'gaps'), 'gap'),
    ];
    if (status.fills > 0 || status.openOrderCount > 0) {
      parts.push(
        plural(status.openOrderCount, 'open order'),
        plural(status.fills, 'fill'),
        `P&L ${profitText(status)}`,
      );
    }
    if (status.risk !== null) parts.push(`VaR ${money(status.risk.valueAtRisk)}`);
    const ring = Math.max(figures.feedRing, figures.journalRing);
    parts.push(...figures.venues, `durable ${count(figures.durableSeq)}`, `rings ${percent(ring)}`);
    return parts.join('  ');
  }

  private block(status: LiveStatus, figures: LiveFigures): string {
    const { terminal } = this;
    const all = status.instruments.filter((one) => one !== undefined);
    const rows = all.slice(0, MAX_ROWS).map((one) => this.row(one, figures.nowNs));
    const head = ['instrument', 'bid', 'ask', 'spread', 'events/s', 'age', 'gaps', 'standing'];
    const lines = [
      `${terminal.bold('tapehead live')}  ${formatSessionTime(figures.nowNs).slice(0, 8)} UTC  up ${duration(figures.seconds * 1e9)}` +
        `  ${count(this.perSecond)} messages/s  ${plural(status.connectionsUp, 'connection')}` +
        (status.disconnects > 0 ? `  ${terminal.warn(plural(status.disconnects, 'disconnect'))}` : ''),
      '',
      ...table([head, ...rows])
        .trimEnd()
        .split('\n'),
    ];
    if (all.length > MAX_ROWS) lines.push(`  and ${all.length - MAX_ROWS} more`);
    lines.push('', ...this.trading(status), ...figures.venues.map((text) => `  ${text}`));
    const behind = Math.max(0, status.seq - figures.durableSeq);
    lines.push(
      `  log ${figures.logDir}  ${bytes(figures.logBytes)}, durable to ${count(figures.durableSeq)} (${count(behind)} behind)` +
        `  rings ${percent(figures.feedRing)} feed, ${percent(figures.journalRing)} journal`,
    );
    if (status.missed > 0) lines.push(terminal.warn(`  this view missed ${plural(status.missed, 'record')}: too slow`));
    return `${lines.join('\n')}\n`;
  }

  private row(one: InstrumentStatus, nowNs: number): string[] {
    const { priceDecimals } = one;
    const hasBoth = one.bidLots > 0 && one.askLots > 0;
    return [
      one.symbol,
      sideText(one, one.bidTicks, one.bidLots),
      sideText(one, one.askTicks, one.askLots),
      hasBoth ? short(one.askTicks - one.bidTicks, priceDecimals) : '-',
      count(this.rates[one.instrument]?.perSecond ?? 0),
      ageText(one, nowNs),
      String(one.gaps + one.checksumFailures),
      one.stale === StaleReason.None ? 'live' : `STALE ${standingText(one)}`,
    ];
  }

  private trading(status: LiveStatus): string[] {
    const { settings } = status;
    if (!settings.hasTrading) return [];
    const lines: string[] = [];
    for (const position of status.positions) {
      const { symbol, qtyDecimals, priceDecimals } = position;
      const name = settings.strategyName(position.strategy);
      const qty = short(Number(position.qtyLots), qtyDecimals);
      const cost = position.qtyLots === 0n ? '-' : short(Math.round(position.avgCostTicks), priceDecimals);
      lines.push(`  ${name}  ${symbol}  position ${qty} at ${cost}  P&L ${money(position.value)} ${position.currency}`);
    }
    const risk =
      status.risk !== null
        ? `  VaR ${money(status.risk.valueAtRisk)}  ES ${money(status.risk.expectedShortfall)}`
        : status.riskIsUnavailable
          ? '  VaR not available'
          : '';
    lines.push(
      `  ${plural(status.openOrderCount, 'open order')}  ${plural(status.fills, 'fill')}  P&L ${profitText(status)} ${settings.baseCurrency}${risk}`,
    );
    return lines;
  }

  private measure(status: LiveStatus, figures: LiveFigures): void {
    const elapsed = figures.seconds - this.lastSeconds;
    if (elapsed <= 0) return;
    this.perSecond = (figures.messages - this.lastMessages) / elapsed;
    this.lastMessages = figures.messages;
    this.lastSeconds = figures.seconds;
    for (const one of status.instruments) {
      if (one === undefined) continue;
      this.rates[one.instrument] ??= { events: 0, perSecond: 0 };
      const rate = this.rates[one.instrument];
      rate.perSecond = (one.events - rate.events) / elapsed;
      rate.events = one.events;
    }
  }
}

function touchText(one: InstrumentStatus): string {
  return `${sideText(one, one.bidTicks, one.bidLots)} / ${sideText(one, one.askTicks, one.askLots)}`;
}

/** Venues that write 61234.50000000 are shown as 61234.5. */
function short(units: number, decimals: number): string {
  const text = formatFixed(units, decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function sideText(one: InstrumentStatus, ticks: number, lots: number): string {
  if (lots === 0) return '-';
  return `${short(ticks, one.priceDecimals)} x ${short(lots, one.qtyDecimals)}`;
}

function ageText(one: InstrumentStatus | undefined, nowNs: number): string {
  return one === undefined || one.lastNs < 0 ? '-' : duration(Math.max(0, nowNs - one.lastNs));
}

/** The one that has been silent for the longest. */
function oldest(all: readonly InstrumentStatus[]): InstrumentStatus | undefined {
  return all.filter((one) => one.lastNs >= 0).sort((a, b) => a.lastNs - b.lastNs)[0];
}

function sum(all: readonly InstrumentStatus[], field: 'gaps'): number {
  return all.reduce((total, one) => total + one[field], 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function profitText(status: LiveStatus): string {
  return money(status.profit());
}

function money(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return amountText(Money.parse(value.toFixed(8))?.toString() ?? '0');
}
