/** Finite state entropy tables (RFC 8878, section 4.1): read from their description, and the predefined ones. */
import { bitsAt, demand, highestBit } from './damage.ts';

export function symbolOf(state: number): number {
  return state & 0xff;
}

export function bitsOf(state: number): number {
  return (state >> 8) & 0xff;
}

export function baseOf(state: number): number {
  return state >> 16;
}

export class FseTable {
  /** A state is an index below 2^accuracy. */
  accuracy = 0;
  /** Of each state, in one word (`symbolOf`, `bitsOf`, `baseOf`): its symbol, bits to read for the next state, and what to add. */
  readonly states: Int32Array;
  private readonly symbols: Uint8Array;
  private readonly probabilities = new Int16Array(256);
  private readonly nextStates = new Uint16Array(256);

  constructor(maxAccuracy: number) {
    this.states = new Int32Array(1 << maxAccuracy);
    this.symbols = new Uint8Array(1 << maxAccuracy);
  }

  /** One state: always the same symbol, from no bits. */
  setSingle(symbol: number): void {
    this.accuracy = 0;
    this.states[0] = symbol;
  }

  setProbabilities(probabilities: readonly number[], accuracy: number): void {
    this.probabilities.set(probabilities);
    this.accuracy = accuracy;
    this.build(probabilities.length);
  }

  /** Reads a table's description from byte `from` on, for symbols up to `maxSymbol`; returns where it ends. */
  read(bytes: Uint8Array, from: number, to: number, maxSymbol: number): number {
    demand(from < to, 'a table description is missing');
    const accuracy = bitsAt(bytes, from * 8, 4) + 5;
    demand(1 << accuracy <= this.symbols.length, 'a table of too high an accuracy');
    let at = from * 8 + 4;
    let left = 1 << accuracy;
    let symbol = 0;
    while (left > 0) {
      demand(symbol <= maxSymbol && at < to * 8, 'a table description that does not add up');
      // values up to left + 1 in as few bits as will do: the lower ones take one bit less
      const bits = highestBit(left + 1);
      const short = (1 << (bits + 1)) - 2 - left;
      let value = bitsAt(bytes, at, bits);
      if (value < short) {
        at += bits;
      } else {
        value = bitsAt(bytes, at, bits + 1);
        if (value >= 1 << bits) value -= short;
        at += bits + 1;
      }
      this.probabilities[symbol++] = value - 1;
      left -= Math.abs(value - 1);
      if (value !== 1) continue;
      for (let zeros = 3; zeros === 3; at += 2) {
        zeros = bitsAt(bytes, at, 2);
        demand(symbol + zeros <= maxSymbol + 1 && at < to * 8, 'a table description that does not add up');
        for (let i = 0; i < zeros; i++) this.probabilities[symbol++] = 0;
      }
    }
    demand(left === 0 && at <= to * 8, 'a table description that does not add up');
    this.accuracy = accuracy;
    this.build(symbol);
    return (at + 7) >> 3;
  }

  /** Lays out the states: symbols of probability -1 (less than one) at the end, the others spread over the rest. */
  private build(symbolCount: number): void {
    const { probabilities, nextStates, symbols } = this;
    const size = 1 << this.accuracy;
    let high = size - 1;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      if (probabilities[symbol] === -1) symbols[high--] = symbol;
      nextStates[symbol] = Math.abs(probabilities[symbol]);
    }
    const step = (size >> 1) + (size >> 3) + 3;
    let position = 0;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      for (let i = 0; i < probabilities[symbol]; i++) {
        symbols[position] = symbol;
        do position = (position + step) & (size - 1);
        while (position > high);
      }
    }
    for (let state = 0; state < size; state++) {
      const next = nextStates[symbols[state]]++;
      const bits = this.accuracy - highestBit(next);
      this.states[state] = symbols[state] | (bits << 8) | (((next << bits) - size) << 16);
    }
  }
}
