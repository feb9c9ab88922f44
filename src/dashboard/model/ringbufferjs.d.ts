/** ringbufferjs 2 comes without types. */
declare module 'ringbufferjs' {
  export default class RingBuffer<T> {
    constructor(capacity: number);
    capacity(): number;
    size(): number;
    enq(element: T): number;
    /** The oldest `count`, oldest first. */
    peekN(count: number): T[];
  }
}
