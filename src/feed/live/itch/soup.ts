/**
 * SoupBinTCP 4.00, the client's half, as a pure state machine: bytes of the connection in, messages and packets to send
 * out; time is a cell that the caller sets. Section numbers are those of the specification.
 *
 *   packet (1.1)             0 length u16 of what follows, big-endian; 2 type; 3 payload
 *   L login request (2.3.1)  user*6, password*10, session*10, sequence*20: text, the sequence padded on the left
 *   A accepted (2.2.1)       session*10, sequence*20: number of the first message that will come
 *   J rejected (2.2.2)       reason: A not authorized, S no such session
 *   S sequenced data         one message; numbered by counting
 *   H, R heartbeats          by server and client, when nothing was sent for a second; 15 s without anything: dead (1.3)
 *   Z end of session, O logout request, + debug, U unsequenced data
 *
 * After a lost connection the login names the same session and the next message expected, so that nothing is lost.
 */

export const SOUP_HEARTBEAT_NS = 1e9;
export const SOUP_DEAD_NS = 15e9;

const LENGTH_BYTES = 2;
const HEADER_BYTES = 3;
const SESSION_BYTES = 10;
const SEQUENCE_BYTES = 20;
/** A message whose packet is no message three times over is given up. */
const MAX_BREAKS = 3;
/** Messages of one piece of the connection are gathered here: far more than a piece holds. */
const FRAMES_BYTES = 1 << 18;
const MAX_PACKET_BYTES = 2 + 0xffff;

const TYPE_DEBUG = 0x2b;
const TYPE_ACCEPTED = 0x41;
const TYPE_HEARTBEAT = 0x48;
const TYPE_REJECTED = 0x4a;
const TYPE_SEQUENCED = 0x53;
const TYPE_UNSEQUENCED = 0x55;
const TYPE_END = 0x5a;

export const SoupState = {
  Down: 0,
  LoggingIn: 1,
  Up: 2,
  /** The server refused the login: coming back would not help. */
  Rejected: 3,
  /** The session is over, and all of it was delivered. */
  Ended: 4,
  /** What came is no SoupBinTCP, or no message: to be disconnected, and logged in again. */
  Broken: 5,
} as const;
export type SoupState = (typeof SoupState)[keyof typeof SoupState];

export interface SoupOut {
  /** The next `count` messages, each behind its 2-byte length, in bytes[from, to); valid during the call. */
  messages(bytes: Uint8Array, from: number, to: number, count: number): void;
  /** Messages [from, to) are not to be had. */
  lost(from: number, to: number): void;
}

export interface SoupLogin {
  readonly user: string;
  readonly password: string;
  /** '': the one under way. */
  readonly session: string;
}

export class SoupClient {
  state: SoupState = SoupState.Down;
  /** Learnt from the server where it was not given. */
  session: string;
  /** Number of the next message. */
  next = 1;
  /** Why it was rejected or is broken, in one line. */
  problem = '';
  readonly counts = { logins: 0, sequenced: 0, heartbeats: 0, debug: 0, unsequenced: 0, broken: 0, lost: 0 };
  private readonly login: SoupLogin;
  private readonly clock: Float64Array;
  private readonly lengths: Uint8Array;
  private readonly out: SoupOut;
  private readonly frames = new Uint8Array(FRAMES_BYTES);
  private framesTo = 0;
  private framesCount = 0;
  /** The start of a packet whose end has not come. */
  private readonly cut = new Uint8Array(MAX_PACKET_BYTES);
  private cutBytes = 0;
  /** Cell 0: last time something was sent, 1: ... received. */
  private readonly times = new Float64Array(2);
  private brokenAt = 0;
  private breaks = 0;

  /** `lengths`: of a message by its first byte; another is damage. */
  constructor(login: SoupLogin, clock: Float64Array, lengths: Uint8Array, out: SoupOut) {
    this.login = login;
    this.session = login.session;
    this.clock = clock;
    this.lengths = lengths;
    this.out = out;
  }

  /** The connection is there: the login request to send. */
  connected(): Uint8Array {
    this.state = SoupState.LoggingIn;
    this.cutBytes = 0;
    this.times[0] = this.clock[0];
    this.times[1] = this.clock[0];
    const { user, password } = this.login;
    const sequence = String(this.next).padStart(SEQUENCE_BYTES);
    const text = user.padEnd(6) + password.padEnd(10) + this.session.padStart(SESSION_BYTES) + sequence;
    return packet('L', text);
  }

  disconnected(): void {
    if (this.state !== SoupState.Rejected && this.state !== SoupState.Ended) this.state = SoupState.Down;
  }

  /** Bytes came. What they hold is delivered in one piece; `state` says how it stands. */
  receive(bytes: Uint8Array): void {
    this.times[1] = this.clock[0];
    let at = this.completeCut(bytes);
    while (this.isListening() && bytes.length - at >= LENGTH_BYTES) {
      const length = (bytes[at] << 8) | bytes[at + 1];
      if (bytes.length - at < 2 + length) break;
      this.packet(bytes, at, length);
      at += 2 + length;
    }
    if (this.isListening() && at < bytes.length) {
      this.cut.set(bytes.subarray(at), this.cutBytes);
      this.cutBytes += bytes.length - at;
    }
    this.flush();
  }

  /** The heartbeat to send, if one is due. */
  heartbeat(): Uint8Array | null {
    if (!this.isListening() || this.clock[0] - this.times[0] < SOUP_HEARTBEAT_NS) return null;
    this.times[0] = this.clock[0];
    return packet('R', '');
  }

