/** One client: what it asks for, frame by frame. Nothing it sends can do more than close its own connection. */
import { messageOf } from '../core/errors.ts';
import type { Peer } from '../net/server.ts';
import { askedBy, Challenges, type SentCommands } from './commands.ts';
import { encodeFrame } from './frames.ts';
import { readFrame } from './guard.ts';
import { Outbox } from './outbox.ts';
import {
  ClientFrame,
  CloseCode,
  type DashboardRole,
  type Hello,
  PROTOCOL_VERSION,
  ServerFrame,
  TOPICS,
  type Topic,
} from './protocol.ts';
import { type BucketsByAddress, type Rate, sourceOf, TokenBucket } from './rate-limit.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';
import type { Params, View } from './topics.ts';

/** What a connection is let in with. */
export interface Admitted {
  readonly role: DashboardRole;
  /** Of the browser's session that it came with; ''. */
  readonly session: string;
  client: Client | null;
}

/** Of a finished log: goes to a moment. */
export interface TimeTravel {
  /** A view of the moment; the client's own from now on. Throws where there are too many. */
  seek(ns: number, current: View): View;
  leave(view: View): void;
}

/** What all clients of a server share. */
export interface ClientContext {
  readonly subscriptions: Subscriptions;
  readonly view: View;
  /** Null where no command can be carried out: a finished log. */
  readonly commands: SentCommands | null;
  readonly commandsByAddress: BucketsByAddress;
  readonly storiesByAddress: BucketsByAddress;
  readonly travel: TimeTravel | null;
  /** The story of an order, a line each. */
  readonly story: (orderId: number) => Promise<readonly string[]>;
  readonly frameRate: Rate;
  readonly now: () => number;
}

const MAX_SUBSCRIPTIONS = 64;
const MAX_PROBLEMS = 20;
const MAX_RATE = 60;
const DEFAULT_RATE = 10;
const MAX_DEPTH = 100;
const DEFAULT_DEPTH = 20;
const SEEK_RATE: Rate = { perSecond: 5, burst: 10 };

/** What makes no sense is answered, up to a point. */
class Problem extends Error {}

export class Client {
  readonly peer: Peer<Admitted>;
  readonly outbox: Outbox;
  view: View;
  /** Since when its bytes pile up; 0 where they do not. */
  congestedMs = 0;
  private readonly context: ClientContext;
  private readonly role: DashboardRole;
  private readonly subscribed = new Map<number, Subscription>();
  private readonly challenges = new Challenges();
  private readonly frames: TokenBucket;
  private readonly seeks: TokenBucket;
  private problems = 0;
  /** What came before the run had begun, to be done then; null from then on. */
  private early: (readonly unknown[])[] | null = [];

  constructor(peer: Peer<Admitted>, context: ClientContext) {
    this.peer = peer;
    this.outbox = new Outbox(peer);
    this.context = context;
    this.role = peer.data.role;
    this.view = context.view;
    const nowMs = context.now();
    this.frames = new TokenBucket(context.frameRate, nowMs);
    this.seeks = new TokenBucket(SEEK_RATE, nowMs);
  }

  send(frame: readonly unknown[]): void {
    this.peer.send(encodeFrame(frame), true);
  }

  /** The first frame; what was asked for before is done now. */
  welcome(hello: Hello): void {
    const { early } = this;
    this.early = null;
    this.send([ServerFrame.Hello, PROTOCOL_VERSION, this.role, hello]);
    for (const frame of early ?? []) this.attempt(frame);
  }

  take(bytes: Buffer, isBinary: boolean): void {
    if (!this.frames.take(this.context.now())) {
      this.peer.close(CloseCode.TooMany, 'too many frames');
      return;
    }
    const read = isBinary ? readFrame(bytes) : { problem: 'a text frame; frames are binary MessagePack' };
    if ('problem' in read) {
      this.peer.close(CloseCode.BadFrame, read.problem);
      return;
    }
    this.attempt(read.value);
  }

  private attempt(frame: readonly unknown[]): void {
    try {
      this.act(frame);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem(error.message);
    }
  }

  /** It is gone: nothing is kept for it. */
  leave(): void {
    for (const subscription of this.subscribed.values()) this.context.subscriptions.remove(subscription);
    this.subscribed.clear();
    if (this.view !== this.context.view) this.context.travel?.leave(this.view);
  }

  private problem(text: string): void {
    if (++this.problems > MAX_PROBLEMS) this.peer.close(CloseCode.BadFrame, 'too many frames that make no sense');
    else this.send([ServerFrame.Problem, CloseCode.BadFrame, text]);
  }

  private act(frame: readonly unknown[]): void {
    const [type, first, second, third] = frame;
    if (this.early !== null && type !== ClientFrame.Ping) {
      if (this.early.length >= MAX_SUBSCRIPTIONS) throw new Problem('the run has not begun: wait for Hello');
      this.early.push(frame);
      return;
    }
    switch (type) {
      case ClientFrame.Subscribe:
        this.subscribe(first, second, third);
        break;
      case ClientFrame.Unsubscribe:
        this.unsubscribe(idOf(first));
        break;
      case ClientFrame.Ask:
        this.ask(idOf(first), second);
        break;
      case ClientFrame.Confirm:
        this.confirm(first, second);
        break;
      case ClientFrame.Ping:
        if (typeof first !== 'number') throw new Problem('Ping takes a number');
        this.send([ServerFrame.Pong, first]);
        break;
      case ClientFrame.Story:
        this.story(idOf(first), second);
        break;
      case ClientFrame.Seek:
        this.seek(first);
        break;
      default:
        throw new Problem('no such frame');
    }
  }

