/**
 * The socket: connects, tries again with longer and longer pauses, keeps subscriptions over reconnects, and asks again for one
 * whose frames have a hole. What comes is handed on; what is drawn is none of its business.
 */
import { decode, encode } from '@msgpack/msgpack';
import {
  ClientFrame,
  CloseCode,
  type DashboardRole,
  type Hello,
  ServerFrame,
  SUBPROTOCOL,
  type Topic,
  type TopicParams,
} from '../protocol.ts';
import type { Standing } from './health.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
const PING_MS = 500;
/** A server that answers nothing for so long: the connection is made anew. */
const DEAD_MS = 10_000;
const MOST_IDS = 65_535;

interface Wanted {
  readonly topic: Topic;
  readonly params: TopicParams;
  id: number;
  seq: number;
}

export interface Challenge {
  readonly nonce: string;
  readonly words: string;
  readonly text: string;
}

export interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

export interface ConnectionEvents {
  hello(role: DashboardRole, hello: Hello): void;
  data(topic: Topic, isSnapshot: boolean, payload: unknown): void;
  standing(standing: Standing): void;
  problem(text: string): void;
  /** Not signed in any more. */
  signedOut(): void;
}

export class Connection {
  standing: Standing = 'connecting';
  /** Why it is not open. */
  text = 'connecting';
  /** performance.now() of the last frame. */
  lastFrameMs = performance.now();
  /** Subscriptions that had a hole and were made anew. */
  holes = 0;
  private readonly events: ConnectionEvents;
  private readonly wanted = new Map<Topic, Wanted>();
  private readonly byId = new Map<number, Wanted>();
  private readonly asked = new Map<number | string, (answer: Challenge | Outcome) => void>();
  private readonly told = new Map<number, (lines: readonly string[]) => void>();
  private socket: WebSocket | null = null;
  private lastId = 0;
  private lastRef = 0;
  private pauseMs = FIRST_PAUSE_MS;
  private pings = 0;

