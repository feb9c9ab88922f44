/** The simulated venue and its slow models, fill by fill, on seeded streams of market events and own orders. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { LevelStream, OrderStream } from '../support/market-stream.ts';
import { NaiveLevels } from '../support/naive-levels.ts';
import { NaiveQueues } from '../support/naive-queues.ts';
import { NO_LATENCY, VenueStage } from '../support/venue-stage.ts';
import { compareVenues } from '../support/venue-twins.ts';

const SEED = 3_1415;

for (let seed = SEED; seed < SEED + 4; seed++) {
  test(`order by order: 4,000 events fill as in queues of lists (seed ${seed})`, () => {
    const random = new Prng(seed);
    const venue = new VenueStage(NO_LATENCY).define(BookKind.L3);
    const stream = new OrderStream(random);
    const fills = compareVenues('L3', venue, new NaiveQueues(), stream, random, 4_000);
    assert.ok(fills > 300, `${fills} fills`);
  });
}

for (const queueModel of [
  { model: 'riskAverse' },
  { model: 'power', n: 3 },
  { model: 'power2', n: 2 },
  { model: 'power3', n: 1.5 },
  { model: 'log' },
  { model: 'log2' },
] as const) {
  test(`by level, ${queueModel.model}: 4,000 events fill as its documents say (seed ${SEED})`, () => {
    const random = new Prng(SEED);
    const venue = new VenueStage({ ...NO_LATENCY, queueModel }).define(BookKind.L2);
    const twin = new NaiveLevels(queueModel.model, 'n' in queueModel ? queueModel.n : 0);
    const stream = new LevelStream(random);
    const fills = compareVenues(queueModel.model, venue, twin, stream, random, 4_000);
    assert.ok(fills > 200, `${fills} fills`);
  });
}
