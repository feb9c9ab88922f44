import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { NO_PREVIOUS } from '../../src/feed/sequencer.ts';
import { HOLD_NS, Offer, Redundancy, type StreamLines } from '../../src/feed/text/redundancy.ts';
import { bestOf } from '../support/naive-lines.ts';

const NOTHING = new Uint8Array(0);

/** What a decoder does with the messages of one stream; what it takes, in order. */
class Taker {
  readonly all = new Redundancy();
  readonly taken: number[] = [];
  now = 0;
  private readonly stream: StreamLines = this.all.stream();

  constructor(lines: number) {
    for (let line = 0; line < lines; line++) this.all.lineUp(line);
  }

  bring(line: number, first: number, final = first, previous = NO_PREVIOUS): void {
    const offer = this.stream.offer(line, first, final, previous);
    if (offer === Offer.Take) this.taken.push(final);
    if (offer === Offer.Hold) this.stream.hold(NOTHING, 0, 0, line, first, final, previous, this.now);
    this.release();
  }

  release(): void {
    for (let one = this.stream.nextReady(this.now); one !== null; one = this.stream.nextReady(this.now)) {
      this.taken.push(one.final);
    }
  }
}

test('the first arrival wins, whichever line it comes on', () => {
  const taker = new Taker(2);
  for (const line of [0, 1]) taker.bring(line, 1);
  for (const line of [1, 0]) taker.bring(line, 2);
  assert.deepEqual(taker.taken, [1, 2]);
  assert.equal(taker.all.redundant, 2);
  taker.bring(0, 2);
  assert.deepEqual([taker.all.redundant, taker.all.repeated], [2, 1], 'its own line had brought it');
});

test('what one line lost the other fills in, and what waited for it follows', () => {
  const taker = new Taker(2);
  taker.bring(0, 1);
  taker.bring(0, 3);
  taker.bring(0, 4);
  assert.deepEqual(taker.taken, [1]);
  for (const id of [1, 2, 3, 4]) taker.bring(1, id);
  assert.deepEqual(taker.taken, [1, 2, 3, 4]);
  assert.deepEqual([taker.all.lost, taker.all.filled, taker.all.holding], [0, 1, 0]);
});

test('a hole is a hole when both lines have gone past it: only what both lost', () => {
  const taker = new Taker(2);
  for (const line of [0, 1]) taker.bring(line, 1);
  taker.bring(0, 8); // 2 to 7 are missing on this line
  taker.bring(1, 5); // 2 to 4 on that one
  assert.deepEqual(taker.taken, [1, 5]);
  taker.bring(1, 6);
  taker.bring(1, 7);
  assert.deepEqual(taker.taken, [1, 5, 6, 7, 8]);
  assert.equal(taker.all.lost, 1);
});

test('a line that says nothing holds nothing up for longer than the bound', () => {
  const taker = new Taker(2);
  taker.bring(0, 1);
  taker.bring(0, 3);
  taker.now = HOLD_NS;
  taker.release();
  assert.deepEqual(taker.taken, [1]);
  taker.now++;
  taker.release();
  assert.deepEqual(taker.taken, [1, 3]);
  assert.equal(taker.all.lost, 1);
});

test('with one line up nothing is held; a line that goes down lets go of what waited for it', () => {
  const taker = new Taker(2);
  taker.bring(0, 1);
  taker.bring(0, 3);
  taker.all.lineDown(1);
  taker.release();
  assert.deepEqual(taker.taken, [1, 3]);
  taker.bring(0, 5);
  assert.deepEqual(taker.taken, [1, 3, 5]);
});

test('messages that name their predecessor are next by it alone, if their numbers start anew as well', () => {
  const taker = new Taker(2);
  for (const line of [0, 1]) {
    taker.bring(line, 10, 12, 9);
    taker.bring(line, 13, 15, 12);
    taker.bring(line, 1, 3, 15);
    taker.bring(line, 4, 4, 3);
  }
  assert.deepEqual(taker.taken, [12, 15, 3, 4]);
  assert.equal(taker.all.redundant + taker.all.repeated, 4);
});

test('two lines that lose 1 % each, 100,000 messages: none twice, none out of order, lost only what both lost', () => {
  for (const seed of [1, 2, 3]) {
    const prng = new Prng(seed);
    const lines = [0, 1].map(() => {
      const kept: number[] = [];
      for (let id = 1; id <= 100_000; id++) if (prng.below(100) !== 0) kept.push(id);
      return kept;
    });
    const taker = new Taker(2);
    const at = [0, 0];
    while (at[0] < lines[0].length || at[1] < lines[1].length) {
      // in runs, so that either line is ahead by a good deal now and then, and by 500 at most
      const lead = at[0] - at[1];
      const line = Math.abs(lead) > 500 ? (lead > 0 ? 1 : 0) : prng.below(2);
      for (let run = prng.below(20); run >= 0 && at[line] < lines[line].length; run--) {
        taker.bring(line, lines[line][at[line]++]);
      }
      taker.now += 1_000;
    }
    taker.now += 2 * HOLD_NS;
    taker.release();
    const best = bestOf(lines);
    const at0 = taker.taken.findIndex((id, i) => id !== best[i]);
    assert.equal(at0, -1, `seed ${seed}: ${taker.taken.slice(at0 - 2, at0 + 3)} for ${best.slice(at0 - 2, at0 + 3)}`);
    assert.equal(taker.taken.length, best.length);
    assert.ok(taker.all.lost > 0 && taker.all.filled > 500, `seed ${seed}`);
  }
});