  constructor(events: ConnectionEvents) {
    this.events = events;
    setInterval(() => this.beat(), PING_MS);
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.hurry());
  }

  open(): void {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/socket`, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.become('connecting', 'waiting for the run to begin'); // its Hello says that it has
    this.socket = socket;
    this.become('connecting', this.text === '' ? 'connecting' : this.text);
    socket.onmessage = ({ data }) => this.take(decode(new Uint8Array(data as ArrayBuffer)) as readonly unknown[]);
    socket.onclose = ({ code, reason }) => {
      if (this.socket === socket) void this.lost(code, reason);
    };
  }

  /** Subscribes, in place of what there was of the topic. */
  subscribe(topic: Topic, params: TopicParams): void {
    this.unsubscribe(topic);
    const wanted = { topic, params, id: 0, seq: 0 };
    this.wanted.set(topic, wanted);
    this.begin(wanted);
  }

  unsubscribe(topic: Topic): void {
    const before = this.wanted.get(topic);
    if (before === undefined) return;
    this.wanted.delete(topic);
    if (this.byId.delete(before.id)) this.send([ClientFrame.Unsubscribe, before.id]);
  }

  /** Of a command: its challenge, or why there is none. */
  ask(command: object): Promise<Challenge | Outcome> {
    const ref = this.nextRef();
    return this.answered(ref, [ClientFrame.Ask, ref, command]);
  }

  confirm({ nonce }: Challenge, words: string): Promise<Outcome> {
    return this.answered(nonce, [ClientFrame.Confirm, nonce, words]) as Promise<Outcome>;
  }

  story(orderId: number): Promise<readonly string[]> {
    const ref = this.nextRef();
    if (!this.send([ClientFrame.Story, ref, orderId])) return Promise.resolve(['not connected: ask again later']);
    return new Promise((resolve) => this.told.set(ref, resolve));
  }

  seek(ns: number): boolean {
    return this.send([ClientFrame.Seek, ns]);
  }

  private answered(key: number | string, frame: readonly unknown[]): Promise<Challenge | Outcome> {
    if (!this.send(frame)) return Promise.resolve({ ok: false, text: 'not connected: nothing was sent' });
    return new Promise((resolve) => this.asked.set(key, resolve));
  }

  private nextRef(): number {
    this.lastRef = (this.lastRef % MOST_IDS) + 1;
    return this.lastRef;
  }

  private send(frame: readonly unknown[]): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(encode(frame));
    return true;
  }

  private begin(wanted: Wanted): void {
    if (this.standing !== 'open') return;
    this.lastId = (this.lastId % MOST_IDS) + 1;
    wanted.id = this.lastId;
    wanted.seq = 0;
    this.byId.set(wanted.id, wanted);
    this.send([ClientFrame.Subscribe, wanted.id, wanted.topic, wanted.params]);
  }

  private take(frame: readonly unknown[]): void {
    this.lastFrameMs = performance.now();
    const [type, first, second, third] = frame;
    switch (type) {
      case ServerFrame.Hello:
        this.welcomed(second as DashboardRole, third as Hello);
        break;
      case ServerFrame.Snapshot:
      case ServerFrame.Update:
        this.data(type === ServerFrame.Snapshot, first as number, second as number, third);
        break;
      case ServerFrame.Challenge: {
        const [, , nonce, words, text] = frame as [number, number, string, string, string];
        this.answer(first as number, { nonce, words, text });
        break;
      }
      case ServerFrame.Result:
        this.answer(first as number | string, { ok: second as boolean, text: third as string });
        break;
      case ServerFrame.StoryOf:
        this.told.get(first as number)?.(third as string[]);
        this.told.delete(first as number);
        break;
      case ServerFrame.Problem:
        this.events.problem(String(second));
        break;
    }
  }

  private welcomed(role: DashboardRole, hello: Hello): void {
    this.pauseMs = FIRST_PAUSE_MS;
    this.become('open', '');
    this.events.hello(role, hello);
    for (const wanted of this.wanted.values()) if (!this.byId.has(wanted.id)) this.begin(wanted);
  }

  private data(isSnapshot: boolean, id: number, seq: number, payload: unknown): void {
    const wanted = this.byId.get(id);
    if (wanted === undefined) return;
    if (seq !== wanted.seq + 1) {
      this.holes++;
      this.subscribe(wanted.topic, wanted.params);
      return;
    }
    wanted.seq = seq;
    this.events.data(wanted.topic, isSnapshot, payload);
  }

  private answer(key: number | string, answer: Challenge | Outcome): void {
    this.asked.get(key)?.(answer);
    this.asked.delete(key);
  }

  private async lost(code: number, reason: string): Promise<void> {
    this.socket = null;
    this.byId.clear();
    for (const answer of this.asked.values())
      answer({ ok: false, text: 'the connection was lost: look before you ask again' });
    this.asked.clear();
    for (const tell of this.told.values()) tell(['the connection was lost: ask again']);
    this.told.clear();
    const why =
      reason !== '' ? reason : code === CloseCode.Ending ? 'the dashboard has ended' : 'no answer from the server';
    this.become('waiting', why);
    if (await isSignedOut()) {
      this.become('refused', 'not signed in');
      this.events.signedOut();
      return;
    }
    const pauseMs = this.pauseMs * (0.5 + Math.random());
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.become('waiting', `${why}; trying again`);
    setTimeout(() => this.again(), pauseMs);
  }

  private again(): void {
    if (this.socket === null && this.standing === 'waiting') this.open();
  }

  private hurry(): void {
    this.pauseMs = FIRST_PAUSE_MS;
    this.again();
  }

  private beat(): void {
    if (!this.send([ClientFrame.Ping, ++this.pings])) return;
    if (performance.now() - this.lastFrameMs > DEAD_MS) this.socket?.close();
  }

  private become(standing: Standing, text: string): void {
    this.standing = standing;
    this.text = text;
    this.events.standing(standing);
  }
}

async function isSignedOut(): Promise<boolean> {
  try {
    return (await fetch('/session', { cache: 'no-store' })).status === 401;
  } catch {
    return false;
  }
}
