import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fnv64 } from '../../src/core/hash.ts';
import { ExecType } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { Occupied, PLACES } from '../../src/matching/occupied.ts';
import { type MatchProfile, MatchTwins } from '../support/match-twins.ts';

const PROFILES: readonly [string, MatchProfile][] = [
  ['a deep book that hardly moves', { spread: 40, drift: 1, depth: 40, farOneIn: 1000 }],
  ['a thin book that drifts out of its window', { spread: 400, drift: 3000, depth: 12, farOneIn: 200 }],
  ['prices far apart', { spread: 60, drift: 5, depth: 60, farOneIn: 3 }],
];

for (const [name, profile] of PROFILES) {
  test(`a matching book does what its naive twin does: ${name}`, (t) => {
    const seed = Number(process.env.SEED ?? 7);
    t.diagnostic(`seed ${seed}`);
    const twins = new MatchTwins(seed, profile);
    for (let i = 0; i < 12_000; i++) {
      twins.step();
      if (i % 200 === 0) twins.compare();
    }
    twins.compare();
    for (const kind of [ExecType.Trade, ExecType.Triggered, ExecType.Restated, ExecType.Replaced, ExecType.Canceled]) {
      assert.ok((twins.kinds.get(kind) ?? 0) > 50, `outputs of kind ${kind}`);
    }
    assert.ok(twins.codes.size > 12, `${twins.codes.size} reasons met`);
  });
}

test('the same requests lead to the same hash, one more request to another', () => {
  const hashOf = (steps: number): string => {
    const twins = new MatchTwins(3, PROFILES[0][1]);
    for (let i = 0; i < steps; i++) twins.step();
    const hash = new Fnv64();
    twins.book.foldInto(hash);
    return hash.hex();
  };
  assert.equal(hashOf(2000), hashOf(2000));
  assert.notEqual(hashOf(2000), hashOf(1990));
});

test('the highest occupied place, and the next below any, are those of a plain set', () => {
  const random = new Prng(5);
  const occupied = new Occupied();
  const plain = new Set<number>();
  for (let i = 0; i < 3000; i++) {
    const place = random.below(4) === 0 ? [0, 31, 32, 1023, 1024, PLACES - 1][random.below(6)] : random.below(PLACES);
    if (plain.has(place) || (plain.size > 0 && random.below(2) === 0)) {
      const gone = plain.has(place) ? place : [...plain][random.below(plain.size)];
      occupied.clear(gone);
      plain.delete(gone);
    } else {
      occupied.set(place);
      plain.add(place);
    }
    const from = random.below(3) === 0 ? [0, 32, 1024, PLACES][random.below(4)] : random.below(PLACES + 1);
    assert.equal(occupied.highest(), Math.max(-1, ...plain));
    assert.equal(occupied.highestBelow(from), Math.max(-1, ...[...plain].filter((one) => one < from)));
    assert.equal(occupied.has(place), plain.has(place));
  }
});
