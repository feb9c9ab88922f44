/**
 * The memory of the books: order table, ladders and what the kernel needs, in one buffer, because a WebAssembly module
 * has one memory. Three things are asked of it that `new ArrayBuffer` does not give:
 *
 * - It begins at a page, so that a record or a group of records laid out as one cache line is one (malloc puts large
 *   blocks 16 bytes behind a page's start, and every "line" of ours would straddle two). The memory of a WebAssembly
 *   module does, and its buffer is an ordinary ArrayBuffer to everyone else.
 * - Huge pages, asked for with madvise through koffi (an optional dependency). Without them nearly every access to the
 *   order table of a full market also misses the TLB. Without koffi, or off Linux, the books work the same, slower.
 * - The kernel (kernel.ts) can run on it.
 *
 * It grows by moving to a larger buffer, never through `Memory.grow`: that detaches the old buffer, after which V8 checks
 * every typed array of the thread at every use. Who holds views asks to be told.
 */
import { createRequire } from 'node:module';
import { assert } from '../core/assert.ts';

const LINE_BYTES = 64;
const WASM_PAGE_BYTES = 1 << 16;
const HUGE_PAGE_BYTES = 1 << 21;
const MADV_HUGEPAGE = 14;
/** Smaller tables stay in the caches anyway, and a WebAssembly memory reserves gigabytes of address space. */
const LARGE_BYTES = 1 << 20;
/** Of a WebAssembly memory, whose addresses have 32 bits. */
const MAX_BYTES = 2 ** 32;

/** The part of the WebAssembly API used here; TypeScript declares it for browsers only. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Memory: new (size: { initial: number; maximum: number }) => WasmMemory;
  };
}

/** A WebAssembly.Memory. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface Libc {
  addressOf(bytes: Uint8Array): bigint;
  madvise(address: bigint, length: number, advice: number): number;
}

interface Koffi {
  load(name: string): { func(prototype: string): (...args: unknown[]) => unknown };
  address(pointer: unknown): bigint;
}

/** Bytes from `at` on that nobody uses. */
interface Gap {
  at: number;
  bytes: number;
}

let libc: Libc | null | undefined;

export class TableMemory {
  buffer: ArrayBuffer;
  /** The WebAssembly memory that `buffer` is of; null while it is small, or where there is none to be had. */
  wasm: WasmMemory | null = null;
  private used: number;
  /** Given back, in the order of their places, none beside another. */
  private readonly gaps: Gap[] = [];
  private readonly movers: (() => void)[] = [];

  /** `expectedBytes`: what will be taken before the first move. The first `reservedBytes` belong to whoever made it. */
  constructor(expectedBytes = 0, reservedBytes = 0) {
    this.used = roundedUp(reservedBytes, LINE_BYTES);
    this.buffer = this.allocate(Math.max(expectedBytes, this.used, LINE_BYTES));
  }

  /** `move` is called whenever `buffer` was replaced, its content being where it was. */
  onMove(move: () => void): void {
    this.movers.push(move);
  }

  /** Place of so many zeroed bytes; it begins a cache line. May move everything. */
  take(bytes: number): number {
    const rounded = roundedUp(bytes, LINE_BYTES);
    const at = this.takeGap(rounded) ?? this.takeNew(rounded);
    // The system finds the pages now, and not order by order: 60 ns a message of a full market (2026-11-22).
    new Uint8Array(this.buffer, at, rounded).fill(0);
    return at;
  }

  /** Gives back what `take(bytes)` gave. */
  give(at: number, bytes: number): void {
    const { gaps } = this;
    let i = 0;
    while (i < gaps.length && gaps[i].at < at) i++;
    gaps.splice(i, 0, { at, bytes: roundedUp(bytes, LINE_BYTES) });
    for (const first of [i, i - 1]) {
      if (first < 0 || first + 1 >= gaps.length || gaps[first].at + gaps[first].bytes !== gaps[first + 1].at) continue;
      gaps[first].bytes += gaps[first + 1].bytes;
      gaps.splice(first + 1, 1);
    }
  }

  private takeGap(bytes: number): number | null {
    const { gaps } = this;
    const i = gaps.findIndex((gap) => gap.bytes >= bytes);
    if (i < 0) return null;
    const { at } = gaps[i];
    gaps[i].at += bytes;
    gaps[i].bytes -= bytes;
    if (gaps[i].bytes === 0) gaps.splice(i, 1);
    return at;
  }

  private takeNew(bytes: number): number {
    const at = this.used;
    this.used += bytes;
    if (this.used > this.buffer.byteLength) this.move(Math.max(this.used, this.buffer.byteLength * 1.5));
    return at;
  }

  private move(bytes: number): void {
    const old = this.buffer;
    this.buffer = this.allocate(bytes);
    new Uint8Array(this.buffer).set(new Uint8Array(old));
    for (const mover of this.movers) mover();
  }

  private allocate(bytes: number): ArrayBuffer {
    this.wasm = bytes < LARGE_BYTES ? null : wasmMemory(Math.min(bytes, Math.max(MAX_BYTES, this.used)));
    if (this.wasm === null) return new ArrayBuffer(roundedUp(bytes, LINE_BYTES));
    const { buffer } = this.wasm;
    if (bytes >= 2 * HUGE_PAGE_BYTES) askForHugePages(new Uint8Array(buffer));
    return buffer;
  }
}

function roundedUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}

function wasmMemory(bytes: number): WasmMemory | null {
  assert(bytes <= MAX_BYTES, 'the books fit a memory with 32-bit addresses');
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  try {
    const { WebAssembly } = globalThis as unknown as WasmGlobal;
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch {
    return null; // no address space for it (ulimit -v): slower, not wrong
  }
}

function askForHugePages(bytes: Uint8Array): void {
  libc ??= loadLibc();
  if (libc === null) return;
  const begin = libc.addressOf(bytes);
  const huge = BigInt(HUGE_PAGE_BYTES);
  const aligned = ((begin + huge - 1n) / huge) * huge;
  libc.madvise(aligned, bytes.length - Number(aligned - begin), MADV_HUGEPAGE); // advice: refused is as good as unasked
}

function loadLibc(): Libc | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const library = koffi.load('libc.so.6');
    const move = library.func('void *memmove(void *to, void *from, size_t n)');
    const madvise = library.func('int madvise(uintptr_t address, size_t length, int advice)');
    return {
      addressOf: (bytes) => koffi.address(move(bytes, bytes, 0)), // memmove returns its first argument: the address
      madvise: (address, length, advice) => madvise(address, length, advice) as number,
    };
  } catch {
    return null;
  }
}
