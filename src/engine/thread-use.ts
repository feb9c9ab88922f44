/** What a thread got of the machine, as the kernel counts it (Linux; elsewhere nothing is known). */
import { openSync, readFileSync, readSync } from 'node:fs';
import { monotonicNs } from '../core/clock.ts';
import { Incident, type MachineLog } from '../core/machine-log.ts';

const SCHEDSTAT = '/proc/thread-self/schedstat';

export interface ThreadUse {
  /** On a core, ns. A spinning thread is on a core too. */
  readonly cpuNs: number;
  /** Ready to run, but another thread had the core, ns. */
  readonly waitedForCoreNs: number;
}

/** Of the calling thread, since it was made. */
export function threadUse(): ThreadUse | null {
  try {
    const [cpuNs, waitedForCoreNs] = readFileSync(SCHEDSTAT, 'utf8').split(' ').map(Number);
    return { cpuNs, waitedForCoreNs };
  } catch {
    return null;
  }
}

/** Waits of less are those of a kernel thread in passing. */
const MIN_WAIT_NS = 10_000;
const SPACE = 0x20;

/**
 * Notes when the calling thread was ready and had no core: between one look and the next, a system call of 1-2 us each.
 * For a thread to look while it has nothing to do.
 */
export class CoreWatch {
  private readonly log: MachineLog;
  private readonly fd: number;
  private readonly text = new Uint8Array(64);
  private lastWaitedNs = 0;
  private lastNs = 0;

  constructor(log: MachineLog) {
    this.log = log;
    this.fd = openOrMinus();
    this.look();
  }

  look(): void {
    if (this.fd < 0) return;
    const waitedNs = this.readWaitedNs();
    const nowNs = monotonicNs();
    const ns = waitedNs - this.lastWaitedNs;
    if (this.lastNs !== 0 && ns >= MIN_WAIT_NS) this.log.add(Incident.OffCore, this.lastNs, nowNs, ns);
    this.lastWaitedNs = waitedNs;
    this.lastNs = nowNs;
  }

  /** The second of the file's three numbers; without a string, which would be garbage. */
  private readWaitedNs(): number {
    const { text } = this;
    const length = readSync(this.fd, text, 0, text.length, 0);
    let i = 0;
    while (i < length && text[i] !== SPACE) i++;
    let ns = 0;
    for (i++; i < length && text[i] !== SPACE; i++) ns = ns * 10 + text[i] - 48;
    return ns;
  }
}

/** The descriptor stands for the thread that opened it, and goes with the process. */
function openOrMinus(): number {
  try {
    return openSync(SCHEDSTAT, 'r');
  } catch {
    return -1;
  }
}
