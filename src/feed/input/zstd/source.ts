/**
 * Zstandard files (RFC 8878) as a stream of bytes: frames, blocks, content checksums. Written for recordings: nothing of
 * a damaged file may hang it, pass unnoticed, or take more memory than the window it is allowed, and errors say where.
 * (Node 20 has no zstd; fzstd, tried first, skips checksums and can loop for ever on a flipped bit.)
 */
import { TapeheadError } from '../../../core/errors.ts';
import { type RawFile, UnpackingSource } from '../source.ts';
import { BlockDecoder, MAX_BLOCK_BYTES } from './block.ts';
import { ZstdDamage } from './damage.ts';
import { Xxh64 } from './xxh64.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50; // low 4 bits vary
/** What the zstd tool accepts without being asked: bounds our memory too. */
const MAX_WINDOW_BYTES = 1 << 27;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
/** Room for the largest frame header, block and checksum, several times. */
const INPUT_BYTES = 1 << 19;
/** Unpacked bytes before the window is moved to the buffer's start; at least a few blocks. */
const SLIDE_BYTES = 1 << 23;

export function isZstd(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  return magic === FRAME_MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

export class ZstdSource extends UnpackingSource {
  readonly name: string;
  private readonly file: RawFile;
  private readonly input = new Uint8Array(INPUT_BYTES);
  private readonly view = new DataView(this.input.buffer);
  /** input[at, filled) is not used yet; `at` is byte `filePosition` of the file. */
  private at = 0;
  private filled = 0;
  private filePosition = 0;
  private readonly blocks = new BlockDecoder();
  /** What the frame has given, as far as its window goes back: output[first, end). */
  private output: Uint8Array = new Uint8Array(0);
  private first = 0;
  private end = 0;
  private inFrame = false;
  private windowBytes = 0;
  private hasChecksum = false;
  private hash = new Xxh64();
  private finished = false;

  constructor(file: RawFile) {
    super();
    this.file = file;
    this.name = file.path;
  }

  get diskBytes(): number {
    return this.filePosition;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** A view of the output: it is used up before the next block overwrites it. */
  protected async next(): Promise<Uint8Array | null> {
    while (!this.finished) {
      if (!this.inFrame) {
        this.beginFrame();
        continue;
      }
      const from = this.makeRoom();
      this.block();
      if (this.end > from) return this.output.subarray(from, this.end);
    }
    return null;
  }

  private beginFrame(): void {
    const available = this.require(18);
    if (available === 0) this.finished = true;
    else if (available < 5) this.cut();
    else if (isSkippable(this.view.getUint32(this.at, true))) this.skipFrame(available);
    else if (this.view.getUint32(this.at, true) !== FRAME_MAGIC) throw this.damaged('no zstd frame begins here');
    else this.readHeader(available);
  }

  private skipFrame(available: number): void {
    if (available < 8) {
      this.cut();
      return;
    }
    const end = this.filePosition + 8 + this.view.getUint32(this.at + 4, true);
    if (end > this.file.size) {
      this.cut();
      return;
    }
    this.filePosition = end;
    this.at = 0;
    this.filled = 0;
  }

  /** Magic, descriptor, window descriptor, dictionary id, content size. */
  private readHeader(available: number): void {
    const descriptor = this.input[this.at + 4];
    const isSingle = (descriptor & 32) !== 0;
    const sizeFlag = descriptor >> 6;
    const idAt = this.at + (isSingle ? 5 : 6);
    const sizeAt = idAt + DICTIONARY_ID_BYTES[descriptor & 3];
    const headerEnd = sizeAt + (sizeFlag === 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag);
    if (available < headerEnd - this.at) {
      this.cut();
      return;
    }
    if ((descriptor & 8) !== 0) throw this.damaged('a reserved bit of the frame header is set');
    if (this.input.subarray(idAt, sizeAt).some((byte) => byte !== 0)) {
      throw this.unsupported('a dictionary: recompress without one');
    }
    this.windowBytes = isSingle ? this.contentSize(sizeFlag, sizeAt) : windowSize(this.input[this.at + 5]);
    if (this.windowBytes > MAX_WINDOW_BYTES) {
      throw this.unsupported(
        `a window of ${this.windowBytes} bytes, more than ${MAX_WINDOW_BYTES}: recompress without --long`,
      );
    }
    const outputBytes = this.windowBytes + Math.max(Math.min(this.windowBytes, SLIDE_BYTES), 4 * MAX_BLOCK_BYTES);
    if (this.output.length < outputBytes) this.output = new Uint8Array(outputBytes);
    this.first = 0;
    this.end = 0;
    this.hasChecksum = (descriptor & 4) !== 0;
    this.hash = new Xxh64();
    this.blocks.beginFrame();
    this.inFrame = true;
    this.use(headerEnd - this.at);
  }

  private contentSize(sizeFlag: number, at: number): number {
    if (sizeFlag === 0) return this.input[at];
    if (sizeFlag === 1) return this.view.getUint16(at, true) + 256;
    const low = this.view.getUint32(at, true);
    return sizeFlag === 2 ? low : this.view.getUint32(at + 4, true) * 2 ** 32 + low;
  }

  private block(): void {
    if (this.require(3) < 3) {
      this.cut();
      return;
    }
    const header = this.input[this.at] | (this.input[this.at + 1] << 8) | (this.input[this.at + 2] << 16);
    const isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) throw this.damaged('impossible block header');
    const blockBytes = 3 + (type === 1 ? 1 : size);
    const checksumBytes = isLast && this.hasChecksum ? 4 : 0;
    const available = this.require(blockBytes + checksumBytes);
    if (available < blockBytes) {
      this.cut();
      return;
    }
    const from = this.end;
    this.unpack(type, size);
    if (this.hasChecksum) this.hash.update(this.output.subarray(from, this.end));
    this.use(blockBytes);
    if (!isLast) return;
    this.inFrame = false;
    if (available < blockBytes + checksumBytes) {
      this.cut();
      return;
    }
    if (checksumBytes > 0 && this.hash.low32() !== this.view.getUint32(this.at, true)) {
      throw this.damaged('the content of the frame that ends here does not match its checksum');
    }
    this.use(checksumBytes);
  }

  private unpack(type: number, size: number): void {
    const from = this.at + 3;
    if (type === 2) {
      try {
        this.end = this.blocks.decode(this.input, from, from + size, this.output, this.first, this.end);
      } catch (error) {
        if (error instanceof ZstdDamage) throw this.damaged(error.message);
        throw error;
      }
      return;
    }
    if (type === 0) this.output.set(this.input.subarray(from, from + size), this.end);
    else this.output.fill(this.input[from], this.end, this.end + size);
    this.end += size;
  }

  /** Makes sure that a block fits behind `end`, which it returns; keeps a window of what is before it. */
  private makeRoom(): number {
    if (this.end + MAX_BLOCK_BYTES > this.output.length) {
      const keepFrom = Math.max(this.end - this.windowBytes, 0);
      this.output.copyWithin(0, keepFrom, this.end);
      this.end -= keepFrom;
    }
    this.first = Math.max(this.end - this.windowBytes, 0);
    return this.end;
  }

  /** Makes `count` bytes available at `at` if the file has them; returns how many there are. */
  private require(count: number): number {
    if (this.filled - this.at < count) {
      this.input.copyWithin(0, this.at, this.filled);
      this.filled -= this.at;
      this.at = 0;
      const room = INPUT_BYTES - this.filled;
      this.filled += this.file.read(this.input, this.filled, room, this.filePosition + this.filled);
    }
    return this.filled - this.at;
  }

  private use(count: number): void {
    this.at += count;
    this.filePosition += count;
  }

  private cut(): void {
    this.finished = true;
    this.truncated = `the compressed data is cut at byte ${this.file.size}`;
  }

  private unsupported(what: string): TapeheadError {
    return new TapeheadError('FORMAT', `${this.name}: the zstd frame at byte ${this.filePosition} needs ${what}`);
  }

  private damaged(what: string): TapeheadError {
    return new TapeheadError('CORRUPT', `${this.name}: damaged zstd data at byte ${this.filePosition}: ${what}`);
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
