/** The soak fails where a figure grows beyond doubt, and only there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { grows, slopeOf } from '../support/memory-series.ts';

/** `looks` every ten seconds: a level, growth a minute, noise; `memory`: how much of the noise stays. */
function series(random: Prng, looks: number, perMinute: number, noise: number, memory = 0): number[] {
  let rest = 0;
  return Array.from({ length: looks }, (_, i) => {
    rest = memory * rest + noise * (random.unit() - 0.5);
    return 200 + (perMinute * i) / 6 + rest;
  });
}

test('a straight line has its slope, without doubt', () => {
  const { perMinute, within } = slopeOf(
    Array.from({ length: 30 }, (_, i) => 5 + i),
    10,
  );
  assert.ok(Math.abs(perMinute - 6) < 1e-9 && within < 1e-6);
});

test('what leaks is found in noise; what only wanders, or found its size at first, is not', () => {
  const random = new Prng(3);
  let [found, wrong] = [0, 0];
  for (let i = 0; i < 200; i++) {
    if (grows(slopeOf(series(random, 54, 10, 20), 10), 3)) found++;
    if (grows(slopeOf(series(random, 54, 0, 20, 0.8), 10), 3)) wrong++;
  }
  assert.equal(found, 200);
  assert.ok(wrong <= 4, `${wrong} of 200 without a leak`);
  assert.equal(
    grows(
      slopeOf(
        Array.from({ length: 54 }, (_, i) => 200 + Math.min(i, 3)),
        10,
      ),
      3,
    ),
    false,
  );
});
