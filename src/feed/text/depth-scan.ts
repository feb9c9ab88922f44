/**
 * The usual Binance depth update by WebAssembly (depth-kernel.as.ts): the frame is copied into the kernel's memory, read
 * there, and what was found is in the fields here. All of a thread's decoders share one: what is in it is good until the
 * next frame. Frames that it does not read, and all of them where there is no WebAssembly, are left to the general path,
 * which comes to the same results.
 */
import { readFileSync } from 'node:fs';
import { assert } from '../../core/assert.ts';
import { Side } from '../../core/event.ts';
import { POW10 } from './decimal.ts';
import {
  EVENT_MS,
  FINAL_ID,
  FIRST_ID,
  FRAME_AT,
  MASKS_A_ROW,
  MASKS_AT,
  MEMORY_PAGES,
  MOST_BYTES,
  MOST_LEVELS,
  MOST_PRICE,
  MOST_QTY,
  PREVIOUS_ID,
  PRICE_DECIMALS,
  PRICES_AT,
  QTY_DECIMALS,
  QTYS_AT,
  RESULT_WORDS,
  SIDES_AT,
  SYMBOL_FROM,
  SYMBOL_TO,
  TEXT_SLOT,
  TEXTS_AT,
  UNHELD_PRICE,
  UNHELD_QTY,
  ZEROS_AT,
} from './depth-layout.ts';

/** By T_WRAPPER, ..., T_ASKS. */
const TEXTS = [
  '{"stream":"',
  '","data":',
  '{"e":"depthUpdat',
  'e","E":',
  ',"T":',
  ',"s":"',
  '","U":',
  ',"u":',
  ',"pu":',
  ',"b":',
  ',"a":',
];
const MASK_BYTES = 16;
/** A lane that no byte is moved to: 0. */
const NOTHING = 0x80;

assert(Side.Bid === 1 && Side.Ask === 2, 'depth-kernel.as.ts has these as literals: it can import integers only');
assert(TEXTS_AT + TEXTS.length * TEXT_SLOT <= MASKS_AT, 'the texts end before the masks');

/** The part of the WebAssembly API used here; TypeScript declares it for browsers only. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: DepthKernel };
  };
}

interface DepthKernel {
  /** Reads what is before the levels of the frame of `length` bytes; 0: it is not of the usual form. */
  open(length: number): number;
  /** Reads the levels and returns their number; -1: they are not of the usual form. */
  levels(priceUnit: number, qtyUnit: number): number;
}

export class DepthScan {
  /** Levels in the columns. */
  count = 0;
  readonly side: Uint8Array;
  readonly price: Float64Array;
  readonly qty: Float64Array;
  /** Orders at the level: 0, which stands for unknown. */
  readonly orders: Float64Array;
  private readonly kernel: DepthKernel;
  private readonly numbers: Float64Array;
  private readonly words: Int32Array;
  private readonly frame: Uint8Array;
  private readonly frameByEight: Float64Array;
  private viewed: Uint8Array | null = null;
  private view: DataView = new DataView(new ArrayBuffer(0));

  private constructor(code: Uint8Array) {
    const { WebAssembly } = globalThis as unknown as WasmGlobal;
    const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
    const { buffer } = memory;
    this.kernel = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
    this.numbers = new Float64Array(buffer, 0, MOST_QTY + 1);
    this.words = new Int32Array(buffer, 0, RESULT_WORDS);
    this.price = new Float64Array(buffer, PRICES_AT, MOST_LEVELS);
    this.qty = new Float64Array(buffer, QTYS_AT, MOST_LEVELS);
    this.orders = new Float64Array(buffer, ZEROS_AT, MOST_LEVELS);
    this.side = new Uint8Array(buffer, SIDES_AT, MOST_LEVELS);
    this.frame = new Uint8Array(buffer, FRAME_AT, MOST_BYTES);
    this.frameByEight = new Float64Array(buffer, FRAME_AT, MOST_BYTES / 8);
    writeTexts(new Uint8Array(buffer));
    writeMasks(new Uint8Array(buffer, MASKS_AT));
  }

  /** Null where there is none to be had: no file (a build without it), or no WebAssembly. */
  static make(): DepthScan | null {
    try {
      return new DepthScan(readFileSync(new URL('./depth-kernel.wasm', import.meta.url)));
    } catch {
      return null;
    }
  }

  /** Reads all but the levels; false: the frame is not of the usual form. */
  open(bytes: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    if (length > MOST_BYTES) return false;
    this.copy(bytes, from, length);
    return this.kernel.open(length) !== 0;
  }

