/** A client of the dashboard for tests: keeps every topic it subscribes as the protocol says to. */
import { decode, encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import type { Opened } from '../../src/dashboard/messages.ts';
import {
  ClientFrame,
  type DashboardRole,
  type Hello,
  ServerFrame,
  SUBPROTOCOL,
  type Topic,
} from '../../src/dashboard/protocol.ts';

/** Topics whose rows replace one another, by how many leading elements make the key. */
const KEYED: Readonly<Partial<Record<Topic, number>>> = {
  instruments: 1,
  top: 1,
  orders: 1,
  positions: 2,
  limits: 1,
  latency: 1,
  feed: 1,
  rings: 1,
  counters: 1,
};
const WHOLE: ReadonlySet<Topic> = new Set<Topic>(['state', 'depth', 'log']);

export interface ClientOptions {
  readonly role?: DashboardRole;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

type Row = readonly unknown[];

/** What a subscription has come to. */
export class Kept {
  readonly topic: Topic;
  seq = 0;
  snapshots = 0;
  updates = 0;
  value: unknown = null;
  rows: Row[] = [];
  private readonly byKey = new Map<string, Row>();

  constructor(topic: Topic) {
    this.topic = topic;
  }

  take(type: number, seq: number, payload: unknown): void {
    if (seq !== this.seq + 1) throw new Error(`${this.topic}: frame ${seq} behind ${this.seq}`);
    this.seq = seq;
    if (type === ServerFrame.Snapshot) this.snapshots++;
    else this.updates++;
    if (WHOLE.has(this.topic)) {
      this.value = payload;
      return;
    }
    const rows = payload as Row[];
    const key = KEYED[this.topic];
    if (type === ServerFrame.Snapshot) {
      this.rows = [];
      this.byKey.clear();
    }
    if (key === undefined) {
      this.rows.push(...rows);
      return;
    }
    for (const row of rows) this.byKey.set(row.slice(0, key).join(' '), row);
    this.rows = [...this.byKey.values()];
  }
}

export class TestClient {
  readonly socket: WebSocket;
  readonly kept = new Map<number, Kept>();
  readonly frames: Row[] = [];
  hello: Hello | null = null;
  role = '';
  closeCode = 0;
  private lastId = 0;
  private readonly waiting = new Set<() => void>();
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.closeCode = code;
        resolve(code);
        this.wake();
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.take(decode(data) as Row));
  }

  /** Resolves behind the Hello; rejects with the status of a refusal. */
  static async open(opened: Opened, options: ClientOptions = {}): Promise<TestClient> {
    const token = options.token ?? opened.madeUp?.[options.role ?? 'admin'] ?? '';
    const headers = { ...(token === '' ? {} : { Authorization: `Bearer ${token}` }), ...options.headers };
    const url = `${opened.url.replace(/^http/, 'ws')}${options.path ?? 'socket'}`;
    const socket = new WebSocket(url, SUBPROTOCOL, { headers });
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        reject(new Error(`refused: ${response.statusCode}`));
      });
      socket.once('error', reject);
    });
    await client.until(() => client.hello !== null || client.closeCode !== 0);
    return client;
  }

  send(frame: readonly unknown[]): void {
    this.socket.send(encode(frame));
  }

  subscribe(topic: Topic, params: object = {}): Kept {
    const id = ++this.lastId;
    const kept = new Kept(topic);
    this.kept.set(id, kept);
    this.send([ClientFrame.Subscribe, id, topic, params]);
    return kept;
  }

  /** Waits until `holds`; looked at after every frame. Rejects after `timeoutMs`. */
  async until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
    const untilMs = performance.now() + timeoutMs;
    while (!holds()) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error(`waited ${timeoutMs} ms in vain for ${holds}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, Math.min(leftMs, 500));
        const { waiting } = this;
        function done(): void {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  /** The next frame of this kind behind the first `from` frames. */
  async frame(type: number, from = 0): Promise<Row> {
    await this.until(() => this.frames.slice(from).some((frame) => frame[0] === type));
    return this.frames.slice(from).find((frame) => frame[0] === type) as Row;
  }

  /** Asks and confirms; returns the Result. */
  async command(command: object, ref = 1): Promise<{ readonly ok: boolean; readonly text: string }> {
    const from = this.frames.length;
    this.send([ClientFrame.Ask, ref, command]);
    const isAnswer = (frame: Row): boolean => frame[0] === ServerFrame.Challenge || frame[0] === ServerFrame.Result;
    await this.until(() => this.frames.slice(from).some(isAnswer));
    const answer = this.frames.slice(from).find(isAnswer) as Row;
    if (answer[0] === ServerFrame.Result) return { ok: answer[2] as boolean, text: String(answer[3]) };
    this.send([ClientFrame.Confirm, answer[2], answer[3]]);
    const result = await this.frame(ServerFrame.Result, from);
    return { ok: result[2] as boolean, text: String(result[3]) };
  }

  async end(): Promise<void> {
    this.socket.close();
    const cut = setTimeout(() => this.socket.terminate(), 1_000);
    await this.closed;
    clearTimeout(cut);
  }

  private take(frame: Row): void {
    const [type, first, second, third] = frame;
    if (type === ServerFrame.Hello) {
      this.role = String(second);
      this.hello = third as Hello;
    } else if (type === ServerFrame.Snapshot || type === ServerFrame.Update) {
      this.kept.get(first as number)?.take(type, second as number, third);
    } else {
      this.frames.push(frame);
    }
    this.wake();
  }

  private wake(): void {
    for (const done of [...this.waiting]) done();
  }
}
