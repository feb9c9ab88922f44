/**
 * Names in bytes to dense numbers 0, 1, 2, ... in order of first appearance, without making strings: symbols,
 * connections, message types. Open addressing, linear probing, never more than half full.
 */
export class NameTable {
  /** The names, by number. */
  readonly names: Uint8Array[] = [];
  private slots = new Int32Array(64).fill(-1);

  /** Number of the name bytes[from, to), or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const slots = this.slots;
    const mask = slots.length - 1;
    for (let slot = hash(bytes, from, to) & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot];
      if (number < 0 || same(this.names[number], bytes, from, to)) return number;
    }
  }

  /** Adds a name that is not there yet and returns its number. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const number = this.names.length;
    this.names.push(new Uint8Array(bytes.subarray(from, to))); // of a Buffer, slice would be no copy
    if (this.names.length * 2 > this.slots.length) {
      this.slots = new Int32Array(this.slots.length * 2).fill(-1);
      for (let n = 0; n < number; n++) this.place(n);
    }
    this.place(number);
    return number;
  }

  private place(number: number): void {
    const name = this.names[number];
    const mask = this.slots.length - 1;
    let slot = hash(name, 0, name.length) & mask;
    while (this.slots[slot] >= 0) slot = (slot + 1) & mask;
    this.slots[slot] = number;
  }
}

function hash(bytes: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let p = from; p < to; p++) h = Math.imul(h ^ bytes[p], 0x01000193);
  return h ^ (h >>> 15);
}

function same(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}
