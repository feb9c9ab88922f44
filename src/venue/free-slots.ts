/** Which slots of a pool are free; the one freed last is used first. Allocates only when the pool doubles. */
export class FreeSlots {
  private slots: Int32Array;
  private count: number;

  constructor(capacity: number) {
    this.slots = new Int32Array(capacity);
    this.count = capacity;
    for (let i = 0; i < capacity; i++) this.slots[i] = capacity - 1 - i;
  }

  get capacity(): number {
    return this.slots.length;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Only where it is not empty. */
  take(): number {
    return this.slots[--this.count];
  }

  give(slot: number): void {
    this.slots[this.count++] = slot;
  }

  /** The free ones, in no order that means anything. */
  all(): Int32Array {
    return this.slots.subarray(0, this.count);
  }

  /** Where it is empty: as many more slots. */
  double(): void {
    const old = this.slots.length;
    this.slots = new Int32Array(old * 2);
    for (let i = 0; i < old; i++) this.slots[i] = old * 2 - 1 - i;
    this.count = old;
  }
}
