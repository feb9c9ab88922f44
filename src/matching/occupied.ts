/**
 * Which of 32,768 places are occupied, and which is the highest: three tiers of bits, 32 to one. Every operation looks at
 * three words at most, wherever the next occupied place is.
 */
export const PLACES = 32_768;

/** Not the exported one: see match-book.ts. */
const COUNT: typeof PLACES = 32_768;

export class Occupied {
  private readonly low = new Int32Array(COUNT >> 5);
  private readonly middle = new Int32Array(COUNT >> 10);
  private top = 0;

  set(place: number): void {
    this.low[place >> 5] |= 1 << (place & 31);
    this.middle[place >> 10] |= 1 << ((place >> 5) & 31);
    this.top |= 1 << (place >> 10);
  }

  clear(place: number): void {
    const { low, middle } = this;
    const word = low[place >> 5] & ~(1 << (place & 31));
    low[place >> 5] = word;
    if (word !== 0) return;
    const above = middle[place >> 10] & ~(1 << ((place >> 5) & 31));
    middle[place >> 10] = above;
    if (above === 0) this.top &= ~(1 << (place >> 10));
  }

  has(place: number): boolean {
    return (this.low[place >> 5] & (1 << (place & 31))) !== 0;
  }

  /** -1 when nothing is occupied. */
  highest(): number {
    return this.top === 0 ? -1 : this.highestIn(31 - Math.clz32(this.top));
  }

  /** The highest occupied place below `place`, or -1. */
  highestBelow(place: number): number {
    const { low, middle } = this;
    const l = place >> 5;
    const inWord = place < COUNT ? low[l] & bitsBelow(place) : 0;
    if (inWord !== 0) return (l << 5) | (31 - Math.clz32(inWord));
    const m = l >> 5;
    const words = place < COUNT ? middle[m] & bitsBelow(l) : 0;
    if (words !== 0) return this.highestInWord((m << 5) | (31 - Math.clz32(words)));
    const blocks = m < 32 ? this.top & bitsBelow(m) : this.top;
    return blocks === 0 ? -1 : this.highestIn(31 - Math.clz32(blocks));
  }

  private highestIn(block: number): number {
    return this.highestInWord((block << 5) | (31 - Math.clz32(this.middle[block])));
  }

  private highestInWord(word: number): number {
    return (word << 5) | (31 - Math.clz32(this.low[word]));
  }
}

/** The bits below bit `n & 31`. */
function bitsBelow(n: number): number {
  return (1 << (n & 31)) - 1;
}
