/** Things that happen at set times of a simulated session, in order of time, then of being entered. */
interface Entry {
  readonly at: number;
  readonly run: () => void;
}

export class Agenda {
  private readonly entries: Entry[] = [];

  /** `at`: ns since midnight. May be called from a running entry. */
  add(at: number, run: () => void): void {
    let index = this.entries.length;
    while (index > 0 && this.entries[index - 1].at > at) index--;
    this.entries.splice(index, 0, { at, run });
  }

  /** Every `stepNs` from `from` on, before `to`. */
  every(from: number, to: number, stepNs: number, run: () => void): void {
    for (let at = from; at < to; at += stepNs) this.add(at, run);
  }

  /** Runs what is due at or before `time`; `clock` is told each entry's time first. */
  runUntil(time: number, clock: (at: number) => void): void {
    while (this.entries.length > 0 && this.entries[0].at <= time) {
      const entry = this.entries.shift()!;
      clock(entry.at);
      entry.run();
    }
  }
}
