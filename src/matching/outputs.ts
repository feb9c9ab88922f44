/**
 * What a matching book has to say, in the order it happened: 48 bytes each, one behind the other in memory. Whoever drives
 * the book reads them after each request, or after many, and then calls `clear`; until then they are kept, and the memory
 * grows.
 *
 *   int 0  ExecType               word 2  price, ticks: of the trade, else of the order
 *   int 1  RejectCode             word 3  lots: traded; New and Replaced: the whole order; Restated: displayed now
 *   int 2  OrderID; the taker's   word 4  leaves of it, lots
 *   int 3  maker's OrderID, or 0  word 5  leaves of the maker, lots
 */
import { widened } from '../core/widened.ts';

export const OUTPUT_WORDS = 6;

/** Int32 words of an output. */
export const OUT_KIND = 0;
export const OUT_CODE = 1;
export const OUT_ORDER = 2;
export const OUT_MAKER = 3;
/** Float64 words of an output. */
export const OUT_PRICE = 2;
export const OUT_QTY = 3;
export const OUT_LEAVES = 4;
export const OUT_MAKER_LEAVES = 5;

// Not the exported ones: see match-book.ts.
const WORDS: typeof OUTPUT_WORDS = 6;
const KIND: typeof OUT_KIND = 0;
const CODE: typeof OUT_CODE = 1;
const ORDER: typeof OUT_ORDER = 2;
const MAKER: typeof OUT_MAKER = 3;

export class Outputs {
  declare f64: Float64Array;
  declare i32: Int32Array;
  /** Float64 words in use. */
  words = 0;

  constructor(capacity: number) {
    this.f64 = new Float64Array(capacity * WORDS);
    this.i32 = new Int32Array(this.f64.buffer);
  }

  get count(): number {
    return this.words / WORDS;
  }

  clear(): void {
    this.words = 0;
  }

  /** One more; returns its first Float64 word. The caller writes words 2 to 5. */
  add(kind: number, code: number, orderId: number, makerId: number): number {
    const w = this.words;
    if (w === this.f64.length) this.enlarge();
    this.words = w + WORDS;
    const { i32 } = this;
    i32[w * 2 + KIND] = kind;
    i32[w * 2 + CODE] = code;
    i32[w * 2 + ORDER] = orderId;
    i32[w * 2 + MAKER] = makerId;
    return w;
  }

  private enlarge(): void {
    this.f64 = widened(this.f64);
    this.i32 = new Int32Array(this.f64.buffer);
  }
}
