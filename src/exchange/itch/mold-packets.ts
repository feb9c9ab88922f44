/**
 * MoldUDP64 1.00, the sender's half: downstream packets out, request packets in. Integers are big-endian.
 *
 *   downstream  0 session*10, 10 sequence u64, 18 count u16 (0: heartbeat, 0xFFFF: end of session), 20 message blocks
 *   request     0 session*10, 10 sequence u64, 18 count u16
 */
import type { MessageStore } from './message-store.ts';

const HEADER_BYTES = 20;
const SESSION_BYTES = 10;
const END_OF_SESSION = 0xffff;

export class MoldPackets {
  private readonly store: MessageStore;
  private readonly session: Buffer;
  private readonly packet: Buffer;

  /** `packetBytes`: the largest packet made. */
  constructor(store: MessageStore, session: string, packetBytes: number) {
    this.store = store;
    this.session = Buffer.from(session.padEnd(SESSION_BYTES).slice(0, SESSION_BYTES), 'latin1');
    this.packet = Buffer.alloc(packetBytes);
  }

  /** Messages in the packet made last. */
  count = 0;

  /** A new packet of messages from `sequence` on, as many as fit, at most `limit`; null where there are none. */
  data(sequence: number, limit: number): Buffer | null {
    const most = Math.min(limit, END_OF_SESSION - 1);
    this.count = this.store.copy(sequence, most, this.packet, HEADER_BYTES);
    if (this.count === 0) return null;
    this.header(sequence, this.count);
    return Buffer.from(this.packet.subarray(0, HEADER_BYTES + this.store.copiedBytes));
  }

  heartbeat(): Buffer {
    this.header(this.store.next, 0);
    return Buffer.from(this.packet.subarray(0, HEADER_BYTES));
  }

  endOfSession(): Buffer {
    this.header(this.store.next, END_OF_SESSION);
    return Buffer.from(this.packet.subarray(0, HEADER_BYTES));
  }

  /** The packet that answers a request; null for one that is none, or of what is not to be had. */
  answer(request: Buffer): Buffer | null {
    if (request.length !== HEADER_BYTES || !request.subarray(0, SESSION_BYTES).equals(this.session)) return null;
    const sequence = request.readBigUInt64BE(10);
    const count = request.readUInt16BE(18);
    if (sequence < BigInt(this.store.oldest) || sequence >= BigInt(this.store.next) || count === 0) return null;
    return this.data(Number(sequence), count);
  }

  private header(sequence: number, count: number): void {
    this.session.copy(this.packet, 0);
    this.packet.writeBigUInt64BE(BigInt(sequence), 10);
    this.packet.writeUInt16BE(count, 18);
  }
}
