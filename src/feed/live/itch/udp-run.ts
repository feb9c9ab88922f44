/**
 * The thread's loop of a feed over UDP: takes datagrams from all sockets, in turn, into the arbiter, whose messages go to
 * the intake. Nothing is allocated per datagram while nothing is missing.
 */
import { promisify } from 'node:util';
import type { FeedControl } from '../../feed.ts';
import { ITCH_LENGTHS } from '../../itch/layout.ts';
import type { EventSink } from '../../sink.ts';
import { ARBITER_RULES, type ArbiterOut, MoldArbiter } from './arbiter.ts';
import type { ItchIntake } from './intake.ts';
import { MOLD_HEADER_BYTES, sessionBytes, writeRequest } from './mold.ts';
import type { ItchUdpOptions } from './options.ts';
import type { SessionClock } from './session-clock.ts';
import { parseUdpAddress, type UdpAddress } from './udp-address.ts';
import { kernelDrops, openUdpSockets, type UdpSockets } from './udp-sockets.ts';

const turnOfEventLoop = promisify(setImmediate);

/** Asked of the system, which grants less where its limits say so: 200 ms of a feed of 40 MB/s. */
const BUFFER_BYTES = 8 << 20;
/**
 * Others of the thread (signals, timers, the recorder) have their turn so often, however busy the lines are. A turn costs some
 * 100 us: every 5 ms of them made the p99 of `wire-to-wire` 80 us instead of 15 (`tapehead bench wire-to-wire`, 2026-11-23).
 */
const TURN_NS = 50e6;
/** Looking costs 1 µs a socket; a wake-up costs 20 µs and more. */
const SPIN_NS = 50e3;
const PARK_MS = 20;
const RECORD_FLUSH_NS = 1e9;

export class UdpRun {
  readonly sockets: UdpSockets;
  readonly remark: string;
  /** Datagrams that the system dropped before we looked; null: not known here. */
  dropped: number | null = null;
  private readonly options: ItchUdpOptions;
  private readonly lines: number;
  private readonly servers: readonly UdpAddress[];
  private flushedNs = 0;
  private readonly request = new Uint8Array(MOLD_HEADER_BYTES);

  private constructor(options: ItchUdpOptions, sockets: UdpSockets, remark: string, servers: readonly UdpAddress[]) {
    this.options = options;
    this.sockets = sockets;
    this.remark = remark;
    this.lines = options.b === undefined ? 1 : 2;
    this.servers = servers;
  }

  static async open(options: ItchUdpOptions): Promise<UdpRun> {
    const lines = [options.a, ...(options.b === undefined ? [] : [options.b])];
    const addresses = lines.map((text, i) => parseUdpAddress(text, `line ${'AB'[i]}`));
    const servers = (options.retransmit ?? []).map((text) => parseUdpAddress(text, 'retransmission server'));
    const isLocal = servers.every((server) => server.host.startsWith('127.'));
    const own = { host: isLocal ? '127.0.0.1' : '0.0.0.0', port: 0, network: '', isMulticast: false };
    const all = servers.length === 0 ? addresses : [...addresses, own];
    const { sockets, remark } = await openUdpSockets(all, BUFFER_BYTES, options.library ?? null);
    return new UdpRun(options, sockets, remark, servers);
  }

  /** Bound ports of the lines. */
  get ports(): readonly number[] {
    return this.sockets.ports.slice(0, this.lines);
  }

  arbiter(session: string, clock: SessionClock, intake: ItchIntake): MoldArbiter {
    const rules = { ...ARBITER_RULES, ...this.options.rules };
    const name = session === '' ? null : sessionBytes(session);
    const up = Array.from({ length: this.lines }, () => false);
    const out: ArbiterOut = {
      messages: (bytes, from, to, count) => intake.messages(bytes, from, to, count),
      lost: (from, to) => intake.lost(from, to),
      request: (sequence, count, attempt) => this.ask(arbiter, sequence, count, attempt),
      line: (line, isUp) => {
        up[line] = isUp;
        intake.connection(line, isUp, up.includes(true));
      },
    };
    const arbiter = new MoldArbiter(this.lines, this.servers.length > 0, name, rules, clock.ns, ITCH_LENGTHS, out);
    return arbiter;
  }

