/** `tapehead record`: the raw frames of a venue into capture files, without an engine. */
import { TapeheadError } from '../core/errors.ts';
import { EventTally } from '../engine/event-tally.ts';
import { liveSessionBase } from '../feed/live/live-clock.ts';
import { type LiveFeed, openLiveFeed } from '../feed/live/live-feed.ts';
import type { LiveStatus, LiveVenueStatus } from '../feed/live/live-status.ts';
import { protocolOf } from '../feed/live/protocols/index.ts';
import type { LiveSource } from '../feed/live/source.ts';
import { ITCH, refuseItchOptions } from './live-itch.ts';
import { endpointsAt } from './live-options.ts';
import { type RecordItchOptions, recordItch } from './record-itch.ts';
import { bytes, count, duration, plural, type Terminal, table } from './terminal.ts';

export interface RecordOptions extends RecordItchOptions {
  readonly venue: string;
  readonly url?: string;
  readonly restUrl?: string;
  readonly redundancy: '1' | '2';
  readonly rotateMinutes: number;
}

const REDRAW_MS = 200;
const PLAIN_LINE_MS = 5_000;
const POLL_MS = 20;

export async function record(options: RecordOptions, terminal: Terminal): Promise<number> {
  if (options.venue === ITCH) return recordItch(options, terminal, process.env);
  refuseItchOptions(options);
  const { symbols } = options;
  if (symbols === undefined)
    throw new TapeheadError('USAGE', `--venue ${options.venue}: name its instruments, --symbols A,B`);
  const protocol = protocolOf(options.venue);
  if (protocol === null) throw new TapeheadError('USAGE', `${options.venue} can't be followed live`);
  const source: LiveSource = {
    venues: [
      {
        name: protocol.venue,
        symbols,
        endpoints: endpointsAt(protocol, options.url ?? null, options.restUrl ?? null),
        redundancy: options.redundancy === '2' ? 2 : 1,
      },
    ],
    record: { dir: options.out, rotateBytes: options.rotateMb * 1e6, rotateMs: options.rotateMinutes * 60_000 },
    sessionBase: liveSessionBase(),
    prefixSymbols: false,
    seed: Math.floor(Math.random() * 2 ** 32), // of reconnect delays: no two clients the same
  };
  const display = new Display(terminal);
  const feed = openLiveFeed(source, { say: (text) => display.say(text) });
  const tally = new EventTally();
  const startMs = performance.now();
  const untilMs = startMs + (options.for ?? Number.POSITIVE_INFINITY);
  let isAsked = false;
  const offInterrupt = terminal.onInterrupt(() => {
    isAsked = true;
  });
  const poll = setInterval(() => display.show(feed, tally), POLL_MS);
  try {
    await feed.run(tally.sink, {
      stopRequested: () => isAsked || performance.now() >= untilMs,
      progress: () => tally.drain(),
    });
  } finally {
    clearInterval(poll);
    offInterrupt();
    display.end();
  }
  tally.drain();
  const seconds = (performance.now() - startMs) / 1e3;
  summarise(options, feed.status(), tally, seconds, terminal);
  return 0;
}

/** One line that is redrawn on a terminal; plain lines now and then otherwise. */
class Display {
  private readonly terminal: Terminal;
  private shownMs = performance.now();
  private isDrawn = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  say(text: string): void {
    this.clear();
    this.terminal.err(`${text}\n`);
  }

  show(feed: LiveFeed, tally: EventTally): void {
    const now = performance.now();
    if (now - this.shownMs < (this.terminal.progressIsTty ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.shownMs = now;
    const status = feed.status();
    const line = status.venues.map((venue) => lineOf(venue, status, tally)).join('   ');
    this.clear();
    this.terminal.err(this.terminal.progressIsTty ? line : `${line}\n`);
    this.isDrawn = this.terminal.progressIsTty;
  }

  end(): void {
    this.clear();
  }

  private clear(): void {
    if (this.isDrawn) this.terminal.err('\r\x1b[K');
    this.isDrawn = false;
  }
}

function lineOf(venue: LiveVenueStatus, status: LiveStatus, tally: EventTally): string {
  const parts = [
    `${venue.venue} ${venue.up} of ${venue.wanted} up`,
    plural(venue.frames, 'frame'),
    status.record === null ? '' : `${bytes(status.record.diskBytes)} in ${plural(status.record.files.length, 'file')}`,
    plural(tally.gaps, 'gap'),
    plural(venue.reconnects, 'reconnect'),
    venue.stale.length === 0 ? 'books live' : `stale: ${venue.stale.slice(0, 4).join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function summarise(
  options: RecordOptions,
  status: LiveStatus,
  tally: EventTally,
  seconds: number,
  terminal: Terminal,
): void {
  const [venue] = status.venues;
  const files = status.record?.files ?? [];
  const replay = `tapehead replay ${options.out}`;
  if (options.json === true) {
    const { gaps, duplicates, outOfOrder, checksumFailures, events } = tally;
    const figures = { gaps, duplicates, outOfOrder, checksumFailures, events };
    terminal.out(`${JSON.stringify({ ...venue, ...figures, seconds, ...status.record, replay })}\n`);
    return;
  }
  const rows: [string, string][] = [
    ['time', duration(seconds * 1e9)],
    ['frames', `${count(venue.frames)} (${bytes(venue.bytes)})`],
    ['events', count(tally.events)],
    ['files', `${files.length} (${bytes(status.record?.diskBytes ?? 0)})`],
    ['gaps', count(tally.gaps)],
    ['reconnects', count(venue.reconnects)],
    ['snapshots asked for', count(venue.resyncs)],
  ];
  const rare: [string, number][] = [
    ['duplicates', tally.duplicates],
    ['out of order', tally.outOfOrder],
    ['checksum failures', tally.checksumFailures],
    ['from another line', venue.redundant],
    ['twice on a line, or late', venue.repeated],
    ['frames refused', venue.refused],
    ['frames skipped', venue.skipped],
    ['silences', venue.silences],
    ['connections replaced', venue.replaced],
    ['attempts that failed', venue.failedConnects],
    ['requests that failed', venue.failedRequests],
    ['refused for the rate', venue.rateLimited],
    ['refused by the venue', venue.refusals],
  ];
  for (const [name, value] of rare) if (value > 0) rows.push([name, terminal.warn(count(value))]);
  terminal.out(
    `${terminal.bold('tapehead record')}  ${venue.venue} ${(options.symbols ?? []).join(', ')}\n\n${table(rows)}`,
  );
  if (venue.stale.length > 0) terminal.out(`\n${terminal.warn(`not live at the end: ${venue.stale.join(', ')}`)}\n`);
  terminal.out(`\nTo replay it: ${replay}\n`);
}
