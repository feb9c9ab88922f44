/**
 * How many decimals an instrument's numbers need. Engines count in units that are finer than what is traded (2,428.51000000):
 * trailing zeros that no number has needed so far are left out, for all numbers of a kind alike so that columns stay aligned.
 * Nothing is rounded away: a number that needs more widens the others.
 */

const LEAST = 2;

export class Precision {
  /** Counts changes. */
  version = 0;
  private readonly needed = new Map<number, number>();
  private readonly scales = new Map<number, number>();

  /** `decimals`: of the instrument's unit; others than before begin anew. */
  see(instrument: number, units: number, decimals: number): void {
    if (this.scales.get(instrument) !== decimals) {
      this.scales.set(instrument, decimals);
      this.needed.set(instrument, Math.min(LEAST, decimals));
      this.version++;
    }
    const needed = this.needed.get(instrument) as number;
    // A multiple of the coarser unit needs no more.
    if (needed >= decimals || !Number.isInteger(units) || units % 10 ** (decimals - needed) === 0) return;
    this.needed.set(instrument, needed + 1);
    this.version++;
    this.see(instrument, units, decimals);
  }

  decimals(instrument: number, otherwise: number): number {
    return this.needed.get(instrument) ?? otherwise;
  }
}
