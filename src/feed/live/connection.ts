/** One websocket connection that is kept up: connects, reconnects, pings, notices silence (connection-state.ts). */
import { messageOf } from '../../core/errors.ts';
import { Budget } from './budget.ts';
import { CONNECT_TIMEOUT_MS, ConnectionState } from './connection-state.ts';
import type { LiveRules } from './protocol.ts';
import type { LiveSocket, LiveWorld } from './world.ts';

export interface ConnectionHandlers {
  opened(): void;
  /** Valid during the call only. */
  frame(bytes: Buffer): void;
  /** It was up and is down now. */
  closed(why: string): void;
  /** An attempt came to nothing; `status`: of the HTTP answer, 0 where there was none. */
  failed(why: string, status: number): void;
  /** Too long silent; `closed` follows. */
  silent(): void;
  /** It is old: to be replaced. */
  old(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly rules: LiveRules;
  /** New connections to this address, over all who make them. */
  readonly connects: Budget;
  readonly random: () => number;
  readonly world: LiveWorld;
  readonly handlers: ConnectionHandlers;
}

export class Connection {
  private readonly options: ConnectionOptions;
  private readonly state: ConnectionState;
  private readonly sends: Budget;
  private readonly unsent: string[] = [];
  private readonly world: LiveWorld;
  private socket: LiveSocket | null = null;
  private stopTimer = (): void => {};
  private stopSendTimer = (): void => {};
  private isStopped = false;
  private isPaused = false;
  /** The venue asked for a delay before the next attempt, ms. */
  private retryAfterMs = 0;

  constructor(options: ConnectionOptions) {
    const { rules, random, world } = options;
    this.options = options;
    this.world = world;
    this.sends = new Budget(rules.sends.count, rules.sends.windowMs);
    this.state = new ConnectionState(rules, random, world.nowMs());
  }

  get isOpen(): boolean {
    return this.state.isOpen;
  }

  get timesUp(): number {
    return this.state.timesUp;
  }

  start(): void {
    this.look();
  }

  /** In this order, no faster than the venue allows. What was not sent when the connection goes down is dropped. */
  send(text: string): void {
    this.unsent.push(text);
    this.sendDue();
  }

  /** Cuts it; it is made anew after the usual delay. */
  reconnect(why: string): void {
    this.cut(why);
  }

  /** Cuts it for good, without a word to the handlers. */
  stop(): void {
    this.isStopped = true;
    this.stopTimer();
    this.stopSendTimer();
    const { socket } = this;
    this.socket = null;
    socket?.terminate();
  }

  /** The last frame was market data. */
  broughtData(): void {
    this.state.broughtData(this.world.nowMs());
  }

  /** While paused nothing is read: the system's buffers fill, and the venue waits. */
  pause(isPaused: boolean): void {
    if (this.isPaused === isPaused) return;
    this.isPaused = isPaused;
    this.excuse(this.world.nowMs());
    if (this.socket?.isOpen !== true) return;
    if (isPaused) this.socket.pause();
    else this.socket.resume();
  }

  /** Does what is due, and sets the timer for what is next. */
  private look(): void {
    this.stopTimer();
    if (this.isStopped) return;
    const now = this.world.nowMs();
    if (this.isPaused) this.excuse(now);
    switch (this.state.step(now)) {
      case 'connect':
        this.connect(now);
        break;
      case 'give-up':
        this.cut(`no connection within ${CONNECT_TIMEOUT_MS / 1e3} s`);
        break;
      case 'ping':
        this.ping(now);
        break;
      case 'silent':
        this.options.handlers.silent();
        this.cut('silent for too long');
        break;
      case 'replace':
        this.options.handlers.old();
        break;
      case 'wait':
        break;
    }
    this.sleep();
  }

  private sleep(): void {
    this.stopTimer();
    if (this.isStopped) return;
    const ms = Math.max(1, Math.min(this.state.wakeAt() - this.world.nowMs(), 60_000));
    this.stopTimer = this.world.after(ms, () => this.look());
  }

  private connect(now: number): void {
    const { connects, url } = this.options;
    const wait = connects.waitMs(now);
    if (wait > 0) {
      this.state.postpone(now, wait);
      return;
    }
    connects.spend(now);
    this.state.connecting(now);
    this.retryAfterMs = 0;
    let why = '';
    let status = 0;
    const socket: LiveSocket = this.world.connect(url, CONNECT_TIMEOUT_MS, {
      opened: () => this.opened(socket),
      message: (frame) => {
        if (this.socket !== socket) return;
        this.state.heard(this.world.nowMs());
        this.options.handlers.frame(frame);
      },
      heard: () => this.heard(socket),
      refused: (refusal, retryAfter) => {
        status = refusal;
        why = `HTTP ${status}`;
        this.retryAfterMs = retryAfterMs(retryAfter, status);
        this.down(socket, why, status);
      },
      failed: (error) => {
        if (why === '') why = reasonOf(error);
      },
      closed: (code, reason) => {
        const text = reason.slice(0, 120);
        const closed = `closed by the venue, code ${code}${text === '' ? '' : ` (${text})`}`;
        this.down(socket, why !== '' ? why : closed, status);
      },
    });
    this.socket = socket;
  }

  private opened(socket: LiveSocket): void {
    if (this.socket !== socket) return;
    this.state.opened(this.world.nowMs());
    if (this.isPaused) socket.pause();
    this.options.handlers.opened();
    this.sleep();
  }

  /** Who does not read hears nothing. */
  private excuse(now: number): void {
    this.state.heard(now);
    this.state.excuseQuiet(now);
  }

  private heard(socket: LiveSocket): void {
    if (this.socket === socket) this.state.heard(this.world.nowMs());
  }

  private ping(now: number): void {
    const { ping } = this.options.rules;
    this.state.pinged(now);
    if (ping === null) return;
    if (ping.text !== '') this.send(ping.text);
    else this.socket?.ping();
  }

  private cut(why: string): void {
    const { socket } = this;
    if (socket === null) return;
    this.down(socket, why, 0);
    socket.terminate();
  }

  private down(socket: LiveSocket, why: string, status: number): void {
    if (this.socket !== socket) return;
    const wasOpen = this.state.isOpen;
    this.socket = null;
    this.unsent.length = 0;
    this.stopSendTimer();
    this.state.closed(this.world.nowMs(), this.retryAfterMs);
    if (wasOpen) this.options.handlers.closed(why);
    else this.options.handlers.failed(why, status);
    this.sleep();
  }

  private sendDue(): void {
    this.stopSendTimer();
    while (this.unsent.length > 0 && this.socket?.isOpen === true) {
      const now = this.world.nowMs();
      const wait = this.sends.waitMs(now);
      if (wait > 0) {
        this.stopSendTimer = this.world.after(wait, () => this.sendDue());
        return;
      }
      this.sends.spend(now);
      this.socket.send(this.unsent.shift()!);
    }
  }
}

/** Seconds of the header; a minute where the venue refuses for its rate and says nothing. */
export function retryAfterMs(header: string | null | undefined, status: number): number {
  const seconds = Number(header ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1e3;
  return status === 429 || status === 418 ? 60_000 : 0;
}

/** Of a system's error its code as well: an AggregateError (several addresses tried) has no message. */
function reasonOf(error: Error & { code?: string }): string {
  const text = messageOf(error);
  return text !== '' ? text : (error.code ?? error.name);
}
