/**
 * Zstandard files (RFC 8878), unpacked by fzstd one frame at a time. Frames and blocks are walked here, not by fzstd,
 * because only the walk can say where a cut or damaged file went wrong, bound the window before it is allocated, and
 * check the content checksum, which fzstd skips: a flipped bit in a literal would otherwise become a wrong price.
 */
import { Decompress } from 'fzstd';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { type RawFile, UnpackingSource } from './source.ts';
import { Xxh64 } from './xxh64.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50; // low 4 bits vary
const MAX_BLOCK_BYTES = 1 << 17;
/** fzstd reads match offsets of at most 25 bits: enough for every level up to 20. Bounds our memory too. */
const MAX_WINDOW_BYTES = 1 << 25;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
/** Room for the largest frame header, block and checksum, several times. */
const INPUT_BYTES = 1 << 19;

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
  /** Window of the file held in `input`: bytes [at, filled) are not used yet; `at` is file byte `filePosition`. */
  private at = 0;
  private filled = 0;
  private filePosition = 0;
  private outputs: Uint8Array[] = [];
  private frame: Decompress | null = null;
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

  protected async next(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.outputs.shift();
      if (piece !== undefined) {
        if (piece.length > 0) return piece;
      } else if (this.finished) {
        return null;
      } else if (this.frame === null) {
        await this.beginFrame();
      } else {
        await this.block();
      }
    }
  }

  private async beginFrame(): Promise<void> {
    const available = await this.require(18);
    if (available === 0) {
      this.finished = true;
      return;
    }
    if (available < 5) return this.cut();
    const magic = this.view.getUint32(this.at, true);
    if (isSkippable(magic)) return this.skipFrame(available);
    if (magic !== FRAME_MAGIC) throw this.damaged('no zstd frame begins here');
    const headerBytes = this.headerLength();
    if (available < headerBytes) return this.cut();
    this.checkHeader(headerBytes);
    this.hasChecksum = (this.input[this.at + 4] & 4) !== 0;
    this.hash = new Xxh64();
    this.frame = new Decompress((piece) => {
      if (this.hasChecksum) this.hash.update(piece);
      this.outputs.push(piece);
    });
    this.unpack(this.frame, headerBytes, false);
  }

  private async skipFrame(available: number): Promise<void> {
    if (available < 8) return this.cut();
    const end = this.filePosition + 8 + this.view.getUint32(this.at + 4, true);
    if (end > this.file.size) return this.cut();
    this.filePosition = end;
    this.at = 0;
    this.filled = 0;
  }

  /** Magic, descriptor, window descriptor, dictionary id, content size. */
  private headerLength(): number {
    const descriptor = this.input[this.at + 4];
    const single = (descriptor >> 5) & 1;
    const sizeFlag = descriptor >> 6;
    return 5 + (1 - single) + DICTIONARY_ID_BYTES[descriptor & 3] + (sizeFlag === 0 ? single : 1 << sizeFlag);
  }

  private checkHeader(headerBytes: number): void {
    const descriptor = this.input[this.at + 4];
    if ((descriptor & 8) !== 0) throw this.damaged('a reserved bit of the frame header is set');
    const window = (descriptor & 32) !== 0 ? this.contentSize(headerBytes) : this.windowSize();
    if (window > MAX_WINDOW_BYTES) {
      throw this.unsupported(
        `a window of ${window} bytes, more than ${MAX_WINDOW_BYTES}: recompress at level 19, without --long`,
      );
    }
    const idAt = this.at + ((descriptor & 32) !== 0 ? 5 : 6);
    const idBytes = this.input.subarray(idAt, idAt + DICTIONARY_ID_BYTES[descriptor & 3]);
    if (idBytes.some((byte) => byte !== 0)) throw this.unsupported('a dictionary: recompress without one');
  }

  private windowSize(): number {
    const descriptor = this.input[this.at + 5];
    const base = 2 ** (10 + (descriptor >> 3));
    return base + (base / 8) * (descriptor & 7);
  }

  private contentSize(headerBytes: number): number {
    const end = this.at + headerBytes;
    switch (this.input[this.at + 4] >> 6) {
      case 0:
        return this.input[end - 1];
      case 1:
        return this.view.getUint16(end - 2, true) + 256;
      case 2:
        return this.view.getUint32(end - 4, true);
      default:
        return this.view.getUint32(end - 4, true) * 2 ** 32 + this.view.getUint32(end - 8, true);
    }
  }

  private async block(): Promise<void> {
    const frame = this.frame!;
    if ((await this.require(3)) < 3) return this.cut();
    const header = this.input[this.at] | (this.input[this.at + 1] << 8) | (this.input[this.at + 2] << 16);
    const last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) throw this.damaged('impossible block header');
    const blockBytes = 3 + (type === 1 ? 1 : size);
    const checksumBytes = last && this.hasChecksum ? 4 : 0;
    const available = await this.require(blockBytes + checksumBytes);
    if (available < blockBytes) return this.cut();
    if (available < blockBytes + checksumBytes) {
      this.input.fill(0, this.filled, this.filled + 4); // fzstd wants four bytes there, whatever they are
      this.unpack(frame, blockBytes + 4, true);
      return this.cut();
    }
    const expected = checksumBytes === 0 ? 0 : this.view.getUint32(this.at + blockBytes, true);
    this.unpack(frame, blockBytes + checksumBytes, last);
    if (!last) return;
    this.frame = null;
    if (checksumBytes !== 0 && this.hash.low32() !== expected) {
      throw this.damaged('the content of the frame that ends here does not match its checksum');
    }
  }

  /** Hands `count` bytes to fzstd, which keeps what it can't use yet: hence the copy. */
  private unpack(frame: Decompress, count: number, final: boolean): void {
    try {
      frame.push(this.input.slice(this.at, this.at + count), final);
    } catch (error) {
      throw this.damaged(messageOf(error));
    }
    this.at += count;
    this.filePosition += count;
  }

  /** Makes `count` bytes available at `at` if the file has them; returns how many there are, at most INPUT_BYTES. */
  private async require(count: number): Promise<number> {
    if (this.filled - this.at < count) {
      this.input.copyWithin(0, this.at, this.filled);
      this.filled -= this.at;
      this.at = 0;
      const room = INPUT_BYTES - 4 - this.filled; // 4: see the missing checksum in `block`
      this.filled += this.file.read(this.input, this.filled, room, this.filePosition + this.filled);
    }
    return this.filled - this.at;
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
