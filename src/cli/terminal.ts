/** What the commands print through: streams, colours only on a terminal, figures for people. */
import { styleText } from 'node:util';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Progress goes here: a terminal that can redraw a line, or plain lines. */
  readonly progressIsTty: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  /** Calls `stop` on the first SIGINT/SIGTERM; a later one ends the process at once. Returns how to stop listening. */
  onInterrupt(stop: () => void): () => void;
}

/** One Ctrl-C may arrive more than once: from the terminal, and passed on by npx, `timeout` or a supervisor. */
const SAME_REQUEST_MS = 1_000;

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
    onInterrupt: (stop) => {
      let askedMs = Number.NaN;
      const handler = (): void => {
        const nowMs = performance.now();
        if (nowMs - askedMs > SAME_REQUEST_MS) process.exit(130);
        if (!Number.isNaN(askedMs)) return;
        askedMs = nowMs;
        stop();
      };
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
  };
}

/** 1234567 → 1,234,567 */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** "1 gap", "2 gaps". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function bytes(value: number): string {
  if (value < 1e3) return `${value} B`;
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} kB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} MB`;
  return `${(value / 1e9).toFixed(2)} GB`;
}

/** A latency or a span, in the unit that reads best. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`;
  if (ns < 120e9) return `${(ns / 1e9).toFixed(2)} s`;
  if (ns < 7200e9) return `${(ns / 60e9).toFixed(1)} min`;
  return `${(ns / 3600e9).toFixed(2)} h`;
}

/** Rows of cells in aligned columns: the first left, the others right; two spaces between. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows
    .map(
      (row) => indent + row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
