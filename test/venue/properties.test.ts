/** What must hold of every run, whatever is sent: seeded streams, every kind of order, latencies, policies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookKind } from '../../src/core/instrument-def.ts';
import { checkRun, runVenue, type VenueRun } from '../support/venue-properties.ts';

const SEED = 90210;

for (const bookKind of [BookKind.L3, BookKind.L2]) {
  for (let seed = SEED; seed < SEED + 4; seed++) {
    test(`L${bookKind}: arrival, quantities, limits, order of fills and ends hold (seed ${seed})`, (t) => {
      const first = runVenue(seed, bookKind, false);
      const counts = checkRun(first, bookKind);
      t.diagnostic(JSON.stringify(counts));
      assert.ok(counts.Trade > 50 && counts.New > 150);
      const again = runVenue(seed, bookKind, true);
      const plain = ({ reports }: VenueRun) => reports.map(({ causeSeq, atNs, ...rest }) => rest);
      assert.deepEqual(plain(again), plain(first), 'the same, however time passes');
      assert.equal(again.hash, first.hash);
    });
  }
}
