/** One compressed block (RFC 8878, section 3.1.1.3): literals, and sequences that say how they and copies make it up. */
import { bitsAt, demand, streamEnd } from './damage.ts';
import { baseOf, bitsOf, FseTable, symbolOf } from './fse.ts';
import { HuffmanTable } from './huffman.ts';

export const MAX_BLOCK_BYTES = 1 << 17;

const series = (count: number, first: number) => Array.from({ length: count }, (_, i) => first + i);
const powers = (count: number, first: number, more: number) => series(count, first).map((bits) => 2 ** bits + more);
const repeated = (count: number, value: number) => Array.from({ length: count }, () => value);
/** By literal length code: the value's base, and how many bits to add. */
const LITERAL_BASES = Int32Array.of(...series(16, 0), 16, 18, 20, 22, 24, 28, 32, 40, 48, ...powers(11, 6, 0));
const LITERAL_BITS = Uint8Array.of(...repeated(16, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, ...series(11, 6));
/** By match length code. */
const MATCH_SHORT = [35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99];
const MATCH_BASES = Int32Array.of(...series(32, 3), ...MATCH_SHORT, ...powers(10, 7, 3));
const MATCH_BITS = Uint8Array.of(...repeated(32, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, ...series(10, 7));
const MAX_OFFSET_CODE = 27; // windows of 2^27 bytes, the most that is accepted

/** Section 3.1.1.3.2.2: the predefined distributions. */
const LITERAL_DEFAULTS = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
];
const MATCH_DEFAULTS = [1, 4, 3, 2, 2, 2, 2, 2, 2, ...repeated(37, 1), -1, -1, -1, -1, -1, -1, -1];
const OFFSET_DEFAULTS = [1, 1, 1, 1, 1, 1, 2, 2, 2, ...repeated(15, 1), -1, -1, -1, -1, -1];

/** A table in its three possible sources; `current` is the one the last block used. */
class SequenceTable {
  current: FseTable | null = null;
  private readonly predefined: FseTable;
  private readonly own: FseTable;
  private readonly maxSymbol: number;

  constructor(maxAccuracy: number, defaults: readonly number[], accuracy: number, maxSymbol: number) {
    this.predefined = new FseTable(accuracy);
    this.predefined.setProbabilities(defaults, accuracy);
    this.own = new FseTable(maxAccuracy);
    this.maxSymbol = maxSymbol;
  }

  /** Takes the table that `mode` says; returns where the next one's description begins. */
  read(mode: number, bytes: Uint8Array, from: number, to: number): number {
    switch (mode) {
      case 0:
        this.current = this.predefined;
        return from;
      case 1:
        demand(from < to && bytes[from] <= this.maxSymbol, 'a sequence code that does not exist');
        this.own.setSingle(bytes[from]);
        this.current = this.own;
        return from + 1;
      case 2: {
        const end = this.own.read(bytes, from, to, this.maxSymbol);
        this.current = this.own;
        return end;
      }
      default:
        demand(this.current !== null, 'a table is to be used again that never was');
        return from;
    }
  }
}

export class BlockDecoder {
  private readonly literals = new Uint8Array(MAX_BLOCK_BYTES);
  private literalCount = 0;
  private readonly huffman = new HuffmanTable();
  private readonly literalLengths = new SequenceTable(9, LITERAL_DEFAULTS, 6, LITERAL_BASES.length - 1);
  private readonly offsets = new SequenceTable(8, OFFSET_DEFAULTS, 5, MAX_OFFSET_CODE);
  private readonly matchLengths = new SequenceTable(9, MATCH_DEFAULTS, 6, MATCH_BASES.length - 1);
  /** The three last offsets. */
  private readonly recent = new Int32Array(3);

  /** What blocks of a frame share starts anew. */
  beginFrame(): void {
    this.recent.set([1, 4, 8]);
    this.huffman.maxBits = 0;
    this.literalLengths.current = null;
    this.offsets.current = null;
    this.matchLengths.current = null;
  }

  /**
   * Unpacks the block bytes[from, to) into `out` from `at` on, where out[first, at) is what the frame has so far (as
   * much of it as its window holds). Returns the end of what was written.
   */
  decode(bytes: Uint8Array, from: number, to: number, out: Uint8Array, first: number, at: number): number {
    const sequencesAt = this.readLiterals(bytes, from, to);
    return this.runSequences(bytes, sequencesAt, to, out, first, at);
  }

  private readLiterals(bytes: Uint8Array, from: number, to: number): number {
    demand(from < to, 'a block without a literals section');
    const type = bytes[from] & 3;
    const format = (bytes[from] >> 2) & 3;
    if (type >= 2) return this.readPackedLiterals(bytes, from, to, type === 2, format);
    const headerBytes = (format & 1) === 0 ? 1 : format === 1 ? 2 : 3;
    const sizeBits = [5, 12, 5, 20][format];
    const size = bitsAt(bytes, from * 8 + (headerBytes === 1 ? 3 : 4), sizeBits);
    const dataAt = from + headerBytes;
    const end = dataAt + (type === 0 ? size : 1);
    demand(end <= to && size <= MAX_BLOCK_BYTES, 'literals that do not fit their block');
    if (type === 0) this.literals.set(bytes.subarray(dataAt, end));
    else this.literals.fill(bytes[dataAt], 0, size);
    this.literalCount = size;
    return end;
  }

  private readPackedLiterals(bytes: Uint8Array, from: number, to: number, hasTree: boolean, format: number): number {
    const sizeBits = [10, 10, 14, 18][format];
    const size = bitsAt(bytes, from * 8 + 4, sizeBits);
    const packed = bitsAt(bytes, from * 8 + 4 + sizeBits, sizeBits);
    let at = from + [3, 3, 4, 5][format];
    const end = at + packed;
    demand(end <= to && size <= MAX_BLOCK_BYTES, 'literals that do not fit their block');
    if (hasTree) at = this.huffman.read(bytes, at, end);
    demand(this.huffman.maxBits > 0, 'a Huffman tree is to be used again that never was');
    if (format === 0) this.huffman.decode(bytes, at, end, this.literals, 0, size);
    else this.decodeFourStreams(bytes, at, end, size);
    this.literalCount = size;
    return end;
  }

  private decodeFourStreams(bytes: Uint8Array, from: number, to: number, size: number): void {
    const quarter = (size + 3) >> 2;
    demand(to - from >= 6 && 3 * quarter <= size, 'literals without their four streams');
    let at = from + 6;
    for (let stream = 0; stream < 4; stream++) {
      const bytesOfStream = bytes[from + stream * 2] | (bytes[from + stream * 2 + 1] << 8);
      const end = stream === 3 ? to : at + bytesOfStream;
      demand(end <= to, 'literals without their four streams');
      const outEnd = stream === 3 ? size : (stream + 1) * quarter;
      this.huffman.decode(bytes, at, end, this.literals, stream * quarter, outEnd);
      at = end;
    }
  }

  private runSequences(
    bytes: Uint8Array,
    from: number,
    to: number,
    out: Uint8Array,
    first: number,
    at: number,
  ): number {
    demand(from < to, 'a block without a sequences section');
    const byte = bytes[from];
    const headerBytes = byte < 128 ? 1 : byte < 255 ? 2 : 3;
    demand(from + headerBytes <= to, 'a block without a sequences section');
    let count = byte;
    if (headerBytes === 2) count = ((byte - 128) << 8) | bytes[from + 1];
    else if (headerBytes === 3) count = (bytes[from + 1] | (bytes[from + 2] << 8)) + 0x7f00;
    if (count === 0) {
      demand(from + headerBytes === to, 'bytes behind the end of a block');
      return copy(this.literals, 0, this.literalCount, out, at);
    }
    const modesAt = from + headerBytes;
    demand(modesAt < to && (bytes[modesAt] & 3) === 0, 'a block with unknown table modes');
    const modes = bytes[modesAt];
    let tableAt = this.literalLengths.read(modes >> 6, bytes, modesAt + 1, to);
    tableAt = this.offsets.read((modes >> 4) & 3, bytes, tableAt, to);
    tableAt = this.matchLengths.read((modes >> 2) & 3, bytes, tableAt, to);
    return this.sequences(bytes, tableAt, to, count, out, first, at);
  }

  private sequences(
    bytes: Uint8Array,
    from: number,
    to: number,
    count: number,
    out: Uint8Array,
    first: number,
    start: number,
  ): number {
    const literalTable = this.literalLengths.current!;
    const offsetTable = this.offsets.current!;
    const matchTable = this.matchLengths.current!;
    const limit = start + MAX_BLOCK_BYTES;
    const { literalCount } = this;
    let at = start;
    let used = 0;
    let bit = streamEnd(bytes, from, to);
    let literalState = literalTable.states[bitsAt(bytes, (bit -= literalTable.accuracy), literalTable.accuracy)];
    let offsetState = offsetTable.states[bitsAt(bytes, (bit -= offsetTable.accuracy), offsetTable.accuracy)];
    let matchState = matchTable.states[bitsAt(bytes, (bit -= matchTable.accuracy), matchTable.accuracy)];
    for (let left = count; ; left--) {
      const offsetBits = symbolOf(offsetState);
      const matchCode = symbolOf(matchState);
      const literalCode = symbolOf(literalState);
      const offsetValue = (1 << offsetBits) + longBitsAt(bytes, (bit -= offsetBits), offsetBits);
      const length = MATCH_BASES[matchCode] + bitsAt(bytes, (bit -= MATCH_BITS[matchCode]), MATCH_BITS[matchCode]);
      bit -= LITERAL_BITS[literalCode];
      const literals = LITERAL_BASES[literalCode] + bitsAt(bytes, bit, LITERAL_BITS[literalCode]);
      const literalsEnd = used + literals;
      const offset = this.offsetOf(offsetValue, literals);
      demand(
        literalsEnd <= literalCount && at + literals + length <= limit && offset > 0 && offset <= at + literals - first,
        'a sequence that does not fit its block',
      );
      at = copy(this.literals, used, literalsEnd, out, at);
      at = copyMatch(out, at, offset, length);
      used = literalsEnd;
      if (left === 1) break;
      bit -= bitsOf(literalState);
      literalState = literalTable.states[baseOf(literalState) + bitsAt(bytes, bit, bitsOf(literalState))];
      bit -= bitsOf(matchState);
      matchState = matchTable.states[baseOf(matchState) + bitsAt(bytes, bit, bitsOf(matchState))];
      bit -= bitsOf(offsetState);
      offsetState = offsetTable.states[baseOf(offsetState) + bitsAt(bytes, bit, bitsOf(offsetState))];
    }
    demand(bit === from * 8, 'sequences that do not fill their stream');
    demand(at + literalCount - used <= limit, 'a block that is too long');
    return copy(this.literals, used, literalCount, out, at);
  }

  /** Section 3.1.1.5: values 1-3 stand for recent offsets. Moves the offset to the front of them. */
  private offsetOf(value: number, literals: number): number {
    const { recent } = this;
    const which = value > 3 ? 3 : value - 1 + (literals === 0 ? 1 : 0);
    if (which === 0) return recent[0];
    const offset = value > 3 ? value - 3 : which === 3 ? recent[0] - 1 : recent[which];
    if (which !== 1) recent[2] = recent[1];
    recent[1] = recent[0];
    recent[0] = offset;
    return offset;
  }
}

/** Copies source[from, to) to out[at ...); returns where it ends. */
function copy(source: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  for (let i = from; i < to; i++) out[at++] = source[i];
  return at;
}

/** As `bitsAt`, for up to 32 bits. */
function longBitsAt(bytes: Uint8Array, at: number, count: number): number {
  if (count <= 24) return bitsAt(bytes, at, count);
  return bitsAt(bytes, at, 16) + (bitsAt(bytes, at + 16, count - 16) << 16);
}

/** Copies `length` bytes from `offset` before `at`; they may overlap what is written. */
function copyMatch(out: Uint8Array, at: number, offset: number, length: number): number {
  const end = at + length;
  if (offset >= length && length > 64) {
    out.copyWithin(at, at - offset, at - offset + length);
    return end;
  }
  for (; at < end; at++) out[at] = out[at - offset];
  return at;
}
