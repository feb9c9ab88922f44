/**
 * SoupBinTCP 4.00, the server's half: a client logs in with the number of the next message that it wants, and gets all from
 * there on. Section numbers are those of the specification; packets are listed in feed/live/itch/soup.ts.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Prng } from '../../core/prng.ts';
import type { MessageStore } from './message-store.ts';

const LOGIN_BYTES = 47;
const HEARTBEAT_MS = 1000;
const CLIENT_DEAD_MS = 15_000;
/** Gathered and written at a time. */
const PIECE_BYTES = 1 << 16;

export interface SoupServerOptions {
  readonly port: number;
  readonly host: string;
  /** Compared without regard to case, as section 2.3.1 says. */
  readonly user: string;
  readonly password: string;
  readonly session: string;
  /** Share of the pieces written after which the connection is cut, anywhere in the piece. */
  readonly disconnect: number;
  readonly seed: number;
}

interface Client {
  readonly socket: Socket;
  /** Number of the next message; 0: not logged in. */
  next: number;
  input: Buffer;
  sentMs: number;
  heardMs: number;
  isFull: boolean;
}

export class SoupServer {
  readonly counts = { logins: 0, rejected: 0, disconnects: 0, heartbeats: 0, debug: 0 };
  private readonly options: SoupServerOptions;
  private readonly store: MessageStore;
  private readonly random: Prng;
  private readonly clients = new Set<Client>();
  private readonly server: Server;
  private readonly messages = Buffer.alloc(PIECE_BYTES);
  private readonly piece = Buffer.alloc(2 * PIECE_BYTES);
  private hasEnded = false;

  constructor(options: SoupServerOptions, store: MessageStore) {
    this.options = options;
    this.store = store;
    this.random = new Prng(options.seed);
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host, () => {
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Every client gets what it has not had. */
  publish(nowMs: number): void {
    for (const client of this.clients) this.serve(client, nowMs);
  }

  /** Heartbeats, and clients that are gone. */
  tick(nowMs: number): void {
    for (const client of this.clients) {
      if (nowMs - client.heardMs >= CLIENT_DEAD_MS) client.socket.destroy();
      else if (nowMs - client.sentMs >= HEARTBEAT_MS && client.next > 0) {
        this.counts.heartbeats++;
        this.write(client, packet('H', ''), nowMs);
      }
    }
  }

  /** No more messages will come: clients that have all are told so. */
  endSession(nowMs: number): void {
    this.hasEnded = true;
    this.publish(nowMs);
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    const now = Date.now();
    const client: Client = { socket, next: 0, input: Buffer.alloc(0), sentMs: now, heardMs: now, isFull: false };
    this.clients.add(client);
    socket.on('data', (bytes) => this.heard(client, bytes));
    socket.on('drain', () => {
      client.isFull = false;
      this.serve(client, Date.now());
    });
    socket.on('error', () => {});
    socket.on('close', () => this.clients.delete(client));
  }

  private heard(client: Client, bytes: Buffer): void {
    client.heardMs = Date.now();
    client.input = Buffer.concat([client.input, bytes]);
    while (client.input.length >= 2) {
      const length = client.input.readUInt16BE(0);
      if (client.input.length < 2 + length) return;
      const body = client.input.subarray(2, 2 + length);
      client.input = client.input.subarray(2 + length);
      this.packet(client, body);
    }
  }

  private packet(client: Client, body: Buffer): void {
    const type = body.toString('latin1', 0, 1);
    if (type === 'L' && body.length === LOGIN_BYTES && client.next === 0)
      this.login(client, body.toString('latin1', 1));
    else if (type === 'O') client.socket.end();
    else if (type !== 'R' && type !== '+' && type !== 'U') client.socket.destroy();
  }

  private login(client: Client, text: string): void {
    const { user, password, session } = this.options;
    const isKnown =
      text.slice(0, 6).trim().toUpperCase() === user.toUpperCase() &&
      text.slice(6, 16).trim().toUpperCase() === password.toUpperCase();
    const wanted = text.slice(16, 26).trim();
    const sequence = Number(text.slice(26).trim());
    if (!isKnown || (wanted !== '' && wanted !== session) || !Number.isSafeInteger(sequence) || sequence < 0) {
      this.counts.rejected++;
      client.socket.end(packet('J', isKnown ? 'S' : 'A'));
      return;
    }
    const { next, oldest } = this.store;
    client.next = sequence === 0 ? next : Math.min(Math.max(sequence, oldest), next);
    this.counts.logins++;
    const now = Date.now();
    this.write(client, packet('A', session.padStart(10) + String(client.next).padStart(20)), now);
    this.counts.debug++;
    this.write(client, packet('+', 'welcome'), now);
    this.serve(client, now);
  }

  private serve(client: Client, nowMs: number): void {
    while (client.next > 0 && !client.isFull && client.socket.writable) {
      const count = this.store.copy(client.next, Number.POSITIVE_INFINITY, this.messages, 0);
      if (count === 0) break;
      const bytes = this.framed(count);
      client.next += count;
      if (this.random.unit() < this.options.disconnect) {
        this.cut(client, bytes);
        return;
      }
      this.write(client, bytes, nowMs);
    }
    if (this.hasEnded && client.next === this.store.next) {
      client.next = 0;
      client.socket.end(packet('Z', ''));
    }
  }

  /** The messages copied last, as sequenced data packets. */
  private framed(count: number): Buffer {
    const { messages, piece } = this;
    let to = 0;
    for (let i = 0, at = 0; i < count; i++) {
      const length = messages.readUInt16BE(at);
      piece.writeUInt16BE(length + 1, to);
      piece[to + 2] = 0x53; // S
      messages.copy(piece, to + 3, at + 2, at + 2 + length);
      at += 2 + length;
      to += 3 + length;
    }
    return Buffer.from(piece.subarray(0, to));
  }

  private cut(client: Client, bytes: Buffer): void {
    this.counts.disconnects++;
    client.next = 0;
    client.socket.end(bytes.subarray(0, this.random.below(bytes.length)));
  }

  private write(client: Client, bytes: Buffer, nowMs: number): void {
    client.sentMs = nowMs;
    if (!client.socket.write(bytes)) client.isFull = true;
  }
}

function packet(type: string, payload: string): Buffer {
  const bytes = Buffer.alloc(3 + payload.length);
  bytes.writeUInt16BE(1 + payload.length, 0);
  bytes.write(type + payload, 2, 'latin1');
  return bytes;
}
