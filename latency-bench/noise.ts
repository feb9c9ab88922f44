/**
 * Whether a machine is quiet enough to be measured on: what others used of it, what its hypervisor took, and how often a
 * thread that only reads the clock is interrupted. Looked at before, during and after the benchmarks.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { monotonicNs } from '../src/core/clock.ts';

/** Shares of all cores over a stretch of time; null where the system does not say. */
export interface Use {
  readonly othersShare: number | null;
  /** Taken by the hypervisor for other machines: part of `othersShare`. */
  readonly stolenShare: number | null;
}

export interface Jitter {
  readonly probedMs: number;
  /** Pauses longer than `JITTER_GAP_NS` between two readings of the clock. */
  readonly interruptions: number;
  readonly longestNs: number;
  /** Share of the time that the pauses took. */
  readonly lostShare: number;
}

/** A reading takes some 50 ns, a timer interrupt some µs: whatever takes longer has taken the core away. */
export const JITTER_GAP_NS = 10_000;
/** So much is compiled before the probe's clock starts. */
const PROBE_WARM_UP_MS = 5;

/** Beyond these the machine is not ours: two busy threads on two cores are slowed by whatever else runs. */
const BUSY_SHARE = 0.1;
const BUSY_LOAD_PER_CORE = 0.75;
const STOLEN_SHARE = 0.02;
const LOST_SHARE = 0.03;

/** Reads the clock for so long and counts the times it was kept from doing so. Blocks its thread. */
export function probeJitter(probeMs: number): Jitter {
  spin(PROBE_WARM_UP_MS);
  return spin(probeMs);
}

function spin(probeMs: number): Jitter {
  const startNs = monotonicNs();
  const endNs = startNs + probeMs * 1e6;
  let interruptions = 0;
  let longestNs = 0;
  let lostNs = 0;
  let last = startNs;
  while (last < endNs) {
    const now = monotonicNs();
    const gapNs = now - last;
    if (gapNs > JITTER_GAP_NS) {
      interruptions++;
      lostNs += gapNs;
      if (gapNs > longestNs) longestNs = gapNs;
    }
    last = now;
  }
  const probedNs = last - startNs;
  return { probedMs: probedNs / 1e6, interruptions, longestNs, lostShare: lostNs / probedNs };
}

const DISTRUST = 'judge by ratios within this run, not by its figures';

/** Why figures measured in such company are to be distrusted, or null. */
export function remarkOnUse({ othersShare, stolenShare }: Use): string | null {
  if (stolenShare !== null && stolenShare > STOLEN_SHARE) {
    return `the hypervisor gave ${percent(stolenShare)} of the cores' time to other machines: ${DISTRUST}`;
  }
  if (othersShare === null || othersShare <= BUSY_SHARE) return null;
  return `other processes used ${percent(othersShare)} of the cores: ${DISTRUST}`;
}

export function remarkOnLoad(loadPerCore: number): string | null {
  if (loadPerCore <= BUSY_LOAD_PER_CORE) return null;
  return `the machine's load was ${loadPerCore.toFixed(1)} a core: ${DISTRUST}`;
}

export function remarkOnJitter({ interruptions, probedMs, longestNs, lostShare }: Jitter): string | null {
  if (lostShare <= LOST_SHARE) return null;
  const times = `${interruptions} times in ${Math.round(probedMs)} ms, for up to ${(longestNs / 1e6).toFixed(1)} ms`;
  return `a thread that only spins was interrupted ${times}: ${DISTRUST}`;
}

/** Text of a share that may be small: 0.4 %, 37 %. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 9.95 || value === 0 ? Math.round(value) : value.toPrecision(1)} %`;
}

/** CPU time of the whole machine against our own (with waited-for children), from its construction on. */
export class MachineUse {
  private readonly startMs = performance.now();
  private readonly before = machineTimes();
  private readonly ownMs = ownCpuMs();

  since(): Use {
    const now = machineTimes();
    const { before } = this;
    if (now === null || before === null) return { othersShare: null, stolenShare: null };
    const wholeMs = (performance.now() - this.startMs) * availableParallelism();
    const othersMs = now.busyMs - before.busyMs - (ownCpuMs() - this.ownMs);
    return { othersShare: shareOf(othersMs, wholeMs), stolenShare: shareOf(now.stolenMs - before.stolenMs, wholeMs) };
  }
}

function shareOf(partMs: number, wholeMs: number): number {
  return Math.round(Math.min(1, Math.max(0, partMs / wholeMs)) * 1000) / 1000;
}

/** /proc counts in ticks of 10 ms on every Linux that Node runs on (USER_HZ = 100). */
const TICK_MS = 10;

/** Everything but idle and waiting for I/O; stolen time counts as busy: somebody else had the core. */
function machineTimes(): { busyMs: number; stolenMs: number } | null {
  const text = readOrNull('/proc/stat');
  if (text === null) return null;
  const [user, nice, system, , , irq, softirq, steal] = text.split('\n', 1)[0].trim().split(/\s+/).slice(1).map(Number);
  return { busyMs: (user + nice + system + irq + softirq + steal) * TICK_MS, stolenMs: steal * TICK_MS };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  const stat = readOrNull('/proc/self/stat') ?? '';
  // Fields 16 and 17, behind the name in parentheses, which may hold spaces: CPU time of children that ended.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (user + system) / 1e3 + (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * TICK_MS;
}

/** The text of a file, or null where it can't be read. */
export function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
