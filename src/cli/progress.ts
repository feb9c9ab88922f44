/** Progress of a long command on stderr: one redrawn line on a terminal, a plain line now and then otherwise. */
import { bytes, count, duration, type Terminal } from './terminal.ts';

export interface ProgressState {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly messages: number;
}

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 5_000;
const BAR_CELLS = 24;

export class Progress {
  private readonly terminal: Terminal;
  private readonly state: () => ProgressState;
  private readonly startMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private drawn = false;

  constructor(terminal: Terminal, state: () => ProgressState) {
    this.terminal = terminal;
    this.state = state;
    this.timer = setInterval(() => this.draw(), terminal.progressIsTty ? REDRAW_MS : PLAIN_LINE_MS);
  }

  /** Removes the line. */
  end(): void {
    clearInterval(this.timer);
    if (this.drawn && this.terminal.progressIsTty) this.terminal.err('\r\x1b[K');
  }

  private draw(): void {
    this.drawn = true;
    const line = this.line();
    this.terminal.err(this.terminal.progressIsTty ? `\r${line}\x1b[K` : `${line}\n`);
  }

  private line(): string {
    const { doneBytes, totalBytes, messages } = this.state();
    const seconds = (performance.now() - this.startMs) / 1e3;
    const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 0;
    const filled = Math.floor(share * BAR_CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    const eta = share > 0.01 ? `ETA ${duration(((1 - share) / share) * seconds * 1e9)}` : 'ETA -';
    const rate = `${count(messages / Math.max(seconds, 1e-3))} messages/s`;
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    return `${this.terminal.progressIsTty ? `${bar} ` : ''}${percent}  ${bytes(doneBytes)} of ${bytes(totalBytes)}  ${rate}  ${eta}`;
  }
}
