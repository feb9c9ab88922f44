/** What a text feed counts: messages by the venue's type name, checksums, and remarks for the summary. */
import type { FeedStats } from '../feed.ts';
import { NameTable } from './name-table.ts';

/** Names of message types a venue may invent before they are counted together. */
const MAX_TYPES = 256;
/** Remarks about single messages; what comes after is only counted. */
const MAX_NOTES = 64;

/** What has no name, or one too many. */
const UNNAMED = 'types beyond the first 256';

export class TextStats implements FeedStats {
  readonly messagesByType = new Map<string, number>();
  checksumsVerified = 0;
  readonly notes: string[] = [];
  private readonly names = new NameTable();
  private readonly labels: string[] = [];
  private counts = new Float64Array(MAX_TYPES + 1);
  private readonly said: string[] = [];
  private unsaid = 0;

  /** Number of a message type, to count it with. */
  type(name: string): number {
    const bytes = Buffer.from(name, 'utf8');
    return this.typeOf(bytes, 0, bytes.length);
  }

  /** Number of the message type that bytes[from, to) name. */
  typeOf(bytes: Uint8Array, from: number, to: number): number {
    const type = this.names.find(bytes, from, to);
    if (type >= 0) return type;
    if (this.names.names.length === MAX_TYPES || to - from > 64) return MAX_TYPES;
    this.labels.push(Buffer.from(bytes.subarray(from, to)).toString('utf8'));
    return this.names.add(bytes, from, to);
  }

  count(type: number): void {
    this.counts[type]++;
  }

  /** A remark about one message. */
  note(text: string): void {
    if (this.said.length < MAX_NOTES) this.said.push(text);
    else this.unsaid++;
  }

  /** Brings `messagesByType` and `notes` up to date; `remarks`: what there is to say of the whole so far. */
  publish(remarks: readonly string[]): void {
    const { names } = this.names;
    for (let type = 0; type < names.length; type++) {
      if (this.counts[type] > 0) this.messagesByType.set(this.labels[type], this.counts[type]);
    }
    if (this.counts[MAX_TYPES] > 0) this.messagesByType.set(UNNAMED, this.counts[MAX_TYPES]);
    this.notes.length = 0;
    this.notes.push(...this.said, ...remarks);
    if (this.unsaid > 0) this.notes.push(`${this.unsaid} more remarks of this kind`);
  }
}
