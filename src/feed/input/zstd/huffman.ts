/** Huffman-coded literals (RFC 8878, section 4.2). */
import { bitsAt, demand, highestBit, streamEnd } from './damage.ts';
import { baseOf, bitsOf, FseTable, symbolOf } from './fse.ts';

const MAX_BITS = 11;
const MAX_WEIGHTS = 255;
const WEIGHT_ACCURACY = 6;

export class HuffmanTable {
  /** Longest code in bits; 0: no table yet. */
  maxBits = 0;
  /** By the next `maxBits` bits: the symbol and the length of its code. */
  private readonly symbols = new Uint8Array(1 << MAX_BITS);
  private readonly lengths = new Uint8Array(1 << MAX_BITS);
  private readonly weights = new Uint8Array(MAX_WEIGHTS + 1);
  private readonly weightTable = new FseTable(WEIGHT_ACCURACY);

  /** Reads the tree's description from byte `from` on; returns where it ends. */
  read(bytes: Uint8Array, from: number, to: number): number {
    demand(from < to, 'a Huffman tree is missing');
    const header = bytes[from];
    if (header >= 128) {
      const count = header - 127;
      const end = from + 1 + ((count + 1) >> 1);
      demand(end <= to, 'a Huffman tree is cut');
      for (let i = 0; i < count; i++) {
        const pair = bytes[from + 1 + (i >> 1)];
        this.weights[i] = (i & 1) === 0 ? pair >> 4 : pair & 15;
      }
      this.build(count);
      return end;
    }
    const end = from + 1 + header;
    demand(end <= to, 'a Huffman tree is cut');
    const start = this.weightTable.read(bytes, from + 1, end, MAX_BITS + 1);
    this.build(this.readWeights(bytes, start, end));
    return end;
  }

  /** Two states take turns until the bits run out; then each gives its last symbol. */
  private readWeights(bytes: Uint8Array, from: number, to: number): number {
    const { accuracy, states } = this.weightTable;
    const first = from * 8;
    let at = streamEnd(bytes, from, to) - 2 * accuracy;
    demand(at >= first, 'a Huffman tree without its states');
    let state = states[bitsAt(bytes, at + accuracy, accuracy)];
    let other = states[bitsAt(bytes, at, accuracy)];
    for (let count = 0; ; ) {
      demand(count < MAX_WEIGHTS - 1, 'a Huffman tree of too many symbols');
      this.weights[count++] = symbolOf(state);
      at -= bitsOf(state);
      if (at < first) {
        this.weights[count++] = symbolOf(other);
        return count;
      }
      const next = states[baseOf(state) + bitsAt(bytes, at, bitsOf(state))];
      state = other;
      other = next;
    }
  }

  /** The last symbol's weight is what is missing to a power of two. */
  private build(count: number): void {
    const { weights } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      demand(weights[i] <= MAX_BITS, 'a Huffman weight is too large');
      if (weights[i] > 0) sum += 1 << (weights[i] - 1);
    }
    demand(sum > 0, 'a Huffman tree of no symbols');
    this.maxBits = highestBit(sum) + 1;
    demand(this.maxBits <= MAX_BITS, 'a Huffman code is too long');
    const rest = (1 << this.maxBits) - sum;
    demand((rest & (rest - 1)) === 0, 'a Huffman tree that does not add up');
    weights[count] = highestBit(rest) + 1;
    let at = 0;
    for (let weight = 1; weight <= this.maxBits; weight++) {
      for (let symbol = 0; symbol <= count; symbol++) {
        if (weights[symbol] !== weight) continue;
        const end = at + (1 << (weight - 1));
        this.symbols.fill(symbol, at, end);
        this.lengths.fill(this.maxBits + 1 - weight, at, end);
        at = end;
      }
    }
    demand(at === 1 << this.maxBits, 'a Huffman tree that does not add up');
  }

  /** Decodes one stream, bytes[from, to), into out[at, end). */
  decode(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number, end: number): void {
    const { symbols, lengths, maxBits } = this;
    const mask = (1 << maxBits) - 1;
    let bit = streamEnd(bytes, from, to) - maxBits; // may pass the start: what is read there is not part of a code
    for (; at < end; at++) {
      const byte = bit >> 3;
      const word = bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16);
      const code = (word >> (bit & 7)) & mask;
      out[at] = symbols[code];
      bit -= lengths[code];
    }
    demand(bit + maxBits === from * 8, 'literals that do not fill their stream');
  }
}
