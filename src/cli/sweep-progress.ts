/** Progress of a sweep on stderr: one redrawn line on a terminal, a line per cell otherwise. */
import { duration, type Terminal } from './terminal.ts';

const REDRAW_MS = 200;
const BAR_CELLS = 24;

export class SweepProgress {
  private readonly terminal: Terminal;
  private readonly total: number;
  private readonly before: number;
  private readonly startMs = performance.now();
  private readonly timer: NodeJS.Timeout | null;
  private done: number;
  private failed = 0;

  /** `before` of `total` cells were finished by an earlier sweep. */
  constructor(terminal: Terminal, total: number, before: number) {
    this.terminal = terminal;
    this.total = total;
    this.before = before;
    this.done = before;
    this.timer = terminal.progressIsTty ? setInterval(() => this.draw(), REDRAW_MS) : null;
    if (!terminal.progressIsTty && before > 0) terminal.err(`${before} of ${total} cells are there already\n`);
  }

  ended(cell: string, error: string | null): void {
    this.done++;
    if (error !== null) this.failed++;
    if (this.terminal.progressIsTty) return;
    this.terminal.err(`${this.done} of ${this.total}  ${cell}${error === null ? '' : `  failed: ${error}`}\n`);
  }

  /** Removes the line. */
  end(): void {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.terminal.err('\r\x1b[K');
  }

  private draw(): void {
    const share = this.total === 0 ? 1 : this.done / this.total;
    const filled = Math.floor(share * BAR_CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    const made = this.done - this.before;
    const leftMs = made === 0 ? Number.NaN : ((performance.now() - this.startMs) / made) * (this.total - this.done);
    const eta = Number.isNaN(leftMs) ? '-' : duration(leftMs * 1e6);
    const failed = this.failed === 0 ? '' : `  ${this.failed} failed`;
    this.terminal.err(`\r${bar}  ${this.done} of ${this.total} cells  ETA ${eta}${failed}\x1b[K`);
  }
}
