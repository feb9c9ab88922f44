/**
 * The simulated venue over `SECONDS`: clones on whole real recordings, then, a new seed for each round, its slow models and
 * its properties. A failure names its seed.
 */
import assert from 'node:assert/strict';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { type CloneReport, followClones } from '../support/clones.ts';
import { LevelStream, OrderStream } from '../support/market-stream.ts';
import { NaiveLevels } from '../support/naive-levels.ts';
import { NaiveQueues } from '../support/naive-queues.ts';
import { marketData } from '../support/paths.ts';
import { recordedEvents } from '../support/recorded-events.ts';
import { checkRun, runVenue } from '../support/venue-properties.ts';
import { NO_LATENCY, VenueStage } from '../support/venue-stage.ts';
import { compareVenues } from '../support/venue-twins.ts';

const SECONDS = Number(process.env.SECONDS ?? 60);
const RECORDINGS = [
  'lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip',
  'itch50/AAPL_20200130_locate13_first10k.itch50',
];
const MODELS = ['riskAverse', 'power', 'power2', 'power3', 'log', 'log2'];

const total: CloneReport = { clones: 0, filled: 0, reasons: [], outOfTurn: 0, lostSight: 0, early: [], late: [] };
for (const recording of RECORDINGS) {
  const path = marketData(recording);
  if (path === null) {
    console.log(`${recording} is not there`);
    continue;
  }
  const report = followClones(await recordedEvents(path), 1);
  console.log(`${recording}: ${JSON.stringify(report)}`);
  assert.deepEqual([report.early, report.late], [[], []]);
  total.clones += report.clones;
  total.filled += report.filled;
}

const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${firstSeed}`);
const end = Date.now() + SECONDS * 1000;
let rounds = 0;
let fills = 0;
while (rounds === 0 || Date.now() < end) {
  const seed = firstSeed + rounds;
  const random = new Prng(seed);
  const byOrder = new VenueStage(NO_LATENCY).define(BookKind.L3);
  fills += compareVenues(`L3, seed ${seed}`, byOrder, new NaiveQueues(), new OrderStream(random), random, 4_000);
  const model = MODELS[rounds % MODELS.length];
  const queueModel = model.startsWith('power') ? { model, n: 0.5 + random.below(8) / 2 } : { model };
  const byLevel = new VenueStage({ ...NO_LATENCY, queueModel }).define(BookKind.L2);
  const twin = new NaiveLevels(model, queueModel.n ?? 0);
  fills += compareVenues(`${model}, seed ${seed}`, byLevel, twin, new LevelStream(random), random, 4_000);
  for (const bookKind of [BookKind.L3, BookKind.L2]) {
    const run = runVenue(seed, bookKind, false);
    checkRun(run, bookKind);
    assert.equal(runVenue(seed, bookKind, true).hash, run.hash, `seed ${seed}: the same, however time passes`);
  }
  rounds++;
}
console.log(
  `${total.clones} clones of real orders, ${total.filled} filled, none early or late; ${rounds} rounds: ${fills} fills as in the slow models, properties hold`,
);
