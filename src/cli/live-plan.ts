/** What a live run is to be, whatever it follows: its feed, its identity but for what is drawn, and how it is called. */
import type { LiveIdentity } from '../config/live-identity.ts';
import type { Latch, TradingIdentity } from '../config/trading-identity.ts';
import { TapeheadError } from '../core/errors.ts';
import type { SessionBase } from '../core/time.ts';
import type { LiveFeedSource } from '../engine/live/live-start.ts';
import type { FormatName } from '../feed/feed.ts';
import { liveSessionBase } from '../feed/live/live-clock.ts';
import type { LiveSource } from '../feed/live/source.ts';
import type { LiveOptions } from './live.ts';
import { ITCH, itchSource, refuseItchOptions } from './live-itch.ts';
import { liveSource } from './live-options.ts';
import { equitiesTradingOf, tradingOf } from './live-trading.ts';

export interface LivePlan {
  readonly source: LiveFeedSource;
  /** Address of the module that makes the feed. */
  readonly feedModule: string;
  /** Of websocket venues; null for ITCH, where no orders go. */
  readonly venues: LiveSource | null;
  /** One for each venue, for the summary: "binance BTCUSDT,ETHUSDT". */
  readonly names: readonly string[];
  readonly base: SessionBase;
  readonly format: FormatName;
  readonly symbols: readonly string[] | null;
  readonly mode: LiveIdentity['mode'];
  readonly followed: LiveIdentity['venues'];
  readonly trading: TradingIdentity | null;
}

const TEXT_FEED = new URL('../feed/live/live-feed.js', import.meta.url).href;
const ITCH_FEED = new URL('../feed/live/itch/feed.js', import.meta.url).href;
/** In the identity of a run that follows every instrument there is. */
const ALL = '*';

/** Throws TapeheadError with one line. */
export async function planOf(
  options: LiveOptions,
  latched: readonly Latch[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<LivePlan> {
  return options.venue.includes(ITCH) ? itchPlan(options, latched, env) : textPlan(options, latched);
}

async function textPlan(options: LiveOptions, latched: readonly Latch[]): Promise<LivePlan> {
  refuseItchOptions(options);
  const base = liveSessionBase();
  const { record, rotateMb, rotateMinutes } = options;
  const recordTo =
    record === undefined ? null : { dir: record, rotateBytes: rotateMb * 1e6, rotateMs: rotateMinutes * 60_000 };
  const source = liveSource(options, recordTo, base);
  const { mode, trading, venues } = await tradingOf(options, source, latched);
  const names = source.venues.map(({ name, symbols }) => `${name} ${symbols.join(',')}`);
  const identity = { base, format: 'capture', symbols: null, mode, followed: venues, trading } as const;
  return { source, feedModule: TEXT_FEED, venues: source, names, ...identity };
}

async function itchPlan(
  options: LiveOptions,
  latched: readonly Latch[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<LivePlan> {
  if (options.venue.length > 1) {
    throw new TapeheadError('USAGE', '--venue itch is followed alone: start other venues in runs of their own');
  }
  if (options.orders === 'venue') {
    throw new TapeheadError('USAGE', '--orders venue: ITCH takes no orders; use --orders paper');
  }
  const source = itchSource(options, options.record ?? null, env);
  const trading = await equitiesTradingOf(options, source.sessionBase, latched);
  const { line, symbols } = source;
  const where = line.via === 'udp' ? [line.a, ...(line.b === undefined ? [] : [line.b])].join(' and ') : line.host;
  return {
    source,
    feedModule: ITCH_FEED,
    venues: null,
    names: [`itch over ${line.via === 'udp' ? 'MoldUDP64' : 'SoupBinTCP'} ${where}`],
    base: source.sessionBase,
    format: 'itch50',
    symbols,
    mode: trading === null ? 'books' : 'paper',
    followed: [{ venue: ITCH, symbols: [...(symbols ?? [ALL])], assets: {} }],
    trading,
  };
}
