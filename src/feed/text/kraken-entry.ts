/** What the entries of Kraken's websocket v2 have in common: a symbol and a time. */
import type { TextInstrument } from './instruments.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import type { TextMarket } from './market.ts';

const SYMBOL = ascii('symbol');
const TIMESTAMP = ascii('timestamp');

export class KrakenEntry {
  /** Session ns; NaN where the entry has none. */
  time = Number.NaN;
  private readonly market: TextMarket;
  private readonly scan: JsonScanner;
  private symbolFrom = 0;
  private symbolTo = 0;

  constructor(market: TextMarket, scan: JsonScanner) {
    this.market = market;
    this.scan = scan;
  }

  begin(): void {
    this.time = Number.NaN;
  }

  /** The instrument of the symbol that was read; null when it is not wanted. */
  instrument(): TextInstrument | null {
    return this.market.instruments.get(this.scan.bytes, this.symbolFrom, this.symbolTo);
  }

  /** Reads a plain symbol's text, up to its quote; false if it has anything to look at. */
  plainSymbol(): boolean {
    const { scan } = this;
    if (!scan.plainText()) return false;
    this.symbolFrom = scan.textFrom;
    this.symbolTo = scan.textTo;
    return true;
  }

  /** The same of a time. */
  plainTime(): boolean {
    const { scan } = this;
    if (!scan.plainText()) return false;
    this.time = this.market.times.iso(scan.bytes, scan.textFrom, scan.textTo);
    return true;
  }

  /** "symbol" (bit 8) or "timestamp" (bit 16) of an entry; anything else is skipped (0). */
  field(): number {
    const { scan } = this;
    if (scan.keyIs(SYMBOL)) {
      if (!scan.string() || scan.escaped) scan.misfit('a symbol is plain text');
      this.symbolFrom = scan.textFrom;
      this.symbolTo = scan.textTo;
      return 8;
    }
    if (!scan.keyIs(TIMESTAMP)) {
      scan.skipValue();
      return 0;
    }
    if (scan.string()) this.time = this.market.times.iso(scan.bytes, scan.textFrom, scan.textTo);
    return 16;
  }
}
