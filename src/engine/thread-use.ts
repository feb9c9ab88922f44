/** What a thread got of the machine, as the kernel counts it (Linux; elsewhere nothing is known). */
import { readFileSync } from 'node:fs';

export interface ThreadUse {
  /** On a core, ns. A spinning thread is on a core too. */
  readonly cpuNs: number;
  /** Ready to run, but another thread had the core, ns. */
  readonly waitedForCoreNs: number;
}

/** Of the calling thread, since it was made. */
export function threadUse(): ThreadUse | null {
  try {
    const [cpuNs, waitedForCoreNs] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ').map(Number);
    return { cpuNs, waitedForCoreNs };
  } catch {
    return null;
  }
}
