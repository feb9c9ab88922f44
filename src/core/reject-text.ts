/** What every reject code says to people, and which FIX OrdRejReason it comes to. */
import { RejectCode } from './order.ts';

/** FIX OrdRejReason, tag 103. */
const FIX = {
  Broker: 0,
  UnknownSymbol: 1,
  ExchangeClosed: 2,
  ExceedsLimit: 3,
  TooLate: 4,
  UnknownOrder: 5,
  Duplicate: 6,
  Unsupported: 11,
  IncorrectQty: 13,
  PriceBand: 16,
  PriceIncrement: 18,
  Other: 99,
} as const;

export interface RejectText {
  readonly name: string;
  readonly text: string;
  readonly fixOrdRejReason: number;
}

/** Text and FIX OrdRejReason of every code, by code. */
export const REJECT_TEXT: Readonly<Record<number, RejectText>> = (() => {
  const entries: readonly (readonly [keyof typeof RejectCode, string, number])[] = [
    ['None', 'accepted', FIX.Other],
    ['BadSide', 'side is neither buy nor sell', FIX.Unsupported],
    ['BadQty', 'quantity is not a positive whole number of lots', FIX.IncorrectQty],
    ['BadPrice', 'price is missing, not a number, or not positive', FIX.PriceIncrement],
    ['OffTick', 'price is not a multiple of the tick', FIX.PriceIncrement],
    ['OffLot', 'quantity is not a multiple of the lot', FIX.IncorrectQty],
    ['NotionalOverflow', 'price times quantity is too large to be computed exactly', FIX.IncorrectQty],
    ['BadOrdType', 'order type, peg or flags do not go together', FIX.Unsupported],
    ['BadTimeInForce', 'time in force is unknown, or expires in the past', FIX.Unsupported],
    ['UnknownInstrument', 'no such instrument', FIX.UnknownSymbol],
    ['UnknownOrder', 'no such order of this strategy', FIX.UnknownOrder],
    ['OrderNotOpen', 'the order is no longer open', FIX.TooLate],
    ['DuplicateClOrdId', 'this ClOrdID was used before', FIX.Duplicate],
    ['BadDisplayQty', 'displayed quantity is not between one lot and the quantity', FIX.IncorrectQty],
    ['RequestPending', 'an earlier replace or cancel of the order is still pending', FIX.Other],
    ['KillEngine', 'kill switch of the engine', FIX.Broker],
    ['KillAccount', 'kill switch of the account', FIX.Broker],
    ['KillStrategy', 'kill switch of the strategy', FIX.Broker],
    ['KillInstrument', 'kill switch of the instrument', FIX.Broker],
    ['TradingHalted', 'trading state is Halted', FIX.Broker],
    ['ReducingOnly', 'trading state is Reducing and the order would increase the position', FIX.Broker],
    ['InstrumentHalted', 'the instrument is halted or closed', FIX.ExchangeClosed],
    ['Restricted', 'the instrument is on the restricted list', FIX.Broker],
    ['NotPermitted', 'the strategy may not trade this instrument, side or order type', FIX.Broker],
    ['StrategyHalted', 'the strategy is halted', FIX.Broker],
    ['ReduceOnlyOrder', 'a reduce-only order would open or increase a position', FIX.Broker],
    ['VenueDown', 'no connection to the venue', FIX.Broker],
    ['VenueDiffers', 'what the venue has is not, or not yet, what the log says', FIX.Broker],
    ['StaleReference', 'the book is stale or its price too old', FIX.Broker],
    ['CrossedReference', 'the book is crossed', FIX.Broker],
    ['NoReference', 'the book has no price to compare with', FIX.Broker],
    ['CollarPercent', 'price is outside the collar (percent)', FIX.PriceBand],
    ['CollarTicks', 'price is outside the collar (ticks)', FIX.PriceBand],
    ['MaxQty', 'quantity is above the limit', FIX.ExceedsLimit],
    ['MaxNotional', 'notional is above the limit', FIX.ExceedsLimit],
    ['AverageVolume', 'quantity is above the limit in percent of average volume', FIX.ExceedsLimit],
    ['RepeatedOrder', 'the same order was sent a moment ago', FIX.Duplicate],
    ['StrategyRate', 'message rate of the strategy', FIX.ExceedsLimit],
    ['InstrumentRate', 'message rate of the instrument', FIX.ExceedsLimit],
    ['CancelRate', 'cancel rate of the strategy', FIX.ExceedsLimit],
    ['RepeatedExecution', 'too many executions in a row without a pause', FIX.ExceedsLimit],
    ['PositionLong', 'long position limit, open orders included', FIX.ExceedsLimit],
    ['PositionShort', 'short position limit, open orders included', FIX.ExceedsLimit],
    ['GrossExposure', 'gross exposure limit, open orders included', FIX.ExceedsLimit],
    ['NetExposure', 'net exposure limit, open orders included', FIX.ExceedsLimit],
    ['Credit', 'credit limit, open orders included', FIX.ExceedsLimit],
    ['ParentQty', "more than the parent order's quantity", FIX.ExceedsLimit],
    ['BadGroup', 'the order group does not exist or is over', FIX.Unsupported],
    ['LossLimit', 'loss limit', FIX.Broker],
    ['DrawdownLimit', 'drawdown limit', FIX.Broker],
    ['VarLimit', 'VaR limit', FIX.Broker],
    [
      'RiskUnavailable',
      'a figure that a limit needs (price, exchange rate, VaR) is missing, too old or not a number',
      FIX.Broker,
    ],
    ['EsLimit', 'expected shortfall limit of the portfolio', FIX.Broker],
    ['StressLimit', 'stress loss limit of the portfolio', FIX.Broker],
    ['PortfolioGross', 'gross exposure limit of the portfolio', FIX.ExceedsLimit],
    ['PortfolioNet', 'net exposure limit of the portfolio', FIX.ExceedsLimit],
    ['SectorLimit', 'exposure limit of a sector', FIX.ExceedsLimit],
    ['ConcentrationLimit', 'concentration limit of the portfolio', FIX.ExceedsLimit],
    ['DeltaLimit', 'delta limit of the portfolio', FIX.ExceedsLimit],
    ['GammaLimit', 'gamma limit of the portfolio', FIX.ExceedsLimit],
    ['VegaLimit', 'vega limit of the portfolio', FIX.ExceedsLimit],
    ['PortfolioDrawdown', 'drawdown limit of the portfolio', FIX.Broker],
    ['SelfTrade', 'would trade with an own order', FIX.Broker],
    ['TooManyOrders', 'the order table is full', FIX.Other],
    ['OutletFull', 'the way to the venue is full', FIX.Other],
    ['VenueWouldTake', 'venue: post-only order would take', FIX.Broker],
    ['VenueUnknownOrder', 'venue: no such order', FIX.UnknownOrder],
    ['VenueTooLate', 'venue: too late, the order is done', FIX.TooLate],
    ['VenueHalted', 'venue: the instrument is halted or closed', FIX.ExchangeClosed],
    ['VenueNotFilled', 'venue: fill-or-kill could not be filled whole', FIX.Broker],
    ['VenueNoLiquidity', 'venue: nothing to trade with', FIX.Broker],
    ['VenueSelfTrade', 'venue: would trade with an own order', FIX.Broker],
    ['VenueUnsupported', 'venue: order type not supported', FIX.Unsupported],
    ['VenueRefused', 'venue: refused', FIX.Broker],
    ['VenueFilter', "venue: price or quantity is against the instrument's filters", FIX.PriceIncrement],
    ['VenueFunds', 'venue: not enough balance or margin', FIX.ExceedsLimit],
    ['VenueRate', 'venue: too many orders or requests', FIX.ExceedsLimit],
    ['VenueUnreached', 'venue: not reached, nothing was sent', FIX.ExchangeClosed],
    ['VenueNeverHad', 'venue: never had the request', FIX.UnknownOrder],
  ];
  const texts: Record<number, RejectText> = {};
  for (const [name, text, fixOrdRejReason] of entries) texts[RejectCode[name]] = { name, text, fixOrdRejReason };
  return texts;
})();

export function rejectText(code: number): string {
  return REJECT_TEXT[code]?.text ?? `code ${code}`;
}