  /** Reads the levels, and whether their values are multiples of these units; false: they are not of the usual form. */
  levels(priceUnit: number, qtyUnit: number): boolean {
    this.count = this.kernel.levels(priceUnit, qtyUnit);
    return this.count >= 0;
  }

  /**
   * The levels in units of so many decimals: true where all of them are such, as they stand or by zeros that end them (spot
   * writes eight decimals of everything). What is held of them is to be looked at anew then.
   */
  fit(priceDecimals: number, qtyDecimals: number): boolean {
    const morePrice = this.priceDecimals - priceDecimals;
    const moreQty = this.qtyDecimals - qtyDecimals;
    if (morePrice === 0 && moreQty === 0) return true;
    if (morePrice < 0 || moreQty < 0 || priceDecimals < 0 || qtyDecimals < 0) return false;
    if (!divided(this.price, this.count, POW10[morePrice]) || !divided(this.qty, this.count, POW10[moreQty]))
      return false;
    this.words[UNHELD_PRICE] = 1;
    this.words[UNHELD_QTY] = 1;
    return true;
  }

  get eventMs(): number {
    return this.numbers[EVENT_MS];
  }

  get firstId(): number {
    return this.numbers[FIRST_ID];
  }

  get finalId(): number {
    return this.numbers[FINAL_ID];
  }

  /** NO_PREVIOUS where the frame names none. */
  get previousId(): number {
    return this.numbers[PREVIOUS_ID];
  }

  /** Of the frame's bytes. */
  get symbolFrom(): number {
    return this.words[SYMBOL_FROM];
  }

  get symbolTo(): number {
    return this.words[SYMBOL_TO];
  }

  /** Of every price; -1 without levels, as the next. */
  get priceDecimals(): number {
    return this.words[PRICE_DECIMALS];
  }

  get qtyDecimals(): number {
    return this.words[QTY_DECIMALS];
  }

  /** The largest price. */
  get mostPrice(): number {
    return this.numbers[MOST_PRICE];
  }

  get mostQty(): number {
    return this.numbers[MOST_QTY];
  }

  /** Whether all prices are multiples of the unit that `levels` was given. */
  get pricesAreHeld(): boolean {
    return this.words[UNHELD_PRICE] === 0;
  }

  get qtysAreHeld(): boolean {
    return this.words[UNHELD_QTY] === 0;
  }

  /**
   * Copies the frame, by float64: a third of the time of a loop over int32, and as fast as `set` without the view that
   * one needs (65 ns for 1,377 bytes, 2026-11-22). A float64 that is no number may come out with other bits: it holds
   * bytes above 0x7f, and what it becomes does as well, so that the kernel refuses the frame either way.
   */
  private copy(bytes: Uint8Array, from: number, length: number): void {
    if (bytes !== this.viewed) {
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.viewed = bytes;
    }
    const { view, frame, frameByEight } = this;
    const whole = length & ~31;
    let to = 0;
    let p = from;
    for (const stop = from + whole; p < stop; p += 32) {
      frameByEight[to] = view.getFloat64(p, true);
      frameByEight[to + 1] = view.getFloat64(p + 8, true);
      frameByEight[to + 2] = view.getFloat64(p + 16, true);
      frameByEight[to + 3] = view.getFloat64(p + 24, true);
      to += 4;
    }
    for (let i = whole; i < length; i++) frame[i] = bytes[from + i];
  }
}

/** Divides the values in place; false, somewhere on the way, where one is no multiple. */
function divided(values: Float64Array, count: number, by: number): boolean {
  if (by === 1) return true;
  for (let i = 0; i < count; i++) {
    const whole = Math.floor(values[i] / by);
    if (whole * by !== values[i]) return false;
    values[i] = whole;
  }
  return true;
}

function writeTexts(memory: Uint8Array): void {
  for (const [i, text] of TEXTS.entries()) {
    const at = TEXTS_AT + i * TEXT_SLOT;
    for (let c = 0; c < text.length; c++) {
      memory[at + c] = text.charCodeAt(c);
      memory[at + TEXT_SLOT / 2 + c] = 0xff;
    }
  }
}

/** Of a number of `length` bytes with its point at `point` (`length`: none): the byte that goes to each of 16 places. */
function writeMasks(masks: Uint8Array): void {
  for (let length = 0; length < MASKS_A_ROW; length++) {
    for (let point = 0; point <= length; point++) {
      const digits = point === length ? length : length - 1;
      const at = (length * MASKS_A_ROW + point) * MASK_BYTES;
      for (let place = 0; place < MASK_BYTES; place++) {
        const digit = place - (MASK_BYTES - digits);
        masks[at + place] = digit < 0 ? NOTHING : digit < point ? digit : digit + 1;
      }
    }
  }
}
