/** Lines of a file, one at a time, without a string for each. CRLF and a missing newline at the end are accepted. */
import { TapeheadError } from '../../core/errors.ts';
import { READ_CHUNK_BYTES } from '../../core/limits.ts';
import type { ByteSource } from '../input/source.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** A row of 1,000 levels a side has 40 KB at most. */
const MAX_ROW_BYTES = 1 << 18;

export class LineReader {
  readonly source: ByteSource;
  /** The line is bytes[from, to), without its end. */
  bytes: Uint8Array;
  from = 0;
  to = 0;
  /** Of the line, from 1. */
  lineNumber = 0;
  /** False for a final line without newline, which may be cut. */
  terminated = true;
  private next = 0;
  private filled = 0;
  private ended = false;
  private readonly chunkBytes: number;

  constructor(source: ByteSource, chunkBytes = READ_CHUNK_BYTES) {
    this.source = source;
    this.chunkBytes = chunkBytes;
    this.bytes = new Uint8Array(chunkBytes + MAX_ROW_BYTES);
  }

  /** Moves to the next line that is not empty; false where more must be read first (`fill`). */
  advance(): boolean {
    while (this.next < this.filled) {
      const newline = this.bytes.indexOf(NEWLINE, this.next);
      if (newline < 0 || newline >= this.filled) {
        if (!this.ended) return false;
        this.take(this.filled, this.filled);
        this.terminated = false;
      } else {
        this.take(newline, newline + 1);
      }
      if (this.to > this.from) return true;
    }
    return false;
  }

  /** Reads on; false at the end of the file, when `advance` has nothing more to give either. */
  async fill(): Promise<boolean> {
    if (this.ended) return false;
    this.bytes.copyWithin(0, this.next, this.filled);
    this.filled -= this.next;
    this.next = 0;
    if (this.filled > MAX_ROW_BYTES) {
      throw new TapeheadError(
        'CORRUPT',
        `${this.source.name}: line ${this.lineNumber + 1} has no end within ${MAX_ROW_BYTES} bytes: damaged, or not LOBSTER`,
      );
    }
    const count = await this.source.read(this.bytes, this.filled, this.chunkBytes);
    this.filled += count;
    this.ended = count === 0;
    return !this.ended || this.filled > 0;
  }

  private take(end: number, next: number): void {
    this.from = this.next;
    this.to = end > this.next && this.bytes[end - 1] === RETURN ? end - 1 : end;
    this.next = next;
    this.lineNumber++;
  }
}
