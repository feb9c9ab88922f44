/** exchangeInfo: what the venue says of its instruments and limits. */
import { formatDecimal } from '../../core/decimal.ts';
import { LEDGER_DECIMALS } from '../listing.ts';
import type { Market } from '../market.ts';
import { type BinanceTerms, stepText } from './terms.ts';

const SPOT_TYPES = ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT'];
const USDM_TYPES = ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET'];

export function exchangeInfo(terms: BinanceTerms, markets: readonly Market[], nowMs: number): unknown {
  return {
    timezone: 'UTC',
    serverTime: nowMs,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: terms.weightPerMinute },
      { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 1000 },
    ],
    exchangeFilters: [],
    ...(terms.kind === 'spot' ? {} : { futuresType: 'U_MARGINED', assets: assetsOf(markets) }),
    symbols: markets.map((market) => (terms.kind === 'spot' ? spotSymbol(market) : usdmSymbol(market))),
  };
}

function spotSymbol(market: Market): unknown {
  const { base, quote } = market.listing;
  return {
    symbol: market.symbol,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: SPOT_TYPES,
    icebergAllowed: true,
    ocoAllowed: false,
    otoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    cancelReplaceAllowed: true,
    amendAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      ...commonFilters(market),
      notional(market, 'NOTIONAL', 'minNotional'),
      { filterType: 'ICEBERG_PARTS', limit: 100 },
    ],
    permissions: [],
    permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'EXPIRE_TAKER',
    allowedSelfTradePreventionModes: ['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'],
  };
}

function usdmSymbol(market: Market): unknown {
  const { base, quote, priceDecimals, qtyDecimals } = market.listing;
  return {
    symbol: market.symbol,
    pair: market.symbol,
    contractType: 'PERPETUAL',
    deliveryDate: 4133404800000,
    onboardDate: 1569398400000,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: base,
    quoteAsset: quote,
    marginAsset: quote,
    pricePrecision: priceDecimals,
    quantityPrecision: qtyDecimals,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    triggerProtect: '0.0500',
    liquidationFee: '0.012500',
    marketTakeBound: '0.05',
    filters: [...commonFilters(market), notional(market, 'MIN_NOTIONAL', 'notional')],
    orderTypes: USDM_TYPES,
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'],
  };
}

function commonFilters(market: Market): unknown[] {
  const { tickStep, maxPriceTicks, lotStep, minLots, maxLots, priceDecimals, qtyDecimals } = market.listing;
  const price = (ticks: number): string => stepText(market, ticks, priceDecimals);
  const qty = (lots: number): string => stepText(market, lots, qtyDecimals);
  const size = { minQty: qty(minLots), maxQty: qty(maxLots), stepSize: qty(lotStep) };
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: price(tickStep),
      maxPrice: price(maxPriceTicks),
      tickSize: price(tickStep),
    },
    { filterType: 'LOT_SIZE', ...size },
    { filterType: 'MARKET_LOT_SIZE', ...size },
  ];
}

function notional(market: Market, filterType: string, name: string): unknown {
  return { filterType, [name]: formatDecimal(Number(market.listing.minNotional), LEDGER_DECIMALS) };
}

function assetsOf(markets: readonly Market[]): unknown[] {
  const quotes = new Set(markets.map((market) => market.listing.quote));
  return [...quotes].map((asset) => ({ asset, marginAvailable: true, autoAssetExchange: '0' }));
}
