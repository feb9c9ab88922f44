/** What the commands print through: streams, colours only on a terminal, figures for people. */
import { styleText } from 'node:util';
import type { Paint } from '../report/story-text.ts';

export { bytes, count, duration, plural, table } from '../core/text.ts';

export interface Terminal extends Paint {
  out(text: string): void;
  err(text: string): void;
  /** Progress goes here: a terminal that can redraw a line, or plain lines. */
  readonly progressIsTty: boolean;
  good(text: string): string;
  warn(text: string): string;
  /**
   * Calls `stop` on the first SIGINT/SIGTERM; a later one ends the process at once, but for what `last` does. Returns how to
   * stop listening; once asked to stop it listens to the process's end.
   */
  onInterrupt(stop: () => void, last?: () => Promise<unknown>): () => void;
}

/** One Ctrl-C may arrive more than once: from the terminal, and passed on by npx, `timeout` or a supervisor. */
const SAME_REQUEST_MS = 1_000;
const INTERRUPTED_EXIT = 130;
/** What must be done before a hurried end may take so long. */
const LAST_MS = 1_000;

/** Ends the listening of `untilBegun`. */
let begin = (): void => {};

/** Asked to end before a command listens for that itself, it says so and is gone: nothing was begun. Returns how to stop that. */
export function untilBegun(): () => void {
  const handler = (): void => {
    process.stderr.write('tapehead: stopped before anything had begun; nothing was written\n');
    process.exit(INTERRUPTED_EXIT);
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  begin = () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
  return begin;
}

type Style = Parameters<typeof styleText>[0];

export function processTerminal(): Terminal {
  const colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
  const paint = (style: Style) => (text: string) => (colours ? styleText(style, text) : text);
  // A reader that goes away (`| head`) ends the command quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`tapehead: the output can't be written: ${error.message}\n`);
    process.exit(1);
  });
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    progressIsTty: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    onInterrupt: (stop, last) => {
      let askedMs = Number.NaN;
      const handler = (): void => {
        const nowMs = performance.now();
        if (nowMs - askedMs > SAME_REQUEST_MS) exitSoon(last);
        if (!Number.isNaN(askedMs)) return;
        askedMs = nowMs;
        stop();
      };
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      begin();
      return () => {
        // Asked to end, the process is about to: the same request, arriving again by then, must not kill it.
        if (!Number.isNaN(askedMs)) return;
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
  };
}

function exitSoon(last: (() => Promise<unknown>) | undefined): void {
  const exit = (): void => process.exit(INTERRUPTED_EXIT);
  if (last === undefined) exit();
  else {
    setTimeout(exit, LAST_MS);
    void last().then(exit, exit);
  }
}
