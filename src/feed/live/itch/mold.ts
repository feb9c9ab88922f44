/**
 * MoldUDP64 1.00, the receiver's half: downstream packets in, request packets out. Integers are big-endian.
 *
 *   downstream  0 session*10, 10 sequence u64, 18 count u16, 20 message blocks: each 2 bytes of length, then the message
 *   request     0 session*10, 10 sequence u64, 18 count u16
 *
 * The sequence number is that of the first message in the packet; the others have the ones behind it. Count 0 is a
 * heartbeat and 0xFFFF the end of the session: both state the number of the message that comes next. A request is
 * answered by one downstream packet, sent to whom it came from, with the first of the messages asked for, as many as fit.
 *
 * Message blocks are framed as in ITCH files, so that a packet's blocks go to the decoder where they lie.
 */

export const MOLD_HEADER_BYTES = 20;
export const MOLD_SESSION_BYTES = 10;
const END_OF_SESSION = 0xffff;
/** A request states fewer messages than this. */
export const MAX_REQUEST_COUNT = END_OF_SESSION - 1;
const TWO_32 = 4294967296;
/** Sequence numbers whose upper half reaches this are beyond 2^53. */
const HIGH_LIMIT = 0x200000;

export const MoldKind = { Malformed: 0, Data: 1, Heartbeat: 2, End: 3 } as const;
export type MoldKind = (typeof MoldKind)[keyof typeof MoldKind];

/** One downstream packet, read in place; read anew for each, never created. */
export class MoldPacket {
  /** Cell 0: number of the first message, or of the one that comes next. */
  readonly sequence = new Float64Array(1);
  /** Messages in the packet. */
  count = 0;
  /** Where the message blocks begin and end in the bytes given to `read`. */
  from = 0;
  to = 0;
  private readonly lengths: Uint8Array | null;

  /** `lengths`: of a message by its first byte; a packet with a message of another length is malformed. */
  constructor(lengths: Uint8Array | null) {
    this.lengths = lengths;
  }

  /**
   * Reads the datagram in bytes[at, at + length). Malformed: shorter than its header, blocks that do not end where the
   * datagram ends, a message that is empty or not of its type's length, a number beyond 2^53. O(messages).
   */
  read(bytes: Uint8Array, at: number, length: number): MoldKind {
    this.count = 0;
    this.from = at + MOLD_HEADER_BYTES;
    this.to = at + length;
    if (length < MOLD_HEADER_BYTES) return MoldKind.Malformed;
    const high = u32(bytes, at + 10);
    if (high >= HIGH_LIMIT) return MoldKind.Malformed;
    this.sequence[0] = high * TWO_32 + u32(bytes, at + 14);
    if (this.sequence[0] === 0) return MoldKind.Malformed; // the first message is number 1
    const count = (bytes[at + 18] << 8) | bytes[at + 19];
    if (count === 0 || count === END_OF_SESSION) {
      if (length !== MOLD_HEADER_BYTES) return MoldKind.Malformed;
      return count === 0 ? MoldKind.Heartbeat : MoldKind.End;
    }
    if (!this.holds(bytes, count)) return MoldKind.Malformed;
    this.count = count;
    return MoldKind.Data;
  }

  private holds(bytes: Uint8Array, count: number): boolean {
    const { lengths, to } = this;
    let at = this.from;
    for (let i = 0; i < count; i++) {
      if (to - at < 3) return false;
      const length = (bytes[at] << 8) | bytes[at + 1];
      if (length === 0 || (lengths !== null && lengths[bytes[at + 2]] !== length)) return false;
      at += 2 + length;
    }
    return at === to;
  }
}

/** Behind `count` message blocks that begin at `at`, which must be there. */
export function skipBlocks(bytes: Uint8Array, at: number, count: number): number {
  let next = at;
  for (let i = 0; i < count; i++) next += 2 + ((bytes[next] << 8) | bytes[next + 1]);
  return next;
}

/** Writes a request for `count` messages from `sequence` on into the first 20 bytes of `into`. */
export function writeRequest(into: Uint8Array, session: Uint8Array, sequence: number, count: number): void {
  into.set(session, 0);
  const high = Math.floor(sequence / TWO_32);
  putU32(into, 10, high);
  putU32(into, 14, sequence - high * TWO_32);
  into[18] = count >>> 8;
  into[19] = count & 0xff;
}

/** A session's name as it stands in packets: padded with spaces on the right. */
export function sessionBytes(name: string): Uint8Array {
  const bytes = new Uint8Array(MOLD_SESSION_BYTES).fill(0x20);
  for (let i = 0; i < Math.min(name.length, MOLD_SESSION_BYTES); i++) bytes[i] = name.charCodeAt(i);
  return bytes;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
