/**
 * Deflate: gzip files (several members one after another are one stream) and the entries of zip archives. Input goes to
 * zlib in pieces of fixed size, one at a time, and all output of a piece is taken before the next goes in: nothing is
 * lost when the data turns out to be cut, and memory is bounded by what 64 KiB can unpack to.
 */
import { constants, crc32, createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { type RawFile, UnpackingSource } from './source.ts';

const INPUT_BYTES = 1 << 16;
const OUTPUT_BYTES = 1 << 18;

/** Which bytes of the file hold the data, and what is known of its content. */
export interface PackedRange {
  /** What errors call it. */
  readonly name: string;
  readonly method: 'gzip' | 'deflate' | 'stored';
  readonly start: number;
  /** Exclusive; may lie beyond the end of a file that was cut. */
  readonly end: number;
  /** CRC-32 of the content where the container states it (gzip checks its own). */
  readonly crc: number | null;
}

export class InflateSource extends UnpackingSource {
  readonly name: string;
  private readonly file: RawFile;
  private readonly range: PackedRange;
  private readonly input = new Uint8Array(INPUT_BYTES);
  private readonly inflater: Gunzip | InflateRaw | null;
  private readonly outputs: Uint8Array[] = [];
  private readAt: number;
  private crc = 0;
  /** The compressed data ended by itself: what follows is not part of it. */
  private ended = false;
  private finished = false;
  private zlibError: Error | null = null;
  private settle: (() => void) | null = null;

  constructor(file: RawFile, range: PackedRange) {
    super();
    this.file = file;
    this.range = range;
    this.name = range.name;
    this.readAt = range.start;
    this.inflater = range.method === 'stored' ? null : range.method === 'gzip' ? gunzip() : inflateRaw();
    this.inflater?.on('data', (piece: Uint8Array) => {
      this.outputs.push(piece);
    });
    this.inflater?.on('end', () => {
      this.ended = true;
      this.settle?.();
    });
    this.inflater?.on('error', (error: Error) => {
      this.zlibError = error;
      this.settle?.();
    });
  }

  get diskBytes(): number {
    return this.readAt - this.range.start;
  }

  async close(): Promise<void> {
    this.inflater?.destroy();
    await this.file.close();
  }

  protected async next(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.outputs.shift();
      if (piece !== undefined) {
        if (this.range.crc !== null) this.crc = crc32(piece, this.crc);
        return piece;
      }
      if (this.zlibError !== null) return this.fail(this.zlibError);
      if (this.finished) return null;
      if (this.ended) {
        this.finished = true;
        if (this.range.method === 'gzip') await this.checkPadding();
        this.checkCrc();
      } else {
        await this.unpackMore();
      }
    }
  }

  private async unpackMore(): Promise<void> {
    const { end } = this.range;
    const count = this.file.read(this.input, 0, Math.min(INPUT_BYTES, end - this.readAt), this.readAt);
    this.readAt += count;
    if (this.inflater === null) {
      if (count > 0) this.outputs.push(this.input.slice(0, count));
      else if (this.readAt < end) this.cut();
      else this.ended = true;
      return;
    }
    const inflater = this.inflater;
    await new Promise<void>((resolve) => {
      this.settle = resolve;
      if (count > 0) inflater.write(this.input.subarray(0, count), () => resolve());
      else inflater.end(); // 'end', or Z_BUF_ERROR where the data is cut
    });
  }

  private fail(error: Error): null {
    if ('code' in error && error.code === 'Z_BUF_ERROR') {
      this.cut();
      return null;
    }
    throw new TapeheadError(
      'CORRUPT',
      `${this.name}: damaged compressed data near byte ${this.consumedTo()}: ${messageOf(error)}`,
    );
  }

  private cut(): void {
    this.zlibError = null;
    this.finished = true;
    this.truncated = `the compressed data is cut at byte ${this.readAt}`;
  }

  /** Position in the file up to which zlib has used the data. */
  private consumedTo(): number {
    return this.range.start + (this.inflater?.bytesWritten ?? 0);
  }

  /** Zeros may pad a gzip file (tape blocks); anything else behind its end was never unpacked. */
  private async checkPadding(): Promise<void> {
    let position = this.consumedTo();
    for (;;) {
      const count = this.file.read(this.input, 0, INPUT_BYTES, position);
      if (count === 0) break;
      const other = this.input.subarray(0, count).findIndex((byte) => byte !== 0);
      if (other >= 0) {
        throw new TapeheadError(
          'CORRUPT',
          `${this.name}: bytes from ${position + other} on are not part of the gzip data: damaged or badly joined`,
        );
      }
      position += count;
    }
    this.readAt = position;
  }

  private checkCrc(): void {
    if (this.range.crc !== null && this.crc !== this.range.crc) {
      throw new TapeheadError('CORRUPT', `${this.name}: the content does not match its CRC-32: damaged archive`);
    }
  }
}

function gunzip(): Gunzip {
  return createGunzip({ chunkSize: OUTPUT_BYTES, finishFlush: constants.Z_FINISH });
}

function inflateRaw(): InflateRaw {
  return createInflateRaw({ chunkSize: OUTPUT_BYTES, finishFlush: constants.Z_FINISH });
}
