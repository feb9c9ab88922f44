/** The TCP connection of a feed over SoupBinTCP: connects, logs in, comes back after every loss at the next message. */
import { connect, type Socket } from 'node:net';
import { messageOf, TapeheadError } from '../../../core/errors.ts';
import type { FeedControl } from '../../feed.ts';
import { ITCH_LENGTHS } from '../../itch/layout.ts';
import type { EventSink } from '../../sink.ts';
import type { ItchIntake } from './intake.ts';
import type { ItchSoupOptions } from './options.ts';
import type { SessionClock } from './session-clock.ts';
import { SoupClient, SoupState } from './soup.ts';

const TICK_MS = 100;
/** Node reads so much at a time: a piece that is smaller emptied the connection. */
const READ_BYTES = 1 << 16;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 10_000;
const RECORD_FLUSH_TICKS = 10;

export class SoupRun {
  readonly client: SoupClient;
  /** Connections that were made, and refused or cut. */
  connections = 0;
  failures = 0;
  private readonly options: ItchSoupOptions;
  private readonly clock: SessionClock;
  private readonly intake: ItchIntake;
  private readonly sink: EventSink;
  private readonly control: FeedControl;
  /** Uniform in [0, 1): spreads the attempts of many clients. */
  private readonly random: () => number;
  private lastProblem = '';

  constructor(
    options: ItchSoupOptions,
    session: string,
    clock: SessionClock,
    intake: ItchIntake,
    sink: EventSink,
    control: FeedControl,
    random: () => number = Math.random,
  ) {
    this.options = options;
    this.clock = clock;
    this.intake = intake;
    this.sink = sink;
    this.control = control;
    this.random = random;
    this.client = new SoupClient({ ...options, session }, clock.ns, ITCH_LENGTHS, {
      messages: (bytes, from, to, count) => intake.messages(bytes, from, to, count),
      lost: (from, to) => intake.lost(from, to),
    });
  }

  /** Until the session's end, or a stop. Throws TapeheadError where the login is refused. */
  async run(): Promise<void> {
    for (let attempt = 0; !this.isOver(); ) {
      const had = this.client.next;
      await this.connection();
      if (this.client.state === SoupState.Rejected) {
        const { host, port } = this.options;
        throw new TapeheadError('USAGE', `${host}:${port} refused the login: ${this.client.problem}`);
      }
      if (this.isOver()) return;
      this.failures++;
      attempt = this.client.next > had ? 0 : attempt + 1;
      const most = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(attempt, 20));
      await this.sleep(this.random() * most); // full jitter
    }
  }

  notes(): string[] {
    const { counts } = this.client;
    const notes = [
      `SoupBinTCP: ${counts.logins} logins, ${counts.sequenced} messages, ${this.failures} connections lost or refused${this.lastProblem === '' ? '' : ` (last: ${this.lastProblem})`}`,
    ];
    if (counts.debug > 0) notes.push(`${counts.debug} debug packets ignored`);
    if (counts.unsequenced > 0) notes.push(`${counts.unsequenced} unsequenced messages ignored`);
    return notes;
  }

  private isOver(): boolean {
    return this.client.state === SoupState.Ended || this.sink.done || this.control.stopRequested();
  }

  /** One connection, to its end. */
  private connection(): Promise<void> {
    const { client, options } = this;
    return new Promise((resolve) => {
      const socket = connect({ host: options.host, port: options.port, noDelay: true });
      let wasUp = false;
      let ticks = 0;
      const timer = setInterval(() => {
        this.clock.read();
        if (++ticks % RECORD_FLUSH_TICKS === 0) this.intake.recorder?.flush();
        const heartbeat = client.heartbeat();
        if (heartbeat !== null) socket.write(heartbeat);
        if (client.isDead()) this.end(socket, 'nothing came for 15 s');
        else if (this.isOver()) this.logout(socket);
        this.control.progress(this.intake.bytes);
      }, TICK_MS);
      socket.on('connect', () => {
        this.connections++;
        this.clock.read();
        socket.write(client.connected());
      });
      socket.on('data', (piece) => {
        this.clock.read();
        client.receive(piece);
        // One piece may hold the login's answer, all that was missed, and the session's end.
        const hasEnded = client.state === SoupState.Ended;
        const isIn = hasEnded || client.state === SoupState.Up;
        if (isIn && !wasUp) this.intake.connection(0, true, true);
        wasUp ||= isIn;
        if (hasEnded || (isIn && piece.length < READ_BYTES)) this.intake.caughtUp();
        this.sink.flush();
        this.control.progress(this.intake.bytes);
        if (client.state === SoupState.Broken) this.end(socket, client.problem);
        else if (client.state === SoupState.Rejected || this.isOver()) this.logout(socket);
        else this.holdBack(socket);
      });
      socket.on('error', (error) => {
        this.lastProblem = messageOf(error);
      });
      socket.on('close', () => {
        clearInterval(timer);
        this.clock.read();
        client.disconnected();
        if (wasUp && !this.isOver()) this.intake.connection(0, false, false);
        resolve();
      });
    });
  }

  private end(socket: Socket, problem: string): void {
    this.lastProblem = problem;
    socket.destroy();
  }

  private logout(socket: Socket): void {
    if (socket.destroyed) return;
    socket.end(this.client.logout());
    socket.destroySoon();
  }

  /** The disk of the recording is behind: the venue's bytes wait in the connection. */
  private holdBack(socket: Socket): void {
    const { recorder } = this.intake;
    if (recorder === null || !recorder.isFull) return;
    socket.pause();
    void recorder.settled().then(() => socket.resume());
  }

  private async sleep(ms: number): Promise<void> {
    const end = Date.now() + ms;
    while (Date.now() < end && !this.isOver()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(TICK_MS, Math.max(1, end - Date.now()))));
    }
  }
}
