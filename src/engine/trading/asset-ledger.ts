/**
 * What the fills of a log did to the assets of a spot account, so that its balances can be compared with the log: a buy adds
 * what it bought and takes what it paid, commissions take from the asset that they were paid in. In units of 1e-8 of an asset,
 * as venues state balances. Only assets that some instrument trades as its base are of interest; what is paid in others
 * (the venue's own coin, say) is not followed.
 *
 * Sums are float64 and exact while they are below 2^53 units (90 million coins of an asset).
 */
import { POWERS_OF_TEN } from '../../core/decimal.ts';
import type { Fnv64 } from '../../core/hash.ts';

const DECIMALS = 8;

interface Traded {
  readonly base: string;
  readonly quote: string;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
}

export class AssetLedger {
  /** By instrument. */
  private readonly traded: (Traded | undefined)[] = [];
  /** What fills added, by asset. */
  private readonly sums = new Map<string, number>();
  /** Balance less `sums` when the account was first compared, by asset. */
  private readonly baselines = new Map<string, number>();
  private readonly lots = new Map<string, number>();

  define(instrument: number, traded: Traded): void {
    this.traded[instrument] = traded;
    const lotUnits = scaled(1, DECIMALS - traded.qtyDecimals);
    this.lots.set(traded.base, Math.max(lotUnits, this.lots.get(traded.base) ?? 0));
  }

  /** A fill; `signedLots` are positive where we got the base asset. */
  fill(instrument: number, signedLots: number, pxTicks: number): void {
    const traded = this.traded[instrument];
    if (traded === undefined) return;
    const { base, quote, priceDecimals, qtyDecimals } = traded;
    this.add(base, scaled(signedLots, DECIMALS - qtyDecimals));
    if (this.lots.has(quote)) this.add(quote, -scaled(signedLots * pxTicks, DECIMALS - qtyDecimals - priceDecimals));
  }

  /** A commission of so many units. */
  pay(instrument: number, units: number, isBase: boolean): void {
    const traded = this.traded[instrument];
    if (traded === undefined) return;
    const asset = isBase ? traded.base : traded.quote;
    if (this.lots.has(asset)) this.add(asset, -units);
  }

  /** Assets that are compared, sorted. */
  get assets(): string[] {
    return [...this.lots.keys()].sort();
  }

  /** The account has these balances, and the log agrees with everything else: what it had without the log's fills is known now. */
  setBaselines(balances: ReadonlyMap<string, number>): void {
    for (const asset of this.assets) {
      if (this.baselines.has(asset)) continue;
      this.baselines.set(asset, (balances.get(asset) ?? 0) - (this.sums.get(asset) ?? 0));
    }
  }

  /** What the account should have of the asset by the log, units; NaN before there is a baseline. */
  expected(asset: string): number {
    return (this.baselines.get(asset) ?? Number.NaN) + (this.sums.get(asset) ?? 0);
  }

  /** Units of the largest lot that it is traded in. */
  lotUnits(asset: string): number {
    return this.lots.get(asset) ?? 0;
  }

  foldInto(hash: Fnv64): void {
    for (const asset of this.assets) {
      hash.integer(Math.round(this.sums.get(asset) ?? 0));
      hash.integer(Math.round(this.baselines.get(asset) ?? -1));
    }
  }

  private add(asset: string, units: number): void {
    this.sums.set(asset, (this.sums.get(asset) ?? 0) + units);
  }
}

/** value x 10^exponent; divided rather than multiplied by a fraction, which would not be exact. */
function scaled(value: number, exponent: number): number {
  if (exponent >= 0) return value * POWERS_OF_TEN[exponent];
  return exponent >= -15 ? value / POWERS_OF_TEN[-exponent] : value / 1e15 / POWERS_OF_TEN[-exponent - 15];
}
