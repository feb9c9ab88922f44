/**
 * Pinning the calling thread to one core with sched_setaffinity (Linux, through koffi, an optional dependency). Where it
 * can't be done the reason comes back as text and the run goes on.
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
  if (platform() !== 'linux') return `not pinned (${platform()} has no thread affinity call)`;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const libc = koffi.load('libc.so.6');
    const mask = new Uint8Array(MASK_BYTES);
    const get = libc.func('int sched_getaffinity(int pid, size_t bytes, _Out_ uint8_t *mask)');
    if (get(0, MASK_BYTES, mask) < 0) return 'not pinned (sched_getaffinity refused)';
    const cores: number[] = [];
    for (let core = 0; core < MASK_BYTES * 8; core++) if ((mask[core >> 3] & (1 << (core & 7))) !== 0) cores.push(core);
    if (cores.length < 2) return 'not pinned (one core only)';
    const core = index === 0 ? cores[cores.length - 1] : cores[(index - 1) % (cores.length - 1)];
    const one = new Uint8Array(MASK_BYTES);
    one[core >> 3] = 1 << (core & 7);
    const set = libc.func('int sched_setaffinity(int pid, size_t bytes, const uint8_t *mask)');
    return set(0, MASK_BYTES, one) === 0 ? `core ${core}` : 'not pinned (sched_setaffinity refused)';
  } catch (error) {
    return `not pinned (${messageOf(error)})`;
  }
}
