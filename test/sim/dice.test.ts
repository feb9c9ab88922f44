import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dice } from '../../src/sim/dice.ts';

/** Mean and variance of 200,000 draws of a fixed seed. */
function moments(draw: (dice: Dice) => number): { mean: number; variance: number } {
  const dice = new Dice(11);
  let sum = 0;
  let squares = 0;
  const n = 200_000;
  for (let i = 0; i < n; i++) {
    const value = draw(dice);
    sum += value;
    squares += value * value;
  }
  return { mean: sum / n, variance: squares / n - (sum / n) ** 2 };
}

test('the exponential variate has mean 1 and variance 1', () => {
  const { mean, variance } = moments((dice) => dice.exponential());
  assert.ok(Math.abs(mean - 1) < 0.01, String(mean));
  assert.ok(Math.abs(variance - 1) < 0.03, String(variance));
});

test('the normal variate has mean 0 and variance 1', () => {
  const { mean, variance } = moments((dice) => dice.gaussian());
  assert.ok(Math.abs(mean) < 0.01, String(mean));
  assert.ok(Math.abs(variance - 1) < 0.02, String(variance));
});

test('the tail variate is at least 0, at most its cap, and reaches it', () => {
  const dice = new Dice(3);
  let highest = 0;
  for (let i = 0; i < 100_000; i++) {
    const value = dice.tail(5, 200);
    assert.ok(Number.isInteger(value) && value >= 0 && value <= 200);
    if (value > highest) highest = value;
  }
  assert.equal(highest, 200);
});
