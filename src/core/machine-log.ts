/**
 * What the machine did to a thread while it should have worked: collections of garbage, parks, full rings, time without a
 * core. Totals by kind and the last incidents, in shared memory: the thread writes, anyone may read. A reader that is in
 * the middle of a write sees an old incident or a mixed one; whoever wants it exact reads when the thread is done.
 */
import { monotonicNs } from './clock.ts';

export const Incident = {
  /** Collection of young garbage. */
  Scavenge: 0,
  /** Any other collection, or a step of one. */
  MajorGc: 1,
  /** Asleep until another thread wakes it (ring/wait.ts). */
  Park: 2,
  /** A ring that it writes to was full; parks meanwhile are counted as well. */
  RingFull: 3,
  /** Ready to run, but another thread had the core. */
  OffCore: 4,
} as const;
export type Incident = (typeof Incident)[keyof typeof Incident];
export const INCIDENT_NAMES: readonly string[] = ['scavenge', 'major GC', 'park', 'ring full', 'not on a core'];

const KINDS = INCIDENT_NAMES.length;
/** A power of two. */
const KEPT = 1024;
/** By kind: how often, how long in all, the longest; then the start of the one under way. */
const TOTAL_WORDS = 4;
/** Kind, start, end, how long between them (all of it but for OffCore, whose start and end are when one looked). */
const INCIDENT_WORDS = 4;
const HEAD = KINDS * TOTAL_WORDS;
const FIRST = HEAD + 1;

export interface IncidentTotal {
  readonly count: number;
  readonly totalNs: number;
  readonly maxNs: number;
}

export class MachineLog {
  readonly buffer: SharedArrayBuffer;
  private readonly cells: Float64Array;

  /** A view of another thread's, or one of its own. */
  constructor(buffer = new SharedArrayBuffer((FIRST + KEPT * INCIDENT_WORDS) * 8)) {
    this.buffer = buffer;
    this.cells = new Float64Array(buffer);
  }

  /** It begins, now; `end` of the same kind follows. */
  begin(kind: Incident): void {
    this.cells[kind * TOTAL_WORDS + 3] = monotonicNs();
  }

  end(kind: Incident): void {
    const { cells } = this;
    const at = this.next(kind);
    cells[at + 1] = cells[kind * TOTAL_WORDS + 3];
    cells[at + 2] = monotonicNs();
    cells[at + 3] = cells[at + 2] - cells[at + 1];
    this.count(kind, at);
  }

  /** One that was told of afterwards: `ns` of the time between start and end. Not for the hot path. */
  add(kind: Incident, startNs: number, endNs: number, ns: number): void {
    const at = this.next(kind);
    this.cells[at + 1] = startNs;
    this.cells[at + 2] = endNs;
    this.cells[at + 3] = ns;
    this.count(kind, at);
  }

  total(kind: Incident): IncidentTotal {
    const { cells } = this;
    const at = kind * TOTAL_WORDS;
    return { count: cells[at], totalNs: cells[at + 1], maxNs: cells[at + 2] };
  }

  /** Ns of each kind, among the incidents kept, that fell between two times; by kind. */
  between(fromNs: number, toNs: number): Float64Array {
    const found = new Float64Array(KINDS);
    const { cells } = this;
    for (let i = Math.max(0, cells[HEAD] - KEPT); i < cells[HEAD]; i++) {
      const at = FIRST + (i & (KEPT - 1)) * INCIDENT_WORDS;
      const overlapNs = Math.min(toNs, cells[at + 2]) - Math.max(fromNs, cells[at + 1]);
      if (overlapNs > 0) found[cells[at]] += Math.min(overlapNs, cells[at + 3]);
    }
    return found;
  }

  private next(kind: Incident): number {
    const { cells } = this;
    const at = FIRST + (cells[HEAD] & (KEPT - 1)) * INCIDENT_WORDS;
    cells[at] = kind;
    return at;
  }

  private count(kind: Incident, at: number): void {
    const { cells } = this;
    const total = kind * TOTAL_WORDS;
    cells[total]++;
    cells[total + 1] += cells[at + 3];
    if (cells[at + 3] > cells[total + 2]) cells[total + 2] = cells[at + 3];
    cells[HEAD]++;
  }
}

/** Of the thread that imports it: every thread has its own. */
export const thisThread = new MachineLog();
