/**
 * Orders by UUID, for venues that call their orders so (Coinbase): a UUID's 128 bits lead to the order's number, which
 * events carry, its price and what rests of it. Exact: all 128 bits are compared, so two orders are never taken for one.
 *
 * Open addressing with linear probing and backward-shift deletion, at most half full; columns are typed arrays, so
 * nothing is allocated but when the table doubles. Expected cost of every operation is O(1). A slot is good until the
 * next `add` or `remove`.
 */
import { assert } from '../../core/assert.ts';
import { hexDigit } from './json-text.ts';

const FIRST_CAPACITY = 1 << 10;
const UUID_LENGTH = 36;
const DASH = 0x2d;
/** Where the dashes stand in 8-4-4-4-12. */
const DASHES = [8, 13, 18, 23];

export class OrderIds {
  count = 0;
  /** By slot: the order's number, 0 where the slot is free, ... */
  number = new Float64Array(FIRST_CAPACITY);
  /** ... what rests of it, ... */
  resting = new Float64Array(FIRST_CAPACITY);
  /** ... and its price. Both in the units of whoever keeps them. */
  price = new Float64Array(FIRST_CAPACITY);
  private words = new Int32Array(FIRST_CAPACITY * 4);
  private mask = FIRST_CAPACITY - 1;
  /** The UUID that was read last. */
  private readonly key = new Int32Array(4);

  clear(): void {
    this.count = 0;
    this.number.fill(0);
  }

  /** Reads the UUID bytes[from, to), hex digits of either case; false where it is none. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from !== UUID_LENGTH) return false;
    for (const dash of DASHES) if (bytes[from + dash] !== DASH) return false;
    const { key } = this;
    let digits = 0;
    let word = 0;
    let bad = 0;
    for (let p = from; p < to; p++) {
      if (bytes[p] === DASH && DASHES.includes(p - from)) continue;
      const digit = hexDigit(bytes[p]);
      bad |= digit;
      word = (word << 4) | (digit & 15);
      digits++;
      if ((digits & 7) === 0) key[(digits >> 3) - 1] = word;
    }
    return bad >= 0;
  }

  /** Slot of the UUID that was read, or -1. */
  find(): number {
    const { key, words, number, mask } = this;
    for (let slot = hash(key, 0) & mask; number[slot] !== 0; slot = (slot + 1) & mask) {
      const w = slot * 4;
      if (words[w] === key[0] && words[w + 1] === key[1] && words[w + 2] === key[2] && words[w + 3] === key[3]) {
        return slot;
      }
    }
    return -1;
  }

  /** Adds the UUID that was read and is not there yet, with the number in numbers[i]; returns its slot. */
  add(numbers: Float64Array, i: number): number {
    if ((this.count + 1) * 2 > this.number.length) this.grow();
    assert(numbers[i] > 0, 'numbers of orders begin with 1');
    this.count++;
    const slot = this.free(this.key, 0);
    this.words.set(this.key, slot * 4);
    this.number[slot] = numbers[i];
    this.resting[slot] = 0;
    this.price[slot] = 0;
    return slot;
  }

  remove(slot: number): void {
    const { words, number, resting, price, mask } = this;
    let hole = slot;
    for (let next = (hole + 1) & mask; number[next] !== 0; next = (next + 1) & mask) {
      const home = hash(words, next * 4) & mask;
      // An entry may move back into the hole unless its home lies behind the hole.
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      words.copyWithin(hole * 4, next * 4, next * 4 + 4);
      number[hole] = number[next];
      resting[hole] = resting[next];
      price[hole] = price[next];
      hole = next;
    }
    number[hole] = 0;
    this.count--;
  }

  /** The first free slot from the home of the key at words[w..]. */
  private free(words: Int32Array, w: number): number {
    let slot = hash(words, w) & this.mask;
    while (this.number[slot] !== 0) slot = (slot + 1) & this.mask;
    return slot;
  }

  private grow(): void {
    const { words, number, resting, price } = this;
    const capacity = number.length * 2;
    this.words = new Int32Array(capacity * 4);
    this.number = new Float64Array(capacity);
    this.resting = new Float64Array(capacity);
    this.price = new Float64Array(capacity);
    this.mask = capacity - 1;
    for (let old = 0; old < number.length; old++) {
      if (number[old] === 0) continue;
      const slot = this.free(words, old * 4);
      this.words.set(words.subarray(old * 4, old * 4 + 4), slot * 4);
      this.number[slot] = number[old];
      this.resting[slot] = resting[old];
      this.price[slot] = price[old];
    }
  }
}

function hash(words: Int32Array, w: number): number {
  let h = Math.imul(words[w] ^ (words[w + 1] >>> 15), 0x85ebca6b) ^ words[w + 1];
  h = Math.imul(h ^ (h >>> 13) ^ words[w + 2], 0xc2b2ae35) ^ words[w + 3];
  return Math.imul(h ^ (h >>> 16), 0x9e3779b1) >>> 7;
}