  private subscribe(id: unknown, name: unknown, given: unknown): void {
    const number = idOf(id);
    const topic = TOPICS.find((one) => one === name);
    if (topic === undefined) throw new Problem(`no such topic; there are ${TOPICS.join(', ')}`);
    if (this.subscribed.has(number)) throw new Problem(`${number} is a subscription already`);
    if (this.subscribed.size >= MAX_SUBSCRIPTIONS) throw new Problem(`${MAX_SUBSCRIPTIONS} subscriptions are the most`);
    this.open(number, topic, paramsOf(given, topic, this.view));
  }

  private open(id: number, topic: Topic, params: Params): void {
    const { subscriptions, now } = this.context;
    this.subscribed.set(id, subscriptions.add(id, this, this.view, topic, params, now()));
  }

  private unsubscribe(id: number): void {
    const subscription = this.subscribed.get(id);
    if (subscription === undefined) throw new Problem(`${id} is no subscription`);
    this.context.subscriptions.remove(subscription);
    this.subscribed.delete(id);
  }

  private ask(ref: number, command: unknown): void {
    const { commands, commandsByAddress, now } = this.context;
    try {
      if (commands === null) throw new Error('this is a finished log: nothing can be commanded');
      if (this.role === 'view') throw new Error('the role view may not command anything');
      // By role, too: who may only trade can't use up what an administrator of the same address may ask for.
      if (!commandsByAddress.take(`${this.role}@${sourceOf(this.peer.remoteAddress)}`, now()))
        throw new Error('too many commands; wait a little');
      const by = askedBy(this.role, this.peer.remoteAddress);
      const { nonce, words, text } = this.challenges.ask(command, this.role, by, now());
      this.send([ServerFrame.Challenge, ref, nonce, words, text]);
    } catch (error) {
      this.send([ServerFrame.Result, ref, false, messageOf(error)]);
    }
  }

  private confirm(nonce: unknown, words: unknown): void {
    if (typeof nonce !== 'string' || typeof words !== 'string') throw new Problem('Confirm takes a nonce and words');
    const { commands, now } = this.context;
    try {
      if (commands === null) throw new Error('this is a finished log: nothing can be commanded');
      const command = this.challenges.confirm(nonce, words, now());
      commands.send(command, now(), (ok, text) => this.send([ServerFrame.Result, nonce, ok, text]));
    } catch (error) {
      this.send([ServerFrame.Result, nonce, false, messageOf(error)]);
    }
  }

  private story(ref: number, orderId: unknown): void {
    if (typeof orderId !== 'number' || !Number.isSafeInteger(orderId) || orderId < 1) {
      throw new Problem('Story takes the number of an order');
    }
    const { storiesByAddress, story, now } = this.context;
    const answer = (lines: readonly string[]): void => this.send([ServerFrame.StoryOf, ref, orderId, lines]);
    // No Problem: who shares an address with somebody greedy did nothing wrong.
    if (!storiesByAddress.take(sourceOf(this.peer.remoteAddress), now())) answer(['too many stories; wait a little']);
    else void story(orderId).then(answer, (error: unknown) => answer([`the story can't be told: ${messageOf(error)}`]));
  }

  private seek(ns: unknown): void {
    const { travel, now } = this.context;
    if (travel === null) throw new Problem('Seek is for finished logs');
    if (typeof ns !== 'number' || !Number.isFinite(ns)) throw new Problem('Seek takes a time, ns since midnight');
    if (!this.seeks.take(now())) throw new Problem('too many seeks; wait a little');
    let view: View;
    try {
      view = travel.seek(ns, this.view);
    } catch (error) {
      throw new Problem(messageOf(error));
    }
    if (view === this.view) return;
    this.view = view;
    for (const [id, { channel, seq }] of [...this.subscribed]) {
      this.context.subscriptions.remove(this.subscribed.get(id) as Subscription);
      this.subscribed.delete(id);
      const { subscriptions } = this.context;
      this.subscribed.set(id, subscriptions.add(id, this, view, channel.name, channel.params, now(), seq));
    }
  }
}

function idOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  throw new Problem('numbers of subscriptions and requests are whole, 1-65535');
}

function paramsOf(given: unknown, topic: Topic, { model }: View): Params {
  if (given !== undefined && given !== null && (typeof given !== 'object' || Array.isArray(given))) {
    throw new Problem('parameters are a map');
  }
  const params = (given ?? {}) as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(params).find((name) => !['rate', 'instrument', 'depth'].includes(name));
  if (unknown !== undefined) throw new Problem('parameters are rate, instrument and depth');
  const rate = numberOf(params.rate, 'rate', 0.1, MAX_RATE, DEFAULT_RATE);
  const depth = Math.floor(numberOf(params.depth, 'depth', 1, MAX_DEPTH, DEFAULT_DEPTH));
  const instrument = numberOf(params.instrument, 'instrument', 0, 65535, -1);
  if (instrument >= 0 && model.market.def(instrument) === undefined)
    throw new Problem(`there is no instrument ${instrument}`);
  if (topic === 'depth' && instrument < 0) throw new Problem('depth is of one instrument');
  return { rate, depth, instrument };
}

function numberOf(value: unknown, name: string, least: number, most: number, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new Problem(`${name} is a number, ${least}-${most}`);
}
