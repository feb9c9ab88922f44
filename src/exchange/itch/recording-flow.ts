/** An ITCH 5.0 recording as the flow of a venue, in the time of its messages or at a rate. */
import { TapeheadError } from '../../core/errors.ts';
import { openSource } from '../../feed/input/open.ts';
import type { ByteSource } from '../../feed/input/source.ts';
import type { MessageStore } from './message-store.ts';

/** Where a venue's messages come from. */
export interface ItchFlow {
  /** Adds the messages that are due when the venue has run for so long, at most `limit`. False: none will come any more. */
  advance(elapsedNs: number, store: MessageStore, limit: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface Pace {
  /** Times the recording's own time; infinity: as fast as can be. */
  readonly speed?: number;
  /** Messages a second, instead. */
  readonly rate?: number;
}

const READ_BYTES = 1 << 20;
const TWO_32 = 4294967296;

export class RecordingFlow implements ItchFlow {
  private readonly paths: string[];
  private readonly pace: Pace;
  private source: ByteSource | null = null;
  private bytes = new Uint8Array(2 * READ_BYTES);
  private at = 0;
  private to = 0;
  private firstNs = -1;
  private sent = 0;

  constructor(paths: readonly string[], pace: Pace) {
    this.paths = [...paths];
    this.pace = pace;
  }

  async advance(elapsedNs: number, store: MessageStore, limit: number): Promise<boolean> {
    for (let added = 0; added < limit; added++) {
      if (!this.hasMessage() && !(await this.fill())) return false;
      if (!this.isDue(elapsedNs)) return true;
      const length = this.length();
      store.add(this.bytes, this.at + 2, length);
      this.at += 2 + length;
      this.sent++;
    }
    return true;
  }

  async close(): Promise<void> {
    this.paths.length = 0;
    await this.source?.close();
    this.source = null;
  }

  private length(): number {
    return (this.bytes[this.at] << 8) | this.bytes[this.at + 1];
  }

  private hasMessage(): boolean {
    return this.to - this.at >= 2 && this.to - this.at >= 2 + this.length() && this.length() > 0;
  }

  private isDue(elapsedNs: number): boolean {
    if (this.pace.rate !== undefined) return this.sent < (elapsedNs / 1e9) * this.pace.rate;
    const view = new DataView(this.bytes.buffer, this.at + 2);
    const ns = view.getUint16(5) * TWO_32 + view.getUint32(7);
    if (this.firstNs < 0) this.firstNs = ns;
    return (ns - this.firstNs) / (this.pace.speed ?? 1) <= elapsedNs;
  }

  /** Reads on until there is a whole message; false at the end of the last file. */
  private async fill(): Promise<boolean> {
    while (!this.hasMessage()) {
      if (this.source === null) {
        const path = this.paths.shift();
        if (path === undefined) return false;
        this.source = await openSource({ path, entry: null });
      }
      this.bytes.copyWithin(0, this.at, this.to);
      this.to -= this.at;
      this.at = 0;
      const count = await this.source.read(this.bytes, this.to, Math.min(READ_BYTES, this.bytes.length - this.to));
      this.to += count;
      if (count === 0) await this.endFile();
    }
    return true;
  }

  private async endFile(): Promise<void> {
    const { source } = this;
    this.source = null;
    const left = this.to - this.at;
    const isWhole = left === 0 || (left === 2 && this.length() === 0);
    this.to = this.at;
    await source?.close();
    if (!isWhole)
      throw new TapeheadError('TRUNCATED', `${source?.name}: the last message is cut: not a whole recording`);
  }
}