  /** Until the session's end, or a stop. */
  async run(
    arbiter: MoldArbiter,
    clock: SessionClock,
    intake: ItchIntake,
    sink: EventSink,
    control: FeedControl,
  ): Promise<void> {
    const isNative = this.sockets.library === 'koffi';
    const mayPark = this.options.wait !== 'spin' || !isNative;
    const spinNs = isNative ? SPIN_NS : 0; // dgram's datagrams come when the event loop turns, not before
    let turnNs = 0;
    let busyNs = 0;
    for (;;) {
      clock.read();
      const now = clock.ns[0];
      const taken = this.take(arbiter);
      arbiter.tick();
      if (taken > 0) {
        if (arbiter.dueNs === Number.POSITIVE_INFINITY) intake.caughtUp();
        sink.flush();
        busyNs = now;
      }
      control.progress(intake.bytes);
      if (arbiter.ended || sink.done || control.stopRequested()) break;
      const isIdle = taken === 0 && mayPark && now - busyNs >= spinNs;
      if (!isIdle && now - turnNs < TURN_NS) continue;
      turnNs = now;
      await this.keepRecording(now, intake);
      if (isIdle) await this.park(arbiter.dueNs - now);
      if (!isIdle || isNative) await turnOfEventLoop();
    }
  }

  private async keepRecording(now: number, { recorder }: ItchIntake): Promise<void> {
    if (recorder === null) return;
    if (now - this.flushedNs >= RECORD_FLUSH_NS) {
      this.flushedNs = now;
      recorder.flush();
    }
    if (recorder.isFull) await recorder.settled();
  }

  /** Each socket in turn, until none has anything, within a bound. */
  private take(arbiter: MoldArbiter): number {
    const { sockets } = this;
    const count = sockets.ports.length;
    let taken = 0;
    for (let socket = 0; socket < count; socket++) {
      const datagrams = sockets.poll(socket);
      for (let i = 0; i < datagrams; i++) {
        arbiter.datagram(Math.min(socket, this.lines), sockets.bytes(i), sockets.at(i), sockets.length(i));
      }
      taken += datagrams;
    }
    return taken;
  }

  private park(dueNs: number): void | Promise<void> {
    const ms = Math.min(this.options.parkMs ?? PARK_MS, Math.max(1, Math.floor(dueNs / 1e6)));
    return this.sockets.wait(ms);
  }

  private ask(arbiter: MoldArbiter, sequence: number, count: number, attempt: number): void {
    if (arbiter.session === null) return;
    writeRequest(this.request, arbiter.session, sequence, count);
    this.sockets.send(this.lines, this.request, this.servers[attempt % this.servers.length]);
  }

  close(): void {
    this.dropped = kernelDrops(this.sockets.ports);
    this.sockets.close();
  }
}

/** Says what a line brought and what the arbiter made of it; one line each. */
export function udpNotes(run: UdpRun, arbiter: MoldArbiter): string[] {
  const { sockets, remark } = run;
  const notes = [`sockets: ${sockets.library}${remark === '' ? '' : ` (${remark})`}`];
  for (let line = 0; line < arbiter.lines.length - 1; line++) {
    const counts = arbiter.lines[line];
    notes.push(
      `line ${'AB'[line]}: ${counts.packets} packets, ${counts.first} messages first here, ${counts.duplicate} duplicates, ${counts.skipped - counts.late} missing${some(counts.late, 'late')}${some(counts.malformed, 'malformed packets')}${some(counts.otherSession, 'packets of another session')}${some(counts.silences, 'silences')}`,
    );
  }
  const again = arbiter.lines[arbiter.lines.length - 1];
  if (arbiter.requests > 0) {
    notes.push(`retransmission: ${arbiter.requests} requests, ${again.first} messages came by it`);
  }
  if (arbiter.lostMessages > 0) {
    notes.push(`${arbiter.lostMessages} messages were lost in ${arbiter.holesLost} holes of ${arbiter.holes}`);
  }
  if (run.dropped !== null && run.dropped > 0) {
    notes.push(`the system dropped ${run.dropped} datagrams: receive buffer of ${sockets.bufferBytes} bytes full`);
  }
  return notes;
}

function some(count: number, what: string): string {
  return count === 0 ? '' : `, ${count} ${what}`;
}
