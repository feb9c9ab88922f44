import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { Prng } from '../../src/core/prng.ts';
import { CovarianceBook } from '../../src/portfolio/live/covariance-book.ts';
import type { RiskBook } from '../../src/portfolio/live/risk-book.ts';
import { ScenarioBook } from '../../src/portfolio/live/scenario-book.ts';
import { Tail } from '../../src/portfolio/live/tail.ts';

const INSTRUMENTS = 50;
const SCENARIOS = 200;
const CHANGES = 30_000;
/** One number of 16 bytes a change would be half a megabyte. */
const MOST_BYTES = 200_000;
const MOST_ROUNDS = 40;

// Compiled here and at once: what the compiler's own thread makes, and when, depends on how busy the machine is.
setFlagsFromString('--no-concurrent-recompilation');

function work(book: RiskBook, sizes: Float64Array): void {
  const values = new Float64Array(2);
  for (let k = 0; k < CHANGES; k++) {
    values[0] = sizes[k % sizes.length];
    book.change((k * 7) % INSTRUMENTS, values, 0);
    book.whatIf((k * 11) % INSTRUMENTS, values, 0);
  }
}

test('keeping VaR up to date, and asking what an order would change, allocate nothing', (t) => {
  const seed = 29;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const returns = new Float64Array(INSTRUMENTS * SCENARIOS).map(() => prng.unit() - 0.5);
  const covariance = new Float64Array(INSTRUMENTS ** 2).map((_, at) => (at % (INSTRUMENTS + 1) === 0 ? 1e-4 : 1e-5));
  const books: readonly RiskBook[] = [
    new ScenarioBook({ instruments: INSTRUMENTS, scenarios: SCENARIOS, returns }, () => new Tail(SCENARIOS, 0.05)),
    new CovarianceBook({
      instruments: INSTRUMENTS,
      means: new Float64Array(INSTRUMENTS),
      covariance,
      varDeviations: 2,
      esDeviations: 3,
    }),
  ];
  const sizes = new Float64Array(997).map(() => (prng.unit() - 0.5) * 1e6);
  for (const book of books) {
    // Rounds until two in a row allocate nothing: code is compiled on the way. One in which a collection came shows nothing.
    const grown: number[] = [];
    let quiet = 0;
    for (let round = 0; round < MOST_ROUNDS && quiet < 2; round++) {
      const before = process.memoryUsage().heapUsed;
      work(book, sizes);
      grown.push(process.memoryUsage().heapUsed - before);
      const bytes = grown[round];
      if (bytes >= 0) quiet = bytes < MOST_BYTES ? quiet + 1 : 0;
    }
    assert.ok(quiet === 2, `${book.constructor.name}: ${grown.join(', ')} bytes`);
  }
});
