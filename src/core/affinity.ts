/**
 * Which cores a thread may use, with sched_setaffinity (Linux, through koffi, an optional dependency). The engine gets the last
 * of the process's cores, everybody else the cores before it. Where it can't be done the reason comes back as text and the run
 * goes on.
 */
import { createRequire } from 'node:module';
import { platform } from 'node:os';
import { messageOf } from '../core/errors.ts';

type Call = (pid: number, bytes: number, mask: Uint8Array) => number;
interface Koffi {
  load(name: string): { func(prototype: string): Call };
}

const MASK_BYTES = 128;

/**
 * Pins this thread: index 0 (the engine) to the last of the cores the process may use, the others to the cores before
 * it, wrapping without ever using the engine's. Returns a phrase for the summary.
 */
export function pinThisThread(index: number): string {
  return restrictThisThread((cores) => [pinnedCore(cores, index)]);
}

/**
 * Keeps this thread, and those that it starts, off the engine's core: it may run on any of the others, wherever there is room.
 * Returns a phrase for the summary.
 */
export function keepOffEngineCore(): string {
  return restrictThisThread(coresBesideEngine);
}

/** Of at least two cores, in ascending order. */
export function pinnedCore(cores: readonly number[], index: number): number {
  return index === 0 ? cores[cores.length - 1] : cores[(index - 1) % (cores.length - 1)];
}

export function coresBesideEngine(cores: readonly number[]): readonly number[] {
  const engine = pinnedCore(cores, 0);
  return cores.filter((core) => core !== engine);
}

/** `choose` gets the cores that this thread may use, two or more of them. */
function restrictThisThread(choose: (cores: readonly number[]) => readonly number[]): string {
  if (platform() !== 'linux') return `not pinned (${platform()} has no thread affinity call)`;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const libc = koffi.load('libc.so.6');
    const mask = new Uint8Array(MASK_BYTES);
    const get = libc.func('int sched_getaffinity(int pid, size_t bytes, _Out_ uint8_t *mask)');
    if (get(0, MASK_BYTES, mask) < 0) return 'not pinned (sched_getaffinity refused)';
    const cores = coresOf(mask);
    if (cores.length < 2) return 'not pinned (one core only)';
    const chosen = choose(cores);
    const set = libc.func('int sched_setaffinity(int pid, size_t bytes, const uint8_t *mask)');
    return set(0, MASK_BYTES, maskOf(chosen)) === 0 ? coresText(chosen) : 'not pinned (sched_setaffinity refused)';
  } catch (error) {
    return `not pinned (${messageOf(error)})`;
  }
}

function coresOf(mask: Uint8Array): number[] {
  const cores: number[] = [];
  for (let core = 0; core < MASK_BYTES * 8; core++) if ((mask[core >> 3] & (1 << (core & 7))) !== 0) cores.push(core);
  return cores;
}

function maskOf(cores: readonly number[]): Uint8Array {
  const mask = new Uint8Array(MASK_BYTES);
  for (const core of cores) mask[core >> 3] |= 1 << (core & 7);
  return mask;
}

/** `core 3`, `cores 0-2, 5`. */
export function coresText(cores: readonly number[]): string {
  if (cores.length === 1) return `core ${cores[0]}`;
  const spans: string[] = [];
  let first = 0;
  for (let i = 1; i <= cores.length; i++) {
    if (i < cores.length && cores[i] === cores[i - 1] + 1) continue;
    spans.push(first === i - 1 ? `${cores[first]}` : `${cores[first]}-${cores[i - 1]}`);
    first = i;
  }
  return `cores ${spans.join(', ')}`;
}
