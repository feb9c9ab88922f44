/**
 * The kernel (kernel.as.ts): a batch of events is copied into the books' memory ("staged"), and WebAssembly applies those
 * that it can. What it does not do, books.ts does; without it books.ts does everything. Both leave the same books.
 */
import { readFileSync } from 'node:fs';
import { assert } from '../core/assert.ts';
import { EventFlag, EventKind, Side } from '../core/event.ts';
import { BookKind } from '../core/instrument-def.ts';
import type { EventMemory } from './books.ts';
import type { Ladders } from './ladders.ts';
import { KERNEL_BYTES, SLOT_RESULT, SLOT_TOUCH, SLOTS_AT_BYTE, STAGED_SLOTS } from './layout.ts';
import type { TableMemory, WasmMemory } from './memory.ts';
import type { OrderTable } from './order-table.ts';

assert(SLOTS_AT_BYTE + STAGED_SLOTS * 64 === KERNEL_BYTES, 'the staged slots end where the tables begin');
assert(
  EventKind.Add === 2 &&
    EventKind.Execute === 3 &&
    EventKind.Reduce === 4 &&
    EventKind.Delete === 5 &&
    EventKind.Replace === 6 &&
    EventKind.Level === 8 &&
    EventKind.Trade === 9 &&
    EventKind.Notice === 16 &&
    Side.Bid === 1 &&
    Side.Ask === 2 &&
    EventFlag.Last === 1 &&
    BookKind.L3 === 3 &&
    BookKind.L2 === 2,
  'kernel.as.ts has these as literals: it can import integers only, and only from a file that holds nothing else',
);

/** The part of the WebAssembly API used here; TypeScript declares it for browsers only. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: KernelExports };
  };
}

interface KernelExports {
  /** Applies staged slots [from, to) in order; returns the first that it leaves to others, or `to`. */
  apply(from: number, to: number): number;
}

const { WebAssembly } = globalThis as unknown as WasmGlobal;
let compiled: object | null | undefined;

/** Compiled once a thread; null where it can't be: no file (a build without it), or no WebAssembly to be had. */
function module(): object | null {
  if (compiled !== undefined) return compiled;
  try {
    compiled = new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', import.meta.url)));
  } catch {
    compiled = null;
  }
  return compiled;
}

/** The kernel over a memory, ladders and an order table; null where there is no WebAssembly. */
export class Kernel {
  /** Staged slots: as the events of a ring, but for what layout.ts says. Slot s begins at 8-byte word s * 8. */
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  private readonly control: Int32Array;
  private readonly controlF64: Float64Array;
  private readonly exports: KernelExports;

  private constructor(memory: WasmMemory, module: object) {
    const { buffer } = memory;
    this.f64 = new Float64Array(buffer, SLOTS_AT_BYTE, STAGED_SLOTS * 8);
    this.u32 = new Uint32Array(buffer, SLOTS_AT_BYTE, STAGED_SLOTS * 16);
    this.control = new Int32Array(buffer, 0, SLOTS_AT_BYTE / 4);
    this.controlF64 = new Float64Array(buffer, 0, SLOTS_AT_BYTE / 8);
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  }

  static over(memory: TableMemory): Kernel | null {
    const code = memory.wasm === null ? null : module();
    return code === null ? null : new Kernel(memory.wasm!, code);
  }

  /** Copies `count` events, from slot `from` of the ring on, without their times. */
  stage(memory: EventMemory, mask: number, from: number, count: number): void {
    const { f64, u32 } = this;
    const fromF64 = memory.f64;
    const fromU32 = memory.u32;
    for (let i = 0; i < count; i++) {
      const w = ((from + i) & mask) << 3;
      const s = i << 3;
      u32[s * 2] = fromU32[w * 2];
      u32[s * 2 + 1] = fromU32[w * 2 + 1];
      f64[s + 3] = fromF64[w + 3];
      f64[s + 4] = fromF64[w + 4];
      f64[s + 5] = fromF64[w + 5];
      f64[s + 6] = fromF64[w + 6];
    }
  }

  /** Applies staged events [from, to) in order; returns the first that is left to others, or `to`. */
  apply(orders: OrderTable, ladders: Ladders, from: number, to: number): number {
    const { control } = this;
    orders.store(control, this.controlF64);
    ladders.store(control);
    const done = this.exports.apply(from, to);
    orders.load(control);
    ladders.load(control);
    return done;
  }

  /** True when the touch of the event's instrument is not what it was at the last look; it is then in `touch`. */
  readTouch(staged: number, touch: Float64Array): boolean {
    const s = staged << 3;
    if (this.u32[s * 2 + SLOT_RESULT] !== SLOT_TOUCH) return false;
    touch[0] = this.f64[s + 3];
    touch[1] = this.f64[s + 4];
    touch[2] = this.f64[s + 5];
    touch[3] = this.f64[s + 6];
    return true;
  }
}
