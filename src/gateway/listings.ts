/** The instruments of a run as their venue knows them: symbols, assets, and the decimals that the engine counts in. */
import { formatDecimal, parseExact, unitsOf } from '../core/decimal.ts';
import { TapeheadError } from '../core/errors.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import { CommissionAsset } from './venue-message.ts';

export interface Listing {
  readonly instrument: number;
  /** The venue's own name. */
  readonly symbol: string;
  priceDecimals: number;
  qtyDecimals: number;
  /** '' until the venue was asked. */
  base: string;
  quote: string;
}

/** Units of 1e-8 in which commissions and balances are told. */
const ASSET_DECIMALS = 8;
/** Trade numbers below 2^37 - 1 and instruments below 2^16 make an ExecID below 2^53. */
const TRADE_IDS = 2 ** 37;

export class Listings {
  private readonly byInstrument: Listing[] = [];
  private readonly bySymbol = new Map<string, Listing>();

  /** `symbol` may have its venue in front, as in `binance:BTCUSDT`. */
  define(instrument: number, symbol: string, priceDecimals: number, qtyDecimals: number): Listing {
    const known = this.byInstrument[instrument];
    if (known !== undefined) {
      known.priceDecimals = priceDecimals;
      known.qtyDecimals = qtyDecimals;
      return known;
    }
    const name = symbol.slice(symbol.indexOf(':') + 1).toUpperCase();
    const listing = { instrument, symbol: name, priceDecimals, qtyDecimals, base: '', quote: '' };
    this.byInstrument[instrument] = listing;
    this.bySymbol.set(name, listing);
    return listing;
  }

  at(instrument: number): Listing | undefined {
    return this.byInstrument[instrument];
  }

  of(symbol: string): Listing | undefined {
    return this.bySymbol.get(symbol);
  }

  all(): Listing[] {
    return [...this.bySymbol.values()];
  }
}

/**
 * ExecID of a trade: instrument x 2^37 + the venue's trade number + 1. The venue numbers trades per symbol, instruments are
 * numbered over all venues of a run, so it is unique, and the same after a restart; it is never 0. Exact: MAX_INSTRUMENTS is
 * at most 2^16. Throws TapeheadError for a trade number beyond 1.3e11, of which no symbol has had a twentieth.
 */
export function execIdOf(instrument: number, tradeId: number): number {
  if (!Number.isSafeInteger(tradeId) || tradeId < 0 || tradeId >= TRADE_IDS - 1 || instrument >= MAX_INSTRUMENTS) {
    throw new TapeheadError(
      'FORMAT',
      `trade ${tradeId} of instrument ${instrument}: not a trade number that can be told`,
    );
  }
  return instrument * TRADE_IDS + tradeId + 1;
}

/** In units of 1e-8, exact below 2^53 of them, else the nearest double; NaN where it is no number. */
export function assetUnits(text: string): number {
  const decimal = parseExact(text);
  const exact = decimal === null ? Number.NaN : unitsOf(decimal, ASSET_DECIMALS);
  return Number.isNaN(exact) ? Math.round(Number(text) * 1e8) : exact;
}

export function commissionAssetOf(listing: Listing, asset: string | null): number {
  if (asset === null || asset === '') return CommissionAsset.None;
  if (listing.base === '') {
    // A trade of before a restart may be told before the venue was asked: a symbol is its two assets, one behind the other.
    if (listing.symbol.startsWith(asset)) return CommissionAsset.Base;
    return listing.symbol.endsWith(asset) ? CommissionAsset.Quote : CommissionAsset.Other;
  }
  if (asset === listing.base) return CommissionAsset.Base;
  return asset === listing.quote ? CommissionAsset.Quote : CommissionAsset.Other;
}

export function priceText(listing: Listing, ticks: number): string {
  return formatDecimal(ticks, listing.priceDecimals);
}

export function qtyText(listing: Listing, lots: number): string {
  return formatDecimal(lots, listing.qtyDecimals);
}

/**
 * Reads prices or quantities of one message into the same units: those of the listing, or finer ones where a number needs
 * more decimals. `decimals` says which, behind all `add`s.
 */
export class Scale {
  decimals: number;
  private readonly texts: string[] = [];

  constructor(decimals: number) {
    this.decimals = decimals;
  }

  /** Takes a decimal text in; returns what `units` finds it by. Throws TapeheadError where it is no decimal. */
  add(text: string): number {
    const decimal = parseExact(text);
    if (decimal === null) throw new TapeheadError('FORMAT', `the venue sent '${text}' where a number belongs`);
    this.decimals = Math.max(this.decimals, decimal.decimals);
    return this.texts.push(text) - 1;
  }

  /** Throws TapeheadError where the number passes 2^53 in these units. */
  units(index: number): number {
    const text = this.texts[index];
    const decimal = parseExact(text);
    const units = decimal === null ? Number.NaN : unitsOf(decimal, this.decimals);
    if (Number.isNaN(units)) throw new TapeheadError('FORMAT', `the venue sent '${text}': too large to be exact`);
    return units;
  }
}
