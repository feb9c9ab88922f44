/**
 * Every fault of feeds at every venue, `SEEDS` seeds each, in virtual time (test/support/fault-run.ts). In one run of 20 an engine
 * that trades rides along. VENUES and FAULTS choose some, with commas.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAMPAIGN_VENUES, campaignTable, faultCampaign } from '../support/fault-campaign.ts';
import { FEED_FAULTS } from '../support/fault-run.ts';

const SEEDS = Number(process.env.SEEDS ?? 1000);
const chosen = <T extends string>(all: readonly T[], wanted: string | undefined): readonly T[] =>
  wanted === undefined ? all : all.filter((one) => wanted.split(',').includes(one));

const firstSeed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${firstSeed}`);
const folder = mkdtempSync(join(tmpdir(), 'tapehead-faults-'));
try {
  const report = await faultCampaign({
    firstSeed,
    seeds: SEEDS,
    tradeEvery: 20,
    folder,
    venues: chosen(CAMPAIGN_VENUES, process.env.VENUES),
    faults: chosen(FEED_FAULTS, process.env.FAULTS),
    progress: (line) => console.log(line),
  });
  for (const failure of report.failures) console.log(failure);
  console.log(campaignTable(report));
  const made = report.counts.reduce((sum, count) => sum + count.made, 0);
  const unseen = report.counts.reduce((sum, count) => sum + count.unseen, 0);
  const slowest = Math.max(...report.counts.map((count) => count.slowestMs));
  const { runs, frames, traded, sent, refusedStale, failures } = report;
  console.log(
    `${runs} runs of ${report.counts.length} pairs of venue and fault, ${frames} frames, ${made} faults: ${failures.length} failed; ` +
      `the books were the venue's after ${slowest / 1e3} s at most; ${unseen} losses that the protocol does not show were mended by the ` +
      `next snapshot; in ${traded} runs an engine traded: ${sent} orders, none on a stale book, ${refusedStale} refused for one`,
  );
  if (failures.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
