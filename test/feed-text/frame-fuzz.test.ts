import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzFrames } from '../support/frame-fuzz.ts';
import { FUZZ_SUBJECTS } from '../support/fuzz-subjects.ts';

const SEED = Number(process.env.SEED ?? 1);
const DAMAGED = Number(process.env.DAMAGED ?? 5_000);

for (const [venue, subject] of Object.entries(FUZZ_SUBJECTS)) {
  test(`${venue}: ${DAMAGED} damaged frames give what a slow reference finds, or are refused (seed ${SEED})`, (t) => {
    const counts = fuzzFrames(subject, SEED, DAMAGED);
    t.diagnostic(JSON.stringify(counts));
    // Otherwise the comparison would say little.
    assert.ok(counts.equal > DAMAGED / 5, `${counts.equal} of ${counts.damaged} damaged frames were taken`);
    assert.ok(counts.refused < DAMAGED / 3, `${counts.refused} well-formed frames refused`);
    assert.ok(
      counts.givenUp + counts.ambiguous < DAMAGED / 100,
      `${counts.givenUp} given up, ${counts.ambiguous} ambiguous`,
    );
  });
}
