/**
 * Who gets what, and when. Subscriptions of one view, topic, narrowing and rate share a channel: what is new is put together and
 * encoded once for all of them. A client whose bytes pile up is left out, and gets a whole snapshot once it has room again:
 * what waits for one client is bounded by CONFLATE_BYTES and a frame.
 */
import { address, dataFrame, encodePayload, SNAPSHOT, UPDATE } from './frames.ts';
import type { Outbox } from './outbox.ts';
import type { Topic } from './protocol.ts';
import { type Params, TOPIC_SOURCES, type TopicSource, type View } from './topics.ts';

/** A client with so many bytes waiting gets no updates until they are gone: then a snapshot. */
export const CONFLATE_BYTES = 64 << 10;

/** A turn of sending takes so long, but for the payload in hand. */
const TURN_MS = 20;

/** More than a topic's own epoch counts: samples are dropped when there are twice as many. */
const TOPIC_EPOCHS = 1024;

/** What a channel needs to know of a client. */
export interface Receiver {
  readonly outbox: Outbox;
}

export class Subscription {
  readonly id: number;
  readonly receiver: Receiver;
  readonly channel: Channel;
  /** Frames sent. */
  seq = 0;
  /** What it has been told up to; null: it needs a snapshot. */
  mark: number | null = null;

  constructor(id: number, receiver: Receiver, channel: Channel) {
    this.id = id;
    this.receiver = receiver;
    this.channel = channel;
  }
}

export interface FanOut {
  frames: number;
  bytes: number;
  /** Updates that a client did not get because its bytes piled up. */
  conflated: number;
  /** Payloads encoded. */
  encoded: number;
}

export class Channel {
  readonly key: string;
  readonly name: Topic;
  readonly view: View;
  readonly params: Params;
  readonly subscriptions = new Set<Subscription>();
  /** When it may send again. */
  nextMs = 0;
  private readonly topic: TopicSource;
  private readonly counts: FanOut;
  /** Outboxes that have something, for whoever flushes them. */
  private readonly filled: Outbox[];
  private epoch: number;
  private mark: number;
  /** Of a topic of one object: what was told last. */
  private last: Uint8Array = new Uint8Array(0);

  constructor(key: string, view: View, topic: Topic, params: Params, counts: FanOut, filled: Outbox[]) {
    this.key = key;
    this.name = topic;
    this.view = view;
    this.params = params;
    this.topic = TOPIC_SOURCES[topic];
    this.counts = counts;
    this.filled = filled;
    this.epoch = this.currentEpoch();
    this.mark = this.topic.mark(view, params);
  }

  /** The first snapshot. */
  greet(subscription: Subscription, nowMs: number): void {
    this.topic.refresh?.(this.view, nowMs);
    const payload = this.encode(this.topic.snapshot(this.view, this.params, nowMs));
    this.deliver(subscription, dataFrame(SNAPSHOT, payload), this.topic.mark(this.view, this.params));
  }

  /** Sends what is new to everybody who has room. */
  tick(nowMs: number): void {
    const { topic, view, params } = this;
    topic.refresh?.(view, nowMs);
    const before = this.mark;
    const mark = topic.mark(view, params);
    this.mark = mark;
    const epoch = this.currentEpoch();
    const isAnew = epoch !== this.epoch;
    this.epoch = epoch;
    let shared: Buffer | null | undefined;
    let whole: Buffer | undefined;
    for (const one of this.subscriptions) {
      if (isAnew) one.mark = null;
      const isCongested = one.receiver.outbox.backlogBytes() > CONFLATE_BYTES;
      if (one.mark === null) {
        if (isCongested) continue;
        whole ??= dataFrame(SNAPSHOT, this.encode(topic.snapshot(view, params, nowMs)));
        this.deliver(one, whole, mark);
        continue;
      }
      // Whoever came between two ticks has been told more than the others.
      const isShared = one.mark === before;
      const frame = isShared
        ? shared === undefined
          ? this.update(before, nowMs, true)
          : shared
        : this.update(one.mark, nowMs, false);
      if (isShared) shared = frame;
      if (frame === null) {
        one.mark = mark;
      } else if (isCongested) {
        this.counts.conflated++;
        one.mark = null;
      } else {
        this.deliver(one, frame, mark);
      }
    }
  }

  private update(since: number, nowMs: number, isShared: boolean): Buffer | null {
    const { topic, view, params } = this;
    if (topic.update !== undefined) {
      const payload = topic.update(view, params, since);
      return payload === null ? null : dataFrame(UPDATE, this.encode(payload));
    }
    const payload = this.encode(topic.snapshot(view, params, nowMs));
    if (Buffer.compare(payload, this.last) === 0) return null;
    if (isShared) this.last = payload;
    return dataFrame(UPDATE, payload);
  }

