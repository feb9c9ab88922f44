/** What a live run trades: strategies and limits as for a replay, with the steps and currencies that the venues state. */
import type { LiveIdentity } from '../config/live-identity.ts';
import { type ConfigFile, type Latch, parseConfigFile, type TradingIdentity } from '../config/trading-identity.ts';
import { TapeheadError } from '../core/errors.ts';
import type { SessionBase } from '../core/time.ts';
import { resolveTrading, type TradingContext } from '../engine/trading/identity.ts';
import type { FormatName } from '../feed/feed.ts';
import type { SymbolTerms } from '../feed/live/protocol.ts';
import { type LiveSource, type LiveVenueSource, prefixOf } from '../feed/live/source.ts';
import { termsOf } from './live-options.ts';
import { readConfig } from './trading-options.ts';

export type OrdersTo = 'paper' | 'venue';

export interface LiveTradingOptions {
  readonly orders?: OrdersTo;
  readonly strategy?: readonly string[];
  readonly params?: string;
  readonly config?: string;
  readonly seed: number;
}

export interface LiveTrading {
  readonly mode: LiveIdentity['mode'];
  readonly trading: TradingIdentity | null;
  readonly venues: LiveIdentity['venues'];
}

/** Asks the venues for the terms of their instruments where something is to trade. Throws TapeheadError with one line. */
export async function tradingOf(
  options: LiveTradingOptions,
  source: LiveSource,
  latched: readonly Latch[],
): Promise<LiveTrading> {
  const plain = source.venues.map((venue) => ({ venue: venue.name, symbols: [...venue.symbols].sort(), assets: {} }));
  const file = tradingFile(options);
  if (file === null) return { mode: 'books', trading: null, venues: plain };
  const venues: LiveIdentity['venues'] = [];
  if (source.venues.some((venue) => venue.terms === false)) {
    throw new TapeheadError('USAGE', '--no-terms: without tick and lot sizes nothing can be traded');
  }
  for (const venue of source.venues) {
    const terms = await termsOf(venue);
    checkCurrencies(file, options.config, venue, terms);
    addTerms(file, source, venue, terms);
    const assets = Object.fromEntries(terms.map(({ symbol, base, quote }) => [symbol, { base, quote }]));
    venues.push({ venue: venue.name, symbols: [...venue.symbols].sort(), assets });
  }
  const trading = await resolveTrading(file, contextOf(options, 'capture', source.sessionBase, latched));
  return { mode: options.orders ?? 'paper', trading, venues };
}

/** Of a feed that states no terms: as for a replay of it. */
export async function equitiesTradingOf(
  options: LiveTradingOptions,
  base: SessionBase,
  latched: readonly Latch[],
): Promise<TradingIdentity | null> {
  const file = tradingFile(options);
  return file === null ? null : resolveTrading(file, contextOf(options, 'itch50', base, latched));
}

/** Null where nothing is to trade. */
function tradingFile(options: LiveTradingOptions): ConfigFile | null {
  if (options.strategy === undefined && options.config === undefined) {
    const without = options.orders !== undefined ? '--orders' : options.params !== undefined ? '--params' : null;
    if (without === null) return null;
    throw new TapeheadError('USAGE', `${without} says nothing without --strategy or --config`);
  }
  const file = options.config === undefined ? parseConfigFile({}, '--config') : readConfig(options.config);
  for (const use of options.strategy ?? []) file.strategies.push({ use, params: {} });
  return file;
}

function contextOf(
  options: LiveTradingOptions,
  format: FormatName,
  base: SessionBase,
  latched: readonly Latch[],
): TradingContext {
  return {
    where: options.config ?? '--strategy',
    strategyDir: '.',
    format,
    base,
    latched,
    seed: options.seed,
    ...(options.params === undefined ? {} : { params: options.params }),
  };
}

/** What the configuration says of an instrument stands; what it leaves open is as the venue has it. */
function addTerms(file: ConfigFile, source: LiveSource, venue: LiveVenueSource, terms: readonly SymbolTerms[]): void {
  const prefix = prefixOf(source, venue);
  for (const { symbol, tick, lot, quote } of terms) {
    const name = `${prefix}${symbol}`;
    file.instruments[name] = { tick, lot, currency: quote, ...file.instruments['*'], ...file.instruments[name] };
  }
}

/** Money is added up in the first account's currency: without a configuration, in the one that everything is quoted in. */
function checkCurrencies(
  file: ConfigFile,
  config: string | undefined,
  venue: LiveVenueSource,
  terms: readonly SymbolTerms[],
): void {
  const [account] = file.accounts;
  if (config === undefined && Object.keys(file.instruments).length === 0) {
    file.accounts = file.accounts.map((one) => ({ ...one, currency: terms[0]?.quote ?? one.currency }));
    return;
  }
  for (const { symbol, quote } of terms) {
    if (file.accounts.some(({ currency }) => currency === quote) || file.fx[quote] !== undefined) continue;
    const where = config ?? `${venue.name}`;
    throw new TapeheadError(
      'USAGE',
      `${where}: ${symbol} is quoted in ${quote}, the account in ${account.currency}: give a rate, "fx": {"${quote}": "1"}, ` +
        'or another account currency',
    );
  }
}
