/** What a text feed counts: messages by the venue's type name, checksums, and remarks for the summary. */
import type { FeedStats } from '../feed.ts';
import { NameTable } from './name-table.ts';

/** Names of message types a venue may invent before they are counted as "other". */
const MAX_TYPES = 256;
/** Remarks about single messages; what comes after is only counted. */
const MAX_NOTES = 64;

const OTHER = 'other';

export class TextStats implements FeedStats {
  readonly messagesByType = new Map<string, number>();
  checksumsVerified = 0;
  readonly notes: string[] = [];
  private readonly names = new NameTable();
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
    if (this.names.names.length < MAX_TYPES && to - from <= 64) return this.names.add(bytes, from, to);
    return MAX_TYPES;
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
    for (let type = 0; type <= MAX_TYPES; type++) {
      const count = this.counts[type];
      if (count === 0) continue;
      this.messagesByType.set(type < MAX_TYPES ? Buffer.from(names[type]).toString('utf8') : OTHER, count);
    }
    this.notes.length = 0;
    this.notes.push(...this.said, ...remarks);
    if (this.unsaid > 0) this.notes.push(`${this.unsaid} more remarks of this kind`);
  }
}
