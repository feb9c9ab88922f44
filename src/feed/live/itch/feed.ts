/**
 * A live ITCH 5.0 feed, over MoldUDP64 (two lines, retransmission) or SoupBinTCP, as a `Feed` of the run: the same decoder
 * as for recordings, receive times of this machine's clock.
 *
 * Order-by-order books are right only when every message since the session's first was seen. The feed asks for what it
 * missed, from message 1 on; where that is not to be had, every book is stale for the rest of the session, and the run
 * goes on counting.
 */
import type { Feed, FeedControl, FeedResult } from '../../feed.ts';
import type { EventSink } from '../../sink.ts';
import type { MoldArbiter } from './arbiter.ts';
import { ItchIntake } from './intake.ts';
import type { ItchLiveOptions, ItchSoupOptions, ItchUdpOptions } from './options.ts';
import { ItchRecorder } from './recorder.ts';
import { SessionClock } from './session-clock.ts';
import { SoupRun } from './soup-run.ts';
import { UdpRun, udpNotes } from './udp-run.ts';

/** The feed of this session, as a live run's feed worker asks for it (engine/live/live-start.ts, LiveFeedModule). */
export function openLiveFeed(source: ItchLiveOptions, handlers: { say?(text: string): void }): ItchLiveFeed {
  return new ItchLiveFeed(source, handlers.say);
}

export class ItchLiveFeed implements Feed {
  /** What is known of the lines while and after the feed runs, for views and tests; null before, and over SoupBinTCP. */
  arbiter: MoldArbiter | null = null;
  /** ... over SoupBinTCP. */
  soup: SoupRun | null = null;
  /** Files of the recording, in order. */
  recorded: readonly string[] = [];
  private readonly options: ItchLiveOptions;
  private udp: UdpRun | null = null;

  private readonly say: (text: string) => void;

  /** `say`: takes one line for people. */
  constructor(options: ItchLiveOptions, say: (text: string) => void = () => {}) {
    this.options = options;
    this.say = say;
  }

  /** Binds the sockets ahead of `run`, which does so otherwise. Returns the lines' ports; none over SoupBinTCP. */
  async open(): Promise<readonly number[]> {
    const { line } = this.options;
    if (line.via !== 'udp') return [];
    this.udp ??= await UdpRun.open(line);
    return this.udp.ports;
  }

  /** What the lines are received with, for a line on the terminal; known once open. */
  get transport(): string {
    if (this.udp === null) return 'over TCP';
    const { sockets, remark } = this.udp;
    return `over UDP, with ${sockets.library}${remark === '' ? '' : ` (${remark})`}`;
  }

  async run(sink: EventSink, control: FeedControl): Promise<FeedResult> {
    const { line, session, symbols, sessionBase, record } = this.options;
    await this.open();
    this.say(`${nameOf(line, session)}: received ${this.transport}`);
    const recorder = record === null ? null : new ItchRecorder(record);
    const clock = new SessionClock(sessionBase);
    const intake = new ItchIntake(nameOf(line, session), symbols, sink, clock, recorder);
    const notes: string[] = [];
    try {
      if (line.via === 'udp') await this.runUdp(session, clock, intake, sink, control, notes);
      else await this.runSoup(line, session, clock, intake, sink, control, notes);
    } finally {
      this.udp?.close();
      this.recorded = recorder?.files ?? [];
      await recorder?.close();
      sink.flush();
    }
    const { stats } = intake;
    stats.notes.push(...notes);
    const seen = new Set(intake.seenSymbols);
    const unseen = (symbols ?? []).filter((symbol) => !seen.has(symbol));
    if (unseen.length > 0) stats.notes.push(`never seen in this session: ${unseen.join(', ')}`);
    if (recorder !== null) {
      stats.notes.push(
        `${recorder.messages} messages recorded in ${recorder.files.length} files: ${recorder.files.join(', ')}`,
      );
    }
    return { stats, truncated: null };
  }

  private async runUdp(
    session: string,
    clock: SessionClock,
    intake: ItchIntake,
    sink: EventSink,
    control: FeedControl,
    notes: string[],
  ): Promise<void> {
    const { udp } = this;
    if (udp === null) return;
    const arbiter = udp.arbiter(session, clock, intake);
    this.arbiter = arbiter;
    try {
      await udp.run(arbiter, clock, intake, sink, control);
    } finally {
      udp.close();
      this.udp = null;
    }
    notes.push(...udpNotes(udp, arbiter));
  }

  private async runSoup(
    line: ItchSoupOptions,
    session: string,
    clock: SessionClock,
    intake: ItchIntake,
    sink: EventSink,
    control: FeedControl,
    notes: string[],
  ): Promise<void> {
    this.soup = new SoupRun(line, session, clock, intake, sink, control);
    await this.soup.run();
    notes.push(...this.soup.notes());
  }
}

function nameOf(line: ItchUdpOptions | ItchSoupOptions, session: string): string {
  const where = line.via === 'udp' ? [line.a, line.b ?? ''].join(' ').trim() : `${line.host}:${line.port}`;
  return session === '' ? `ITCH of ${where}` : `ITCH session ${session} of ${where}`;
}
