/** Binance's REST snapshots name no symbol: the request does, or they are kept until an update joins one. */
import { MAX_UNCLAIMED_SNAPSHOTS } from '../../core/limits.ts';
import { Join, joinOf } from '../sequencer.ts';

interface Unclaimed {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export class UnclaimedSnapshots {
  /** Snapshots that went because there were too many. */
  dropped = 0;
  private readonly kept: Unclaimed[] = [];

  get count(): number {
    return this.kept.length;
  }

  /** Keeps a copy of the snapshot bytes[from, to). */
  add(id: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.kept.length === MAX_UNCLAIMED_SNAPSHOTS) {
      this.kept.shift();
      this.dropped++;
    }
    this.kept.push({ id, bytes: new Uint8Array(bytes.subarray(from, to)) });
  }

  /** The oldest snapshot that an update with these ids joins; it is not kept any more. */
  claim(first: number, final: number, previous: number): Uint8Array | null {
    const at = this.kept.findIndex(({ id }) => joinOf(id, first, final, previous) === Join.Joins);
    return at < 0 ? null : this.kept.splice(at, 1)[0].bytes;
  }
}

/** The symbol that a request was for, or null where its URL states none that can be read. */
export function symbolInUrl(url: string): string | null {
  const symbol = /[?&]symbol=([^&#]+)/i.exec(url)?.[1];
  if (symbol === undefined) return null;
  try {
    return decodeURIComponent(symbol);
  } catch {
    return null; // a % that is no escape
  }
}
