import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/core/prng.ts';
import { sessionBase } from '../../../src/core/time.ts';
import { Budget } from '../../../src/feed/live/budget.ts';
import { retryAfterMs } from '../../../src/feed/live/connection.ts';
import {
  CONNECT_TIMEOUT_MS,
  ConnectionState,
  FIRST_DELAY_MS,
  MAX_DELAY_MS,
  STABLE_MS,
} from '../../../src/feed/live/connection-state.ts';
import { LiveClock } from '../../../src/feed/live/live-clock.ts';
import type { LiveRules } from '../../../src/feed/live/protocol.ts';
import { ResyncPlan } from '../../../src/feed/live/resync.ts';

const RULES: LiveRules = {
  connects: { count: 3, windowMs: 1_000 },
  sends: { count: 5, windowMs: 1_000 },
  rest: { weight: 100, windowMs: 60_000 },
  maxAgeMs: 1_000_000,
  silenceMs: 10_000,
  ping: { everyMs: 3_000, text: '' },
};

test('the first attempt is due at once, and given up when it takes too long', () => {
  const state = new ConnectionState(RULES, () => 0.5, 100);
  assert.equal(state.step(100), 'connect');
  state.connecting(100);
  assert.equal(state.step(100 + CONNECT_TIMEOUT_MS - 1), 'wait');
  assert.equal(state.wakeAt(), 100 + CONNECT_TIMEOUT_MS);
  assert.equal(state.step(100 + CONNECT_TIMEOUT_MS), 'give-up');
});

test('delays are uniform below a bound that doubles up to the cap, and start anew after a stable minute', () => {
  const bounds: number[] = [];
  const state = new ConnectionState(RULES, () => 1, 0);
  let now = 0;
  for (let i = 0; i < 12; i++) {
    state.connecting(now);
    bounds.push(state.closed(now));
    now += bounds[i];
    assert.equal(state.step(now - 1), 'wait');
    assert.equal(state.step(now), 'connect');
  }
  assert.deepEqual(
    bounds,
    Array.from({ length: 12 }, (_, i) => Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (i + 1))),
  );
  state.connecting(now);
  state.opened(now);
  assert.equal(state.closed(now + STABLE_MS), FIRST_DELAY_MS);

  const prng = new Prng(5);
  const jittered = new ConnectionState(RULES, () => prng.unit(), 0);
  const delays = Array.from({ length: 2_000 }, () => {
    jittered.attempts = 4;
    return jittered.closed(0) / (FIRST_DELAY_MS * 16);
  });
  const mean = delays.reduce((a, b) => a + b) / delays.length;
  assert.ok(Math.min(...delays) < 0.01 && Math.max(...delays) > 0.99 && Math.abs(mean - 0.5) < 0.03, `mean ${mean}`);
});

test('what the venue asks for is the least delay', () => {
  const state = new ConnectionState(RULES, () => 0, 0);
  state.connecting(0);
  assert.equal(state.closed(0, 7_000), 7_000);
  assert.equal(state.step(6_999), 'wait');
  assert.deepEqual(
    [retryAfterMs('3', 429), retryAfterMs(null, 429), retryAfterMs(undefined, 418), retryAfterMs(null, 503)],
    [3_000, 60_000, 60_000, 0],
  );
});

test('a quiet line is pinged, a silent one is given up, and anything heard puts that off', () => {
  const state = new ConnectionState(RULES, () => 0.5, 0);
  state.connecting(0);
  state.opened(0);
  assert.equal(state.wakeAt(), 3_000);
  assert.equal(state.step(3_000), 'ping');
  state.pinged(3_000);
  assert.equal(state.step(5_999), 'wait');
  assert.equal(state.step(6_000), 'ping');
  state.pinged(6_000);
  state.heard(6_500);
  assert.equal(state.step(10_000), 'ping');
  state.pinged(10_000);
  assert.equal(state.step(16_500), 'silent');
});

