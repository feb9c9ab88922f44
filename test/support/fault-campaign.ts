/** Every fault at every venue for a row of seeds (fault-run.ts), and a table of what happened. */

import type { LiveVenueName } from '../../src/feed/live/protocol.ts';
import { FAULTY_VENUES, type FaultRun, FEED_FAULTS, type FeedFault, faultRun } from './fault-run.ts';
import { type Trading, TradingFollower } from './trading-follower.ts';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  /** An engine that trades rides along in one run of so many; 0: in none. */
  readonly tradeEvery: number;
  /** For its logs. */
  readonly folder: string;
  readonly venues?: readonly LiveVenueName[];
  readonly faults?: readonly FeedFault[];
  /** Called behind each pair of venue and fault. */
  progress?(line: string): void;
}

export interface FaultCount {
  readonly venue: LiveVenueName;
  readonly fault: FeedFault;
  runs: number;
  /** How often the fault happened, over all runs. */
  made: number;
  frames: number;
  /** Virtual ms from the end of the fault to books that are the venue's, at most. */
  slowestMs: number;
  /** Runs in which the loss did not show and the next snapshot mended the book. */
  unseen: number;
}

export interface CampaignReport {
  readonly counts: readonly FaultCount[];
  readonly runs: number;
  readonly frames: number;
  readonly traded: number;
  readonly sent: number;
  readonly refusedStale: number;
  /** "VENUE, FAULT, seed N: what went wrong". */
  readonly failures: readonly string[];
}

/** Faults that a venue's protocol has no place for. */
export function canHappen(venue: LiveVenueName, fault: FeedFault): boolean {
  if (fault === 'checksum') return venue === 'kraken' || venue === 'okx';
  if (fault === 'gap') return venue !== 'kraken';
  const asksRest = venue === 'binance' || venue === 'binance-usdm' || venue === 'coinbase-full';
  return asksRest || !['slow-snapshot', 'refuse-429', 'ban-418'].includes(fault);
}

export const CAMPAIGN_VENUES = Object.keys(FAULTY_VENUES) as LiveVenueName[];

export async function faultCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { firstSeed, seeds, tradeEvery, folder, venues = CAMPAIGN_VENUES, faults = FEED_FAULTS } = options;
  const counts: FaultCount[] = [];
  const failures: string[] = [];
  let [runs, frames, traded, sent, refusedStale] = [0, 0, 0, 0, 0];
  for (const venue of venues) {
    for (const fault of faults) {
      if (!canHappen(venue, fault)) continue;
      const count: FaultCount = { venue, fault, runs: 0, made: 0, frames: 0, slowestMs: 0, unseen: 0 };
      counts.push(count);
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        const trades = tradeEvery > 0 && runs % tradeEvery === 0;
        runs++;
        count.runs++;
        try {
          const run: FaultRun & Partial<Trading> = trades
            ? await withTrading(venue, fault, seed, folder)
            : await faultRun(venue, fault, seed);
          add(count, run);
          frames += run.frames;
          if (run.sent === undefined) continue;
          traded++;
          sent += run.sent;
          refusedStale += run.refusedStale ?? 0;
        } catch (error) {
          failures.push(
            `${venue}, ${fault}, seed ${seed}: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
          );
        }
      }
      options.progress?.(
        `${venue} ${fault}: ${count.runs} runs, ${count.made} made, ${failures.length} failures so far`,
      );
    }
  }
  return { counts, runs, frames, traded, sent, refusedStale, failures };
}

async function withTrading(
  venue: LiveVenueName,
  fault: FeedFault,
  seed: number,
  folder: string,
): Promise<FaultRun & Trading> {
  const symbols = FAULTY_VENUES[venue]!.symbols;
  const make = await TradingFollower.open(folder, venue, symbols, seed);
  let follower: TradingFollower | null = null;
  let run: FaultRun;
  try {
    run = await faultRun(venue, fault, seed, (world, base) => {
      follower = make(world, base);
      return follower;
    });
  } catch (error) {
    await (follower as TradingFollower | null)?.end().catch(() => undefined); // its log is this run's, and in the way
    throw error;
  }
  return { ...run, ...(await follower!.end()) };
}

function add(count: FaultCount, run: FaultRun): void {
  count.made += run.made;
  count.frames += run.frames;
  count.unseen += run.unseen;
  count.slowestMs = Math.max(count.slowestMs, run.healedMs);
}

/** How often each fault happened, a row for each fault, a column for each venue; "-" where a protocol has no such thing. */
export function campaignTable({ counts }: CampaignReport): string {
  const venues = [...new Set(counts.map(({ venue }) => venue))];
  const faults = [...new Set(counts.map(({ fault }) => fault))];
  const cell = (venue: LiveVenueName, fault: FeedFault): string => {
    const count = counts.find((one) => one.venue === venue && one.fault === fault);
    if (count === undefined) return '-';
    return count.unseen === 0 ? String(count.made) : `${count.made} (${count.unseen} unseen)`;
  };
  const rows = [['fault', ...venues], ...faults.map((fault) => [fault, ...venues.map((venue) => cell(venue, fault))])];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  '))
    .join('\n');
}
