/**
 * Where the ladders (ladders.ts) lie: one arena, seen as float64 and as int32. Each part is named by its first f64 word:
 *
 *   head, 4 words a side (both sides of an instrument are one cache line):
 *     f64 0-1  key and qty of the touch, 0 and 0 where the side is empty
 *     i32 4-7  steps, end of the steps in use, end of their segment, BookKind of the instrument | TOUCH_MOVED
 *   step, 2 words a level: the levels of a side in the order of their keys, the touch last
 *     f64 0    key          i32 2  level          i32 3  0
 *   level, 4 words, which stays where it is until it is removed:
 *     f64 0-1  key, qty     i32 4  orders         i32 5  side         f64 3  anonymous qty (part of qty)
 *
 * Segments of steps have power-of-two sizes; a full one is left for one of twice the size, and reused for another side.
 * After warm-up nothing is allocated.
 *
 * One arena, because each further typed array that a function uses costs it four loads and a check.
 */
import { assert } from '../core/assert.ts';
import { tableBuffer } from './memory.ts';

const HEAD_WORDS = 4;
export const TOUCH_KEY = 0;
export const TOUCH_QTY = 1;
export const STEPS = 4;
export const END = 5;
export const LIMIT = 6;
export const KIND = 7;
export const TOUCH_MOVED = 1 << 8;

export const STEP_WORDS = 2;
export const STEP_LEVEL = 2;

const LEVEL_WORDS = 4;
export const QTY = 1;
export const ANONYMOUS = 3;
export const ORDERS = 4;
export const SIDE = 5;

/** Words of a side's first segment: 8 steps. */
const FIRST_SEGMENT = 16;
const MAX_CLASS = 28;
const MIN_INSTRUMENTS = 16;

export const NO_LEVEL = -1;

export class LadderMemory {
  f64: Float64Array;
  i32: Int32Array;
  /** Levels in use, all sides. */
  size = 0;
  /** Instruments there is room for. */
  protected instruments = 0;
  protected heads = 0;
  private used = 0;
  protected levelsMade = 0;
  /** Removed levels; each links to the next through its `orders`. */
  protected freeLevel = NO_LEVEL;
  /** Freed segments by log2 of their words; each links to the next through its first level. */
  private readonly freeSegments = new Int32Array(MAX_CLASS + 1).fill(-1);

  constructor(expectedLevels = 1 << 10) {
    const buffer = tableBuffer((expectedLevels * 8 + MIN_INSTRUMENTS * 2 * HEAD_WORDS) * 8);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.ensureInstruments(MIN_INSTRUMENTS);
  }

  /** Makes room for instruments 0 .. count-1. */
  ensureInstruments(count: number): void {
    if (count <= this.instruments) return;
    const instruments = Math.max(count, this.instruments * 2);
    const heads = this.take(instruments * 2 * HEAD_WORDS);
    this.f64.copyWithin(heads, this.heads, this.heads + this.instruments * 2 * HEAD_WORDS);
    this.f64.fill(0, heads + this.instruments * 2 * HEAD_WORDS, heads + instruments * 2 * HEAD_WORDS);
    this.heads = heads;
    this.instruments = instruments;
  }

  /** BookKind of a defined instrument, else 0. */
  kindOf(instrument: number): number {
    return instrument < this.instruments ? this.i32[this.head(instrument * 2) * 2 + KIND] & 0xff : 0;
  }

  setKind(instrument: number, kind: number): void {
    this.i32[this.head(instrument * 2) * 2 + KIND] = kind;
  }

  /** First word of a side's head. */
  head(side: number): number {
    return this.heads + (side << 2);
  }

  protected reuseLevel(): number {
    const level = this.freeLevel;
    this.freeLevel = this.i32[level * 2 + ORDERS];
    this.size++;
    return level;
  }

  protected makeLevel(): number {
    this.levelsMade++;
    this.size++;
    return this.take(LEVEL_WORDS);
  }

  protected release(level: number): void {
    this.size--;
    this.i32[level * 2 + ORDERS] = this.freeLevel;
    this.freeLevel = level;
  }

  /** Moves a full side to a segment of twice the size. */
  protected enlarge(side: number): void {
    const from = this.i32[this.head(side) * 2 + STEPS];
    const words = this.i32[this.head(side) * 2 + LIMIT] - from;
    const to = this.takeSegment(words === 0 ? FIRST_SEGMENT : words * 2);
    const { f64, i32 } = this;
    if (words > 0) {
      f64.copyWithin(to, from, from + words);
      const sizeClass = Math.log2(words);
      i32[from * 2 + STEP_LEVEL] = this.freeSegments[sizeClass];
      this.freeSegments[sizeClass] = from;
    }
    const h = this.head(side) * 2;
    i32[h + STEPS] = to;
    i32[h + END] = to + words;
    i32[h + LIMIT] = to + (words === 0 ? FIRST_SEGMENT : words * 2);
  }

  private takeSegment(words: number): number {
    const sizeClass = Math.log2(words);
    assert(sizeClass <= MAX_CLASS, 'levels of a side fit a segment');
    const free = this.freeSegments[sizeClass];
    if (free < 0) return this.take(words);
    this.freeSegments[sizeClass] = this.i32[free * 2 + STEP_LEVEL];
    return free;
  }

  /** Words of the arena never used before; doubles it where they are not there. Aligned to a cache line from 8 words on. */
  private take(words: number): number {
    const at = words >= 8 ? (this.used + 7) & ~7 : this.used;
    this.used = at + words;
    let length = this.f64.length;
    while (length < this.used) length *= 2;
    if (length > this.f64.length) {
      const buffer = tableBuffer(length * 8);
      const f64 = new Float64Array(buffer);
      f64.set(this.f64);
      this.f64 = f64;
      this.i32 = new Int32Array(buffer);
    }
    return at;
  }
}
