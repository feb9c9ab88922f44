/** The machine a figure was measured on, as every result states it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs } from '../src/core/clock.ts';
import { messageOf } from '../src/core/errors.ts';
import {
  type Jitter,
  MachineUse,
  probeJitter,
  readOrNull,
  remarkOnJitter,
  remarkOnLoad,
  remarkOnUse,
} from './noise.ts';
import { repositoryRoot } from './repository.ts';

export interface Machine {
  readonly tapehead: string;
  /** Of the repository that this runs from, `+` behind it where files differ; null without one, or without git. */
  readonly commit: string | null;
  readonly node: string;
  readonly v8: string;
  readonly system: string;
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly isVirtual: boolean | null;
  readonly memoryGb: number;
  /** Of core 0, where the system says. */
  readonly governor: string | null;
  /** Whether threads can be pinned to cores, or why not. */
  readonly pinning: string;
  /** Transparent huge pages, as the kernel is set. */
  readonly hugePages: string | null;
  readonly clockSource: string | null;
  readonly loadAverage: readonly number[];
  /** Cost of one reading of the clock, and the smallest step seen between two. */
  readonly clockNs: number;
  readonly clockStepNs: number;
  /** Logs of the benchmarks are written here. */
  readonly tempFolder: string;
  readonly tempFileSystem: string;
  /** While nothing was measured; null where the system does not say. */
  readonly othersShare: number | null;
  readonly stolenShare: number | null;
  readonly jitter: Jitter;
  /** Why figures of this run are to be distrusted, or null. */
  readonly remark: string | null;
}

const SAMPLE_MS = 300;
const CLOCK_BATCHES = 10;
const CLOCK_READINGS = 5_000;

const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x01021994, 'tmpfs (memory: syncs cost nothing)'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
]);

/** Describes the machine; takes half a second, in which nothing else should run in this process. */
export async function describeMachine(probeMs: number): Promise<Machine> {
  const use = new MachineUse();
  await sleep(SAMPLE_MS);
  const idle = use.since();
  const jitter = probeJitter(probeMs);
  const cores = availableParallelism();
  const loadAverage = loadavg();
  const type = statfsSync(tmpdir()).type;
  return {
    tapehead: packageVersion(),
    commit: gitCommit(repositoryRoot()),
    node: process.version,
    v8: process.versions.v8,
    system: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    isVirtual: isVirtual(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    governor: readOrNull('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    pinning: pinning(cores),
    hugePages: hugePages(),
    clockSource: readOrNull('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    loadAverage: loadAverage.map((load) => Math.round(load * 100) / 100),
    ...measureClock(),
    tempFolder: tmpdir(),
    tempFileSystem: FILE_SYSTEMS.get(type) ?? `type 0x${type.toString(16)}`,
    ...idle,
    jitter,
    remark: remarkOnUse(idle) ?? remarkOnLoad(loadAverage[0] / cores) ?? remarkOnJitter(jitter),
  };
}

function packageVersion(): string {
  const text = readFileSync(join(repositoryRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function gitCommit(root: string): string | null {
  const git = (...args: string[]): string | null => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8', timeout: 5_000 });
    return status === 0 ? stdout.trim() : null;
  };
  const lines = git('rev-parse', '--show-toplevel', 'HEAD')?.split('\n');
  // An installed package may lie inside somebody else's repository.
  if (lines?.length !== 2 || lines[0] !== realpathSync(root)) return null;
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return `${lines[1].slice(0, 12)}${isChanged ? '+' : ''}`;
}

function isVirtual(): boolean | null {
  const flags = /^flags\s*:(.*)$/m.exec(readOrNull('/proc/cpuinfo') ?? '')?.[1];
  return flags === undefined ? null : /\bhypervisor\b/.test(flags);
}

/** Asks for what src/core/affinity.ts needs, without pinning the thread that asks. */
function pinning(cores: number): string {
  if (process.platform !== 'linux') return `not available (${process.platform} has no thread affinity call)`;
  if (cores < 2) return 'not available (one core only)';
  try {
    createRequire(import.meta.url)('koffi');
    return 'available';
  } catch (error) {
    return `not available (${messageOf(error).split(' Require stack')[0]})`;
  }
}

function hugePages(): string | null {
  const setting = readOrNull('/sys/kernel/mm/transparent_hugepage/enabled');
  return /\[(\w+)\]/.exec(setting ?? '')?.[1] ?? null;
}

/** Cost of a reading in the batch that was disturbed least, and the smallest step of all. */
function measureClock(): { clockNs: number; clockStepNs: number } {
  let stepNs = Number.POSITIVE_INFINITY;
  let costNs = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < CLOCK_BATCHES; batch++) {
    const startNs = monotonicNs();
    let last = startNs;
    for (let i = 0; i < CLOCK_READINGS; i++) {
      const now = monotonicNs();
      if (now > last && now - last < stepNs) stepNs = now - last;
      last = now;
    }
    costNs = Math.min(costNs, (last - startNs) / CLOCK_READINGS);
  }
  return { clockNs: Math.round(costNs), clockStepNs: stepNs };
}