  private deliver(subscription: Subscription, frame: Buffer, mark: number): void {
    subscription.mark = mark;
    address(frame, subscription.id, ++subscription.seq);
    // A copy, as the bytes in front differ from client to client and a library may send them later.
    const own = this.subscriptions.size > 1 ? Buffer.from(frame) : frame;
    const { outbox } = subscription.receiver;
    if (outbox.isEmpty) this.filled.push(outbox);
    if (!outbox.add(own)) return;
    this.counts.frames++;
    this.counts.bytes += frame.length;
  }

  private encode(payload: unknown): Uint8Array {
    this.counts.encoded++;
    return encodePayload(payload);
  }

  /** The topic's own may go back with a view that goes back: it must not make up for the others. */
  private currentEpoch(): number {
    return (this.view.epoch + this.view.model.epoch) * TOPIC_EPOCHS + (this.topic.epoch?.(this.view) ?? 0);
  }
}

export class Subscriptions {
  readonly counts: FanOut = { frames: 0, bytes: 0, conflated: 0, encoded: 0 };
  private readonly channels = new Map<string, Channel>();
  private readonly filled: Outbox[] = [];
  private readonly viewIds = new WeakMap<View, number>();
  private readonly now: () => number;
  private views = 0;

  /** `now`: ms, as `tick` and `add` are given. */
  constructor(now: () => number) {
    this.now = now;
  }

  get channelCount(): number {
    return this.channels.size;
  }

  /** Subscribes, and sends the first snapshot. `seq`: frames that the subscription was sent before, on another view. */
  add(id: number, receiver: Receiver, view: View, topic: Topic, params: Params, nowMs: number, seq = 0): Subscription {
    const channel = this.channel(view, topic, params);
    const subscription = new Subscription(id, receiver, channel);
    subscription.seq = seq;
    channel.subscriptions.add(subscription);
    try {
      // Who does not read gets it when there is room: subscribing again and again piles up nothing.
      if (receiver.outbox.backlogBytes() <= CONFLATE_BYTES) channel.greet(subscription, nowMs);
    } catch (error) {
      this.remove(subscription); // or the bug would come again with every tick, for everybody
      throw error;
    }
    this.flush();
    return subscription;
  }

  remove(subscription: Subscription): void {
    const { channel } = subscription;
    channel.subscriptions.delete(subscription);
    if (channel.subscriptions.size === 0) this.channels.delete(channel.key);
  }

  /**
   * Sends on every channel whose time has come, all that a client gets in one write; after TURN_MS the rest waits for the next
   * call, those first that were served longest ago: however much is subscribed, frames of clients have their turn.
   */
  tick(nowMs: number): void {
    const untilMs = this.now() + TURN_MS;
    try {
      for (const [key, channel] of this.channels) {
        if (nowMs < channel.nextMs) continue;
        if (this.now() >= untilMs) return;
        this.channels.delete(key);
        this.channels.set(key, channel);
        channel.nextMs = nextDue(nowMs, 1000 / channel.params.rate);
        channel.tick(nowMs);
      }
    } finally {
      this.flush();
    }
  }

  /** Channels of these topics send with the next tick, whatever their rate and however many others are due. */
  hasten(topics: readonly Topic[]): void {
    for (const [key, channel] of [...this.channels]) {
      if (topics.includes(channel.name)) {
        channel.nextMs = 0;
      } else {
        this.channels.delete(key); // behind those that hurry
        this.channels.set(key, channel);
      }
    }
  }

  private flush(): void {
    for (const outbox of this.filled) outbox.flush();
    this.filled.length = 0;
  }

  private channel(view: View, topic: Topic, params: Params): Channel {
    const { rate, instrument, depth } = params;
    const key = `${this.viewId(view)} ${topic} ${instrument} ${topic === 'depth' ? depth : 0} ${rate}`;
    const known = this.channels.get(key);
    if (known !== undefined) return known;
    const channel = new Channel(key, view, topic, params, this.counts, this.filled);
    this.channels.set(key, channel);
    return channel;
  }

  private viewId(view: View): number {
    const known = this.viewIds.get(view);
    if (known !== undefined) return known;
    this.viewIds.set(view, ++this.views);
    return this.views;
  }
}

/**
 * The next multiple of the rate's period, half a period away at least: never in a hurry to make up for what was late. Channels
 * of one rate are due together, whenever they were opened, so that a client gets what they have in one write.
 */
function nextDue(nowMs: number, everyMs: number): number {
  return Math.ceil((nowMs + everyMs / 2) / everyMs) * everyMs;
}
