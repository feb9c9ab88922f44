/**
 * Packets that came before what belongs in front of them, copied, in the order of their sequence numbers. Only used while
 * something is missing. Insertion is O(held packets), and nearly always at the end.
 */

export interface HeldPacket {
  readonly sequence: number;
  readonly count: number;
  readonly line: number;
  /** The message blocks. */
  readonly blocks: Uint8Array;
}

export class HeldPackets {
  bytes = 0;
  private readonly packets: HeldPacket[] = [];
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get count(): number {
    return this.packets.length;
  }

  get first(): HeldPacket | undefined {
    return this.packets[0];
  }

  /** True when one packet that is held has all these messages. */
  covers(sequence: number, count: number): boolean {
    const before = this.packets[this.placeOf(sequence) - 1];
    return before !== undefined && before.sequence + before.count >= sequence + count;
  }

  hasRoom(bytes: number): boolean {
    return this.bytes + bytes <= this.maxBytes;
  }

  add(packet: HeldPacket): void {
    this.packets.splice(this.placeOf(packet.sequence), 0, packet);
    this.bytes += packet.blocks.length;
  }

  takeFirst(): HeldPacket | undefined {
    const packet = this.packets.shift();
    if (packet !== undefined) this.bytes -= packet.blocks.length;
    return packet;
  }

  /** The packet that is furthest ahead, which is needed last. */
  takeLast(): HeldPacket | undefined {
    const packet = this.packets.pop();
    if (packet !== undefined) this.bytes -= packet.blocks.length;
    return packet;
  }

  /** Messages held, those that two packets hold counted twice. */
  messages(): number {
    return this.packets.reduce((sum, packet) => sum + packet.count, 0);
  }

  /** Index of the first packet whose sequence number is above. */
  private placeOf(sequence: number): number {
    let low = 0;
    let high = this.packets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.packets[middle].sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
