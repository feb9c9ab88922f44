/**
 * Memory for the big tables of the books. Two things are asked of it that `new ArrayBuffer` does not give:
 *
 * - It begins at a page, so that a record or a group of records laid out as one cache line is one (malloc puts large
 *   blocks 16 bytes behind a page's start, and every "line" of ours would straddle two). The memory of a WebAssembly
 *   module does, and its buffer is an ordinary ArrayBuffer to everyone else; no module is ever made.
 * - Huge pages, asked for with madvise through koffi (an optional dependency). Without them nearly every access to the
 *   order table of a full market also misses the TLB. Without koffi, or off Linux, the books work the same, slower.
 */
import { createRequire } from 'node:module';

const WASM_PAGE_BYTES = 1 << 16;
const HUGE_PAGE_BYTES = 1 << 21;
const MADV_HUGEPAGE = 14;
/** Smaller tables stay in the caches anyway, and a WebAssembly memory reserves gigabytes of address space. */
const LARGE_BYTES = 1 << 20;

/** The part of the WebAssembly API used here; TypeScript declares it for browsers only. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  };
}

interface Libc {
  addressOf(bytes: Uint8Array): bigint;
  madvise(address: bigint, length: number, advice: number): number;
}

interface Koffi {
  load(name: string): { func(prototype: string): (...args: unknown[]) => unknown };
  address(pointer: unknown): bigint;
}

let libc: Libc | null | undefined;

/** A zeroed buffer; page-aligned and on huge pages where it is large and the platform allows. */
export function tableBuffer(bytes: number): ArrayBuffer {
  if (bytes < LARGE_BYTES) return new ArrayBuffer(bytes);
  const buffer = pageAligned(bytes);
  const all = new Uint8Array(buffer);
  if (bytes >= 2 * HUGE_PAGE_BYTES) askForHugePages(all);
  all.fill(0); // the system finds the pages now, and not order by order: 60 ns a message of a full market (2026-11-22)
  return buffer;
}

function pageAligned(bytes: number): ArrayBuffer {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  try {
    const { WebAssembly } = globalThis as unknown as WasmGlobal;
    return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
  } catch {
    return new ArrayBuffer(bytes); // no address space for it (ulimit -v): slower, not wrong
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
