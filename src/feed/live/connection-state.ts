/**
 * When a connection is to be made, pinged, given up and replaced: a pure state machine. Times are ms of any clock that
 * does not go back, passed in; randomness is an argument. connection.ts does what it says.
 *
 *   idle --(step: Connect)--> connecting --opened--> open --closed--> idle, to connect again after a delay
 *
 * Delays are full jitter: uniform between 0 and min(MAX_DELAY_MS, FIRST_DELAY_MS x 2^attempts), so that clients that a
 * venue cut at once do not come back at once (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015).
 */
import type { LiveRules } from './protocol.ts';

export const FIRST_DELAY_MS = 250;
export const MAX_DELAY_MS = 30_000;
/** A connection that was up for so long starts the delays anew. */
export const STABLE_MS = 60_000;
/** Handshake included. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** Connections are replaced at 95 to 100 % of their greatest age: lines that began together do not end together. */
const AGE_JITTER = 0.05;
/** A market that rests is connected to anew every 16 quiet times, at most. */
const MAX_QUIET_DOUBLINGS = 4;

export type Step =
  | 'wait'
  /** Connect, then say `connecting`. */
  | 'connect'
  /** The attempt takes too long: cut it, then say `closed`. */
  | 'give-up'
  /** Send what the rules' ping says, then say `pinged`. */
  | 'ping'
  /** Nothing came for too long, or no market data: cut it, then say `closed`. */
  | 'silent'
  /** It is as old as it may become: make another one, then cut it. Said once. */
  | 'replace';

export class ConnectionState {
  /** Attempts since the last stable connection. */
  attempts = 0;
  /** How often it was up. */
  timesUp = 0;
  private readonly rules: LiveRules;
  private readonly random: () => number;
  private phase: 'idle' | 'connecting' | 'open' = 'idle';
  private dueAt: number;
  private since = 0;
  private heardAt = 0;
  private dataAt = 0;
  /** How often a connection in a row brought no data for too long. */
  private quietTimes = 0;
  private pingedAt = 0;
  private replaceAt = Number.POSITIVE_INFINITY;

  /** `random`: uniform in [0, 1). The first attempt is due at `now`. */
  constructor(rules: LiveRules, random: () => number, now: number) {
    this.rules = rules;
    this.random = random;
    this.dueAt = now;
  }

  get isOpen(): boolean {
    return this.phase === 'open';
  }

  step(now: number): Step {
    if (this.phase === 'idle') return now >= this.dueAt ? 'connect' : 'wait';
    if (this.phase === 'connecting') return now >= this.since + CONNECT_TIMEOUT_MS ? 'give-up' : 'wait';
    if (now >= this.heardAt + this.rules.silenceMs) return 'silent';
    if (now >= this.quietAt()) {
      this.quietTimes++;
      this.dataAt = now;
      return 'silent';
    }
    if (now >= this.replaceAt) {
      this.replaceAt = Number.POSITIVE_INFINITY;
      return 'replace';
    }
    return now >= this.pingAt() ? 'ping' : 'wait';
  }

  /** When `step` is to be asked again at the latest. */
  wakeAt(): number {
    if (this.phase === 'idle') return this.dueAt;
    if (this.phase === 'connecting') return this.since + CONNECT_TIMEOUT_MS;
    return Math.min(this.heardAt + this.rules.silenceMs, this.quietAt(), this.replaceAt, this.pingAt());
  }

  connecting(now: number): void {
    this.phase = 'connecting';
    this.since = now;
    this.attempts++;
  }

  opened(now: number): void {
    const { maxAgeMs } = this.rules;
    this.phase = 'open';
    this.timesUp++;
    this.since = now;
    this.heardAt = now;
    this.dataAt = now;
    this.pingedAt = now;
    this.replaceAt = maxAgeMs === 0 ? Number.POSITIVE_INFINITY : now + maxAgeMs * (1 - AGE_JITTER * this.random());
  }

  /** Something came, if only a pong. */
  heard(now: number): void {
    this.heardAt = now;
  }

  /** Market data came. */
  broughtData(now: number): void {
    this.dataAt = now;
    this.quietTimes = 0;
  }

  /** Nothing was read, so that nothing could be seen to come. */
  excuseQuiet(now: number): void {
    this.dataAt = now;
  }

  pinged(now: number): void {
    this.pingedAt = now;
  }

  /** It is down, or was never up. The next attempt is due after a delay, which is returned; `atLeastMs`: the venue said so. */
  closed(now: number, atLeastMs = 0): number {
    if (this.phase === 'open' && now - this.since >= STABLE_MS) this.attempts = 0;
    const most = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.attempts, 30));
    const delay = Math.max(atLeastMs, this.random() * most);
    this.phase = 'idle';
    this.dueAt = now + delay;
    return delay;
  }

  /** The attempt may not be made yet (a rate limit): again in `ms`. */
  postpone(now: number, ms: number): void {
    this.dueAt = now + ms;
  }

  private quietAt(): number {
    const { quietMs } = this.rules;
    if (quietMs === undefined) return Number.POSITIVE_INFINITY;
    return this.dataAt + quietMs * 2 ** Math.min(this.quietTimes, MAX_QUIET_DOUBLINGS);
  }

  private pingAt(): number {
    const { ping } = this.rules;
    if (ping === null) return Number.POSITIVE_INFINITY;
    return (ping.always === true ? this.pingedAt : Math.max(this.heardAt, this.pingedAt)) + ping.everyMs;
  }
}
