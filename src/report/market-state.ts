/** The little of the market that a report follows: definitions and the last mid of each instrument. */
import { type InstrumentDef, readInstrumentPayload } from '../core/instrument-def.ts';
import { widened } from '../core/widened.ts';

export class MarketState {
  readonly defs: (InstrumentDef | undefined)[] = [];
  private twice = new Float64Array(64);

  define(bytes: Uint8Array, at: number, instrument: number): InstrumentDef {
    const def = readInstrumentPayload(bytes, at + 48, instrument);
    this.defs[instrument] = def;
    this.grow(instrument);
    return def;
  }

  /** From a Bbo record; `w` its first 8-byte word. A side that is empty leaves the mid as it was. */
  touch(instrument: number, f64: Float64Array, w: number): void {
    if (instrument >= this.twice.length) this.grow(instrument);
    const twice = f64[w + 4] + f64[w + 6];
    if (f64[w + 5] > 0 && f64[w + 7] > 0 && Number.isSafeInteger(twice)) this.twice[instrument] = twice;
  }

  /** Bid + ask in ticks (whole), 0 while there was none. */
  midTwice(instrument: number): number {
    return instrument < this.twice.length ? this.twice[instrument] : 0;
  }

  /** As a price; NaN while there was none. */
  mid(instrument: number): number {
    const def = this.defs[instrument];
    const twice = this.midTwice(instrument);
    return def === undefined || twice === 0 ? Number.NaN : twice / 2 / 10 ** def.priceDecimals;
  }

  rescale(instrument: number, priceFactor: number): void {
    if (instrument < this.twice.length) this.twice[instrument] *= priceFactor;
  }

  private grow(instrument: number): void {
    if (instrument < this.twice.length) return;
    this.twice = widened(this.twice, instrument + 1);
  }
}
