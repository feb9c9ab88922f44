/** From rows of a positions file to holdings that can be valued. */

import { exp } from '../../core/det-math.ts';
import { TapeheadError } from '../../core/errors.ts';
import type { FutureRow, OptionRow } from '../prices/contracts.ts';
import type { PositionFile, PositionRow } from '../prices/positions.ts';
import type { Holding } from './holding.ts';
import { type OptionTerms, optionImpliedVolatility, yearsLeft } from './option.ts';

export interface HeldBook {
  readonly holdings: readonly Holding[];
  /** Of each holding: the row it comes from. */
  readonly rows: readonly PositionRow[];
  readonly nowNs: number;
  readonly hasOptions: boolean;
  /** What was assumed or left out, one line each. */
  readonly notes: readonly string[];
}

/** The last prices of the history, and the date that contracts are valued at. */
export interface Market {
  readonly names: readonly string[];
  /** Null where the history holds returns. */
  readonly lastPrices: Float64Array | null;
  /** YYYY-MM-DD. */
  readonly asOf: string;
}

/** Midnight UTC of a date, ns since the Unix epoch. */
export function dateNs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) * 1e6;
}

/**
 * Contracts that expired before the valuation date have been settled: they are left out. On the day itself an option is worth what
 * exercise brings. Throws USAGE, FORMAT: one line.
 */
export function heldBook(file: PositionFile, market: Market): HeldBook {
  const { names, lastPrices, asOf } = market;
  if (file.measure === 'quantity' && lastPrices === null) {
    throw new TapeheadError(
      'USAGE',
      `${file.path} has quantities, but with --returns there are no prices: give the column value`,
    );
  }
  const nowNs = dateNs(asOf);
  const notes: string[] = [];
  const kept = file.rows.filter(({ symbol, contract }) => {
    if (contract === null || contract.expiry === null || contract.expiry >= asOf) return true;
    notes.push(`${symbol} expired on ${contract.expiry}, before ${asOf}: left out`);
    return false;
  });
  const holdings = kept.map((position): Holding => {
    const { symbol, instrument, amount, multiplier, contract } = position;
    const row = names.indexOf(instrument);
    const spot = file.measure === 'quantity' ? lastPrices![row] : 1;
    const plain = { name: symbol, row, quantity: amount, moneyPerPoint: multiplier };
    if (contract === null) return { ...plain, price: spot, option: null };
    return contract.kind === 'future'
      ? { ...plain, price: futurePrice(contract, spot, nowNs), option: null }
      : { ...plain, price: spot, option: optionTerms(contract, symbol, spot, nowNs) };
  });
  const noRate = kept.filter(({ contract }) => contract?.kind === 'option' && contract.rate === null).length;
  if (noRate > 0) notes.push(`${noRate} of the options have no rate: 0 is taken`);
  return { holdings, rows: kept, nowNs, hasOptions: kept.some(({ contract }) => contract?.kind === 'option'), notes };
}

/** As given, or the forward price of what moves it: S e^(bT), S itself without an expiry. */
function futurePrice({ price, expiry, rate, carry }: FutureRow, spot: number, nowNs: number): number {
  if (price !== null) return price;
  if (expiry === null) return spot;
  const years = yearsLeft({ expiryNs: dateNs(expiry) }, nowNs);
  return spot * exp((carry ?? rate ?? 0) * years);
}

function optionTerms(row: OptionRow, symbol: string, spot: number, nowNs: number): OptionTerms {
  const { right, style, strike, expiry, volatility, price, where } = row;
  const rate = row.rate ?? 0;
  const terms = { right, style, strike, expiryNs: dateNs(expiry), rate, carry: row.carry ?? rate };
  if (volatility !== null) return { ...terms, volatility };
  if (yearsLeft(terms, nowNs) === 0) return { ...terms, volatility: 0 };
  if (price === null) {
    throw new TapeheadError('FORMAT', `${where}: ${symbol} has no volatility, and no price to imply it from`);
  }
  const implied = optionImpliedVolatility({ ...terms, volatility: 0 }, spot, nowNs, price);
  if (typeof implied === 'number') return { ...terms, volatility: implied };
  throw new TapeheadError(
    'FORMAT',
    `${where}: no volatility gives ${symbol} its price of ${price} with the underlier at ${spot}: it is ${implied}`,
  );
}