test('streams that bring nothing are given up though pings are answered, each time after twice as long', () => {
  const rules = { ...RULES, ping: null, quietMs: 5_000, silenceMs: 1e9 };
  const state = new ConnectionState(rules, () => 0, 0);
  let now = 0;
  const quietFor = (): number => {
    state.connecting(now);
    state.opened(now);
    const openedAt = now;
    for (;;) {
      now += 100;
      state.heard(now);
      if (state.step(now) === 'silent') break;
    }
    state.closed(now);
    return now - openedAt;
  };
  assert.deepEqual([quietFor(), quietFor(), quietFor()], [5_000, 10_000, 20_000]);
  for (let i = 0; i < 5; i++) quietFor();
  assert.equal(quietFor(), 80_000);
  state.connecting(now);
  state.opened(now);
  state.broughtData(now + 1_000);
  assert.equal(state.step(now + 5_900), 'wait');
  assert.equal(state.step(now + 6_000), 'silent');
});

test('a connection is replaced once, at 95 to 100 % of its greatest age', () => {
  const prng = new Prng(9);
  for (let i = 0; i < 50; i++) {
    const state = new ConnectionState({ ...RULES, ping: null }, () => prng.unit(), 0);
    state.connecting(0);
    state.opened(0);
    let at = 0;
    while (state.step(at) !== 'replace') {
      state.heard(at);
      at += 500;
      assert.ok(at <= RULES.maxAgeMs + 500, `never: ${at}`);
    }
    assert.ok(at >= 0.95 * RULES.maxAgeMs);
    assert.equal(state.step(at), 'wait');
  }
});

test('a budget lets through what its window allows, never more: against a naive twin', () => {
  const prng = new Prng(21);
  const budget = new Budget(10, 1_000);
  const spent: { at: number; weight: number }[] = [];
  let now = 0;
  let waits = 0;
  for (let i = 0; i < 5_000; i++) {
    now += prng.below(200);
    const weight = 1 + prng.below(4);
    const used = spent.filter((one) => one.at > now - 1_000).reduce((sum, one) => sum + one.weight, 0);
    const wait = budget.waitMs(now, weight);
    assert.equal(wait === 0, used + weight <= 10, `at ${now}: ${used} + ${weight}`);
    if (wait > 0) {
      waits++;
      const then = spent.filter((one) => one.at > now + wait - 1_000).reduce((sum, one) => sum + one.weight, 0);
      assert.ok(then + weight <= 10, 'after the wait there is room');
      continue;
    }
    budget.spend(now, weight);
    spent.push({ at: now, weight });
  }
  assert.ok(waits > 100);
  budget.block(now + 5_000);
  assert.equal(budget.waitMs(now + 1_000), 4_000);
});

test('a book is asked for at once, then ever more rarely, until it is live', () => {
  const plan = new ResyncPlan(() => 1);
  plan.want('A', 0);
  plan.want('B', 0, 5_000);
  assert.equal(plan.next(0), 'A');
  plan.asked('A', 0, Number.POSITIVE_INFINITY);
  assert.equal(plan.next(4_999), null, 'a request is under way');
  plan.answered('A', 100);
  assert.equal(plan.next(599), null);
  assert.equal(plan.next(600), 'A');
  plan.asked('A', 600, 1_000);
  assert.equal(plan.next(2_599), null);
  assert.equal(plan.next(2_600), 'A');
  plan.settle((symbol) => symbol === 'A');
  assert.deepEqual(plan.symbols, ['B']);
  assert.equal(plan.next(5_000), 'B');
  plan.afresh(6_000, 1_000);
  assert.equal(plan.next(6_999), null);
});

test('receive times never go back, whatever the clocks do', () => {
  let monotonic = 1_000;
  let wall = 86_400_000_000_000n + 5_000n;
  const clock = new LiveClock(
    sessionBase(86_400_000_000_000n),
    () => wall,
    () => monotonic,
  );
  assert.equal(clock.now(), 5_000);
  wall = 0n; // someone sets the wall clock
  monotonic = 1_500;
  assert.equal(clock.now(), 5_500);
  monotonic = 1_200;
  assert.equal(clock.now(), 5_500);
  monotonic = 1_600;
  assert.equal(clock.now(), 5_600);
});