  /** Nothing came for so long that the connection is to be given up. */
  isDead(): boolean {
    return this.isListening() && this.clock[0] - this.times[1] >= SOUP_DEAD_NS;
  }

  logout(): Uint8Array {
    return packet('O', '');
  }

  private isListening(): boolean {
    return this.state === SoupState.LoggingIn || this.state === SoupState.Up;
  }

  /** Fills up the packet that was cut; returns where the next one begins in `bytes`. */
  private completeCut(bytes: Uint8Array): number {
    const { cut } = this;
    if (this.cutBytes === 0) return 0;
    let at = 0;
    while (this.cutBytes < 2 && at < bytes.length) cut[this.cutBytes++] = bytes[at++];
    if (this.cutBytes < 2) return at;
    const length = (cut[0] << 8) | cut[1];
    const more = Math.min(2 + length - this.cutBytes, bytes.length - at);
    cut.set(bytes.subarray(at, at + more), this.cutBytes);
    this.cutBytes += more;
    at += more;
    if (this.cutBytes < 2 + length) return at;
    this.cutBytes = 0;
    this.packet(cut, 0, length);
    return at;
  }

  private packet(bytes: Uint8Array, at: number, length: number): void {
    const type = length === 0 ? 0 : bytes[at + 2];
    if (type === TYPE_SEQUENCED && this.state === SoupState.Up) this.sequenced(bytes, at, length);
    else if (type === TYPE_HEARTBEAT && length === 1) this.counts.heartbeats++;
    else if (type === TYPE_DEBUG) this.counts.debug++;
    else if (type === TYPE_UNSEQUENCED && this.state === SoupState.Up) this.counts.unsequenced++;
    else if (type === TYPE_ACCEPTED && this.state === SoupState.LoggingIn) this.accepted(bytes, at, length);
    else if (type === TYPE_REJECTED && this.state === SoupState.LoggingIn) this.rejected(bytes[at + 3]);
    else if (type === TYPE_END && length === 1 && this.state === SoupState.Up) this.state = SoupState.Ended;
    else this.broken(`a packet of type ${type} and length ${length} is not expected here`);
  }

  private sequenced(bytes: Uint8Array, at: number, length: number): void {
    const size = length - 1;
    if (size === 0) {
      this.count(); // an empty message: numbered, and nothing else
      return;
    }
    if (this.lengths[bytes[at + HEADER_BYTES]] !== size) {
      this.damaged(bytes[at + HEADER_BYTES], size);
      return;
    }
    const { frames } = this;
    if (this.framesTo + 2 + size > frames.length) this.flush();
    frames[this.framesTo] = size >>> 8;
    frames[this.framesTo + 1] = size & 0xff;
    const from = at + HEADER_BYTES;
    for (let i = 0; i < size; i++) frames[this.framesTo + 2 + i] = bytes[from + i];
    this.framesTo += 2 + size;
    this.framesCount++;
    this.count();
  }

  private count(): void {
    this.counts.sequenced++;
    this.next++;
  }

  private flush(): void {
    const { framesTo, framesCount } = this;
    this.framesTo = 0;
    this.framesCount = 0;
    if (framesCount > 0) this.out.messages(this.frames, 0, framesTo, framesCount);
  }

  private accepted(bytes: Uint8Array, at: number, length: number): void {
    const fields = text(bytes, at + HEADER_BYTES, at + 2 + length);
    const session = fields.slice(0, SESSION_BYTES).trim();
    const digits = fields.slice(SESSION_BYTES).trim();
    const sequence = Number(digits);
    if (length !== 1 + SESSION_BYTES + SEQUENCE_BYTES || !/^\d+$/.test(digits) || !Number.isSafeInteger(sequence)) {
      this.broken('the answer to the login is damaged');
      return;
    }
    if (this.session !== '' && session !== this.session) {
      this.reject(`the venue is in session ${JSON.stringify(session)} now, no longer in ${this.session}`);
      return;
    }
    if (sequence < this.next) {
      this.broken(`the venue begins at message ${sequence}, not at ${this.next}`);
      return;
    }
    this.session = session;
    this.counts.logins++;
    this.state = SoupState.Up;
    if (sequence > this.next) this.lose(sequence);
  }

  private rejected(reason: number): void {
    if (reason === 0x41) this.reject('user or password is wrong');
    else if (reason === 0x53) this.reject('the venue has no such session');
    else this.reject(`reason ${reason}`);
  }

  private reject(problem: string): void {
    this.problem = problem;
    this.state = SoupState.Rejected;
  }

  /** A message that is none: coming back may bring it whole; if it does not, it is lost. */
  private damaged(type: number, size: number): void {
    this.flush();
    this.breaks = this.brokenAt === this.next ? this.breaks + 1 : 1;
    this.brokenAt = this.next;
    if (this.breaks < MAX_BREAKS) {
      this.broken(`message ${this.next} (type ${type}, length ${size}) is no ITCH 5.0 message`);
      return;
    }
    this.counts.sequenced++;
    this.lose(this.next + 1);
  }

  private lose(to: number): void {
    const from = this.next;
    this.next = to;
    this.counts.lost += to - from;
    this.out.lost(from, to);
  }

  private broken(problem: string): void {
    this.counts.broken++;
    this.problem = problem;
    this.state = SoupState.Broken;
  }
}

function packet(type: string, payload: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = (1 + payload.length) >>> 8;
  bytes[1] = (1 + payload.length) & 0xff;
  bytes[2] = type.charCodeAt(0);
  for (let i = 0; i < payload.length; i++) bytes[HEADER_BYTES + i] = payload.charCodeAt(i);
  return bytes;
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 64)));
}
