/** `tapehead record --venue itch`: a live ITCH session into files that replay reads, without an engine. */
import { EventTally } from '../engine/event-tally.ts';
import type { FeedStats } from '../feed/feed.ts';
import { openLiveFeed } from '../feed/live/itch/feed.ts';
import { type ItchCommandOptions, itchSource } from './live-itch.ts';
import { count, duration, plural, type Terminal } from './terminal.ts';

export interface RecordItchOptions extends ItchCommandOptions {
  readonly out: string;
  readonly for?: number;
  readonly json?: boolean;
}

const REDRAW_MS = 200;
const PLAIN_LINE_MS = 5_000;

export async function recordItch(
  options: RecordItchOptions,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const source = itchSource(options, options.out, env);
  const tally = new EventTally();
  const feed = openLiveFeed(source, { say: (text) => terminal.err(`${text}\n`) });
  const startMs = performance.now();
  const untilMs = startMs + (options.for ?? Number.POSITIVE_INFINITY);
  let isAsked = false;
  let shownMs = startMs;
  const offInterrupt = terminal.onInterrupt(() => {
    isAsked = true;
  });
  const show = (): void => {
    const now = performance.now();
    if (now - shownMs < (terminal.progressIsTty ? REDRAW_MS : PLAIN_LINE_MS)) return;
    shownMs = now;
    const line = `${plural(tally.sink.messages, 'message')}  ${plural(tally.gaps, 'gap')}`;
    terminal.err(terminal.progressIsTty ? `\r${line}\x1b[K` : `${line}\n`);
  };
  let stats: FeedStats;
  try {
    const result = await feed.run(tally.sink, {
      stopRequested: () => {
        tally.drain();
        show();
        return isAsked || performance.now() >= untilMs;
      },
      progress: () => tally.drain(),
    });
    stats = result.stats;
  } finally {
    offInterrupt();
    if (terminal.progressIsTty) terminal.err('\r\x1b[K');
  }
  tally.drain();
  const seconds = (performance.now() - startMs) / 1e3;
  const { messages } = tally.sink;
  const { gaps, events } = tally;
  const replay = `tapehead replay ${feed.recorded.join(' ')}`;
  if (options.json === true) {
    terminal.out(
      `${JSON.stringify({ venue: 'itch', messages, events, gaps, seconds, files: feed.recorded, replay })}\n`,
    );
    return 0;
  }
  const rows = [
    ['time', duration(seconds * 1e9)],
    ['messages', count(messages)],
    ['gaps', count(gaps)],
    ...stats.notes.map((note) => ['note', note]),
  ];
  terminal.out(`${terminal.bold('tapehead record')}  itch\n\n`);
  for (const [name, text] of rows) terminal.out(`  ${name.padEnd(9)} ${text}\n`);
  if (feed.recorded.length > 0) terminal.out(`\nTo replay it: ${replay} --date ${dateOfToday()}\n`);
  return 0;
}

/** The day at the exchange: the files hold times of day only. */
function dateOfToday(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date());
}
