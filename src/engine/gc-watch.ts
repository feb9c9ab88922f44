/**
 * Tells the machine log of this thread of every collection of garbage. Node notes collections outside of the JavaScript
 * heap and hands them over when the event loop next turns: a thread that never turns it pays nothing, and learns of all of
 * them at its end, from `settle`.
 */
import { constants, PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { monotonicNs } from '../core/clock.ts';
import { Incident, type MachineLog } from '../core/machine-log.ts';

/** What Node's types leave out. */
interface GcEntry {
  readonly detail: { readonly kind: number };
}

export class GcWatch {
  private readonly observer: PerformanceObserver;

  constructor(log: MachineLog) {
    // Both are the machine's monotonic clock; `performance` counts from the start of the thread.
    const zeroNs = monotonicNs() - performance.now() * 1e6;
    this.observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { startTime, duration } = entry;
        const { kind } = (entry as unknown as GcEntry).detail;
        const startNs = zeroNs + startTime * 1e6;
        const incident = kind === constants.NODE_PERFORMANCE_GC_MINOR ? Incident.Scavenge : Incident.MajorGc;
        log.add(incident, startNs, startNs + duration * 1e6, duration * 1e6);
      }
    });
    this.observer.observe({ entryTypes: ['gc'] });
  }

  /** Resolves when everything until now is in the log. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) await turn();
  }

  end(): void {
    this.observer.disconnect();
  }
}
