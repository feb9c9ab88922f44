/** The machine a figure was measured on, and how much of it others used meanwhile. */
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs } from '../src/core/clock.ts';

export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Of core 0, where the system says. */
  readonly governor: string | null;
  readonly loadAverage: readonly number[];
  /** Cost of one reading of the clock, and the smallest step seen between two. */
  readonly clockNs: number;
  readonly clockStepNs: number;
  /** Logs of the benchmarks are written here. */
  readonly tempFolder: string;
  readonly tempFileSystem: string;
  /** Share of all cores that others used while nothing was measured; null where the system does not say. */
  readonly othersShare: number | null;
  /** Why figures of this run are to be distrusted, or null. */
  readonly remark: string | null;
}

const SAMPLE_MS = 300;
const CLOCK_READINGS = 50_000;
/** Beyond these the machine is not ours: two busy threads on two cores are slowed by whatever else runs. */
const BUSY_SHARE = 0.1;
const BUSY_LOAD_PER_CORE = 0.75;

const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x01021994, 'tmpfs (memory: syncs cost nothing)'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
]);

export async function describeMachine(): Promise<Machine> {
  const use = new MachineUse();
  await sleep(SAMPLE_MS);
  const { othersShare } = use.since();
  const cores = availableParallelism();
  const loadAverage = loadavg();
  const type = statfsSync(tmpdir()).type;
  return {
    node: process.version,
    v8: process.versions.v8,
    system: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    governor: readOrNull('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    loadAverage: loadAverage.map((load) => Math.round(load * 100) / 100),
    ...measureClock(),
    tempFolder: tmpdir(),
    tempFileSystem: FILE_SYSTEMS.get(type) ?? `type 0x${type.toString(16)}`,
    othersShare,
    remark: remarkOn(othersShare, loadAverage[0] / cores),
  };
}

const DISTRUST = 'judge by ratios within this run, not by its figures';

function remarkOn(othersShare: number | null, loadPerCore: number): string | null {
  const remark = remarkOnUse(othersShare);
  if (remark !== null || loadPerCore <= BUSY_LOAD_PER_CORE) return remark;
  return `the machine's load was ${loadPerCore.toFixed(1)} a core: ${DISTRUST}`;
}

/** Why figures measured while others had this share of the cores are to be distrusted, or null. */
export function remarkOnUse(othersShare: number | null): string | null {
  if (othersShare === null || othersShare <= BUSY_SHARE) return null;
  return `other processes used ${Math.round(othersShare * 100)} % of the cores: ${DISTRUST}`;
}

function measureClock(): { clockNs: number; clockStepNs: number } {
  let step = Number.POSITIVE_INFINITY;
  let last = monotonicNs();
  const startNs = last;
  for (let i = 0; i < CLOCK_READINGS; i++) {
    const now = monotonicNs();
    if (now > last && now - last < step) step = now - last;
    last = now;
  }
  return { clockNs: Math.round((last - startNs) / CLOCK_READINGS), clockStepNs: step };
}

/** CPU time of the whole machine against our own (with waited-for children), from its construction on. */
export class MachineUse {
  private readonly startMs = performance.now();
  private readonly busyMs = machineBusyMs();
  private readonly ownMs = ownCpuMs();

  /** Shares of all cores; null where the system does not say. */
  since(): { othersShare: number | null } {
    const busyMs = machineBusyMs();
    if (busyMs === null || this.busyMs === null) return { othersShare: null };
    const wholeMs = (performance.now() - this.startMs) * availableParallelism();
    const othersMs = busyMs - this.busyMs - (ownCpuMs() - this.ownMs);
    return { othersShare: Math.round(Math.min(1, Math.max(0, othersMs / wholeMs)) * 1000) / 1000 };
  }
}

/** /proc counts in ticks of 10 ms on every Linux that Node runs on (USER_HZ = 100). */
const TICK_MS = 10;

/** Everything but idle and waiting for I/O; stolen time counts as busy: somebody else had the core. */
function machineBusyMs(): number | null {
  const text = readOrNull('/proc/stat');
  if (text === null) return null;
  const [user, nice, system, , , irq, softirq, steal] = text.split('\n', 1)[0].trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_MS;
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  const stat = readOrNull('/proc/self/stat') ?? '';
  // Fields 16 and 17, behind the name in parentheses, which may hold spaces: CPU time of children that ended.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (user + system) / 1e3 + (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * TICK_MS;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
