/**
 * Where the ladders (ladders.ts) lie: one arena of heads, steps and levels (layout.ts), seen as float64 and as int32.
 *
 * Segments of steps have power-of-two sizes; a full one is left for one of twice the size, and reused for another side.
 * After warm-up nothing is allocated.
 *
 * One arena, because each further typed array that a function uses costs it four loads and a check.
 */
import { assert } from '../core/assert.ts';
import {
  C_ARENA,
  C_ARENA_USED,
  C_ARENA_WORDS,
  C_FREE_LEVEL,
  C_HEADS,
  C_LEVELS,
  C_LEVELS_MADE,
  C_SIDES,
  END,
  HEAD_WORDS,
  KIND,
  LEVEL_WORDS,
  LIMIT,
  NO_LEVEL,
  ORDERS,
  STEP_LEVEL,
  STEPS,
} from './layout.ts';
import type { TableMemory } from './memory.ts';

/** log2 of HEAD_WORDS. */
export const HEAD_SHIFT = 3;
/** Words of a side's first segment: 8 steps. */
const FIRST_SEGMENT = 16;
const MAX_CLASS = 28;
const MIN_INSTRUMENTS = 16;
/** The highest byte of a level's side is 0: the kernel counts on it. */
const MAX_INSTRUMENTS = 1 << 23;

export class LadderMemory {
  f64 = new Float64Array(0);
  i32 = new Int32Array(0);
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

  private readonly memory: TableMemory;
  /** Where the arena lies in the memory, and its length. */
  private at: number;
  private words: number;

  constructor(memory: TableMemory, expectedLevels = 1 << 10) {
    this.memory = memory;
    this.words = LadderMemory.bytesFor(expectedLevels) / 8;
    this.at = memory.take(this.words * 8);
    this.view();
    memory.onMove(() => this.view());
    this.take(LEVEL_WORDS); // level 0 belongs to nobody: what the kernel asks for when there is nothing to ask for
    this.ensureInstruments(MIN_INSTRUMENTS);
  }

  /** Bytes of memory that ladders take at first. */
  static bytesFor(expectedLevels: number): number {
    return (expectedLevels * 8 + (MIN_INSTRUMENTS + 1) * 2 * HEAD_WORDS) * 8;
  }

  /** Tells the kernel where the arena is and what is in use: see layout.ts. */
  store(control: Int32Array): void {
    control[C_ARENA] = this.at;
    control[C_HEADS] = this.heads;
    control[C_SIDES] = this.instruments * 2;
    control[C_ARENA_WORDS] = this.words;
    control[C_LEVELS] = this.size;
    control[C_LEVELS_MADE] = this.levelsMade;
    control[C_FREE_LEVEL] = this.freeLevel;
    control[C_ARENA_USED] = this.used;
  }

  /** Takes back what the kernel counted. */
  load(control: Int32Array): void {
    this.size = control[C_LEVELS];
    this.levelsMade = control[C_LEVELS_MADE];
    this.freeLevel = control[C_FREE_LEVEL];
    this.used = control[C_ARENA_USED];
  }

  /** Makes room for instruments 0 .. count-1. */
  ensureInstruments(count: number): void {
    if (count <= this.instruments) return;
    assert(count <= MAX_INSTRUMENTS, 'instruments fit the books');
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
    return this.heads + (side << HEAD_SHIFT);
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
    this.i32[free * 2 + STEP_LEVEL] = 0; // a level, if nobody's
    return free;
  }

  /** Words of the arena never used before; doubles it where they are not there. Aligned to a cache line from 8 words on. */
  private take(words: number): number {
    const at = words >= 8 ? (this.used + 7) & ~7 : this.used;
    this.used = at + words;
    if (this.used > this.words) this.grow();
    return at;
  }

  private grow(): void {
    const { memory, at } = this;
    let words = this.words;
    while (words < this.used) words *= 2;
    const to = memory.take(words * 8);
    new Uint8Array(memory.buffer).copyWithin(to, at, at + this.words * 8);
    memory.give(at, this.words * 8);
    this.at = to;
    this.words = words;
    this.view();
  }

  /** Looks at the memory as it is now. */
  private view(): void {
    this.f64 = new Float64Array(this.memory.buffer, this.at, this.words);
    this.i32 = new Int32Array(this.memory.buffer, this.at, this.words * 2);
  }
}
