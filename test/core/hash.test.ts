/** The state hash against the same sum in BigInt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fnv64 } from '../../src/core/hash.ts';
import { Prng } from '../../src/core/prng.ts';

class NaiveFnv64 {
  value = 0xcbf29ce484222325n;

  word(value: bigint): void {
    this.value = BigInt.asUintN(64, (this.value ^ BigInt.asUintN(32, value)) * 0x100000001b3n);
  }

  integer(value: number): void {
    const bits = BigInt.asUintN(64, BigInt(value));
    this.word(bits);
    this.word(bits >> 32n);
  }
}

test('words of any value fold in as in 64-bit arithmetic', () => {
  const seed = 7;
  const prng = new Prng(seed);
  const hash = new Fnv64();
  const naive = new NaiveFnv64();
  for (let i = 0; i < 20_000; i++) {
    const word = prng.below(8) === 0 ? [0, 1, 0xffffffff, 0x80000000][prng.below(4)] : prng.u32();
    hash.word(word);
    naive.word(BigInt(word));
    assert.equal(hash.hex(), naive.value.toString(16).padStart(16, '0'), `seed ${seed}, word ${i}`);
  }
  assert.equal((BigInt(hash.hi) << 32n) + BigInt(hash.lo), naive.value);
});

test('integers fold in as two words of their 64-bit form, negative ones and those beyond 32 bits too', () => {
  const edges = [
    0,
    -0,
    1,
    -1,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 32,
    -(2 ** 32),
    2 ** 53 - 1,
    1 - 2 ** 53,
  ];
  const hash = new Fnv64();
  const naive = new NaiveFnv64();
  for (const value of edges) {
    hash.integer(value);
    naive.integer(value);
    assert.equal(hash.hex(), naive.value.toString(16).padStart(16, '0'), String(value));
  }
});

test('a hash that was reset is a new one', () => {
  const hash = new Fnv64();
  hash.word(5);
  hash.reset();
  assert.equal(hash.hex(), 'cbf29ce484222325');
});
