/** Instruments that an exchange lists. Prices are ticks of 10^-priceDecimals, quantities lots of 10^-qtyDecimals. */
import { assert } from '../core/assert.ts';
import { TapeheadError } from '../core/errors.ts';

/** Decimals of every amount in the ledger: balances, notionals, commissions are whole numbers of 1e-8 of their asset. */
export const LEDGER_DECIMALS = 8;
export const LEDGER_UNIT = 10n ** BigInt(LEDGER_DECIMALS);

export type ListingKind =
  /** Base against quote, settled at once. */
  | 'spot'
  /** A perpetual with linear payoff, margined and settled in the quote asset. */
  | 'perpetual';

export interface Listing {
  readonly base: string;
  readonly quote: string;
  readonly kind: ListingKind;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  /** Prices are multiples of so many ticks, quantities of so many lots. */
  readonly tickStep: number;
  readonly lotStep: number;
  readonly minLots: number;
  readonly maxLots: number;
  readonly maxPriceTicks: number;
  /** Price x quantity of a limit order, at least: ledger units of the quote asset. */
  readonly minNotional: bigint;
  readonly makerPpm: number;
  readonly takerPpm: number;
  /** A perpetual's margin is the notional divided by this. */
  readonly leverage: number;
  /** Where the background flow's fair price starts. */
  readonly startTicks: number;
}

/** Ledger units of quote for one tick x lot. */
export function unitsPerTickLot(listing: Listing): bigint {
  const spare = LEDGER_DECIMALS - listing.priceDecimals - listing.qtyDecimals;
  assert(spare >= 0, `${listing.base}${listing.quote}: price x quantity fits ${LEDGER_DECIMALS} decimals`);
  return 10n ** BigInt(spare);
}

/** Ledger units of base for one lot. */
export function unitsPerLot(listing: Listing): bigint {
  return 10n ** BigInt(LEDGER_DECIMALS - listing.qtyDecimals);
}

interface Coin {
  readonly asset: string;
  readonly usd: number;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
}

const COINS: readonly Coin[] = [
  { asset: 'BTC', usd: 60000, priceDecimals: 2, qtyDecimals: 5 },
  { asset: 'ETH', usd: 2500, priceDecimals: 2, qtyDecimals: 4 },
  { asset: 'SOL', usd: 150, priceDecimals: 2, qtyDecimals: 3 },
  { asset: 'XRP', usd: 0.6, priceDecimals: 4, qtyDecimals: 1 },
];

/** Assets that there are listings for, made-up prices included. */
export const LISTED_ASSETS: readonly string[] = COINS.map((coin) => coin.asset);

/**
 * A listing by its assets, such as ('BTC', 'USDT', 'spot'). Throws TapeheadError for an asset that is not listed.
 * `perpetual`: tick and lot ten times as coarse, as Binance's USD-M market has them beside its spot market.
 */
export function listingOf(base: string, quote: string, kind: ListingKind): Listing {
  const coin = COINS.find((one) => one.asset === base);
  if (coin === undefined) {
    throw new TapeheadError(
      'UNKNOWN_SYMBOL',
      `--symbols: ${base} is not listed here; there are ${LISTED_ASSETS.join(', ')}`,
    );
  }
  const isPerpetual = kind === 'perpetual';
  const priceDecimals = isPerpetual ? coin.priceDecimals - 1 : coin.priceDecimals;
  const qtyDecimals = isPerpetual ? Math.max(0, coin.qtyDecimals - 2) : coin.qtyDecimals;
  return {
    base,
    quote,
    kind,
    priceDecimals,
    qtyDecimals,
    tickStep: 1,
    lotStep: 1,
    minLots: 1,
    maxLots: 9000 * 10 ** qtyDecimals,
    maxPriceTicks: 1_000_000 * 10 ** priceDecimals,
    minNotional: 5n * LEDGER_UNIT,
    makerPpm: isPerpetual ? 200 : 1000,
    takerPpm: isPerpetual ? 500 : 1000,
    leverage: 20,
    startTicks: Math.round(coin.usd * 10 ** priceDecimals),
  };
}
