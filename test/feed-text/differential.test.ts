import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { fuzzDecoder } from '../support/decoder-fuzz.ts';
import { FUZZ_CASES } from '../support/fuzz-cases.ts';

const FRAMES = 5_000;

for (const [name, fuzz] of Object.entries(FUZZ_CASES)) {
  test(`${name}: 20,000 damaged frames give what a slow decoder gives, or are refused, or leave the book stale`, (t) => {
    const seed = randomInt(2 ** 32);
    t.diagnostic(`seed ${seed}`);
    const { same, refused, stale } = fuzzDecoder(fuzz, FRAMES, seed);
    t.diagnostic(`${same} the same, ${refused} refused, ${stale} stale`);
    assert.equal(same + refused + stale, FRAMES);
    assert.ok(same > FRAMES / 20 && refused > FRAMES / 20, 'both happen often');
  });
}
