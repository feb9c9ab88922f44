/** What the harness is at, on stderr: a line that is rewritten in a terminal, plain lines elsewhere. */

export interface ProgressOutput {
  readonly isTty: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
  write(text: string): void;
}

/** Seldom: a redraw takes a core for a moment from what is measured. */
const REDRAW_MS = 1_000;

export class Progress {
  private readonly output: ProgressOutput;
  private readonly nowMs: () => number;
  private timer: NodeJS.Timeout | null = null;
  private title = '';
  private detail = '';
  private startMs = 0;

  constructor(output: ProgressOutput, nowMs: () => number = () => performance.now()) {
    this.output = output;
    this.nowMs = nowMs;
  }

  /** A benchmark begins: `[3/9] spine`. */
  begin(title: string): void {
    this.title = title;
    this.detail = '';
    this.startMs = this.nowMs();
    if (!this.output.isTty) {
      this.output.write(`${title}\n`);
      return;
    }
    this.timer ??= setInterval(() => this.draw(), REDRAW_MS);
    this.timer.unref();
    this.draw();
  }

  line(text: string): void {
    if (!this.output.isTty) {
      this.output.write(`${this.elapsed().padStart(7)}  ${text}\n`);
      return;
    }
    this.detail = text;
    this.draw();
  }

  /** Removes the line, so that something else can be printed. */
  clear(): void {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.output.write('\r\x1b[K');
  }

  private draw(): void {
    const detail = this.detail === '' ? '' : `  ${this.detail}`;
    const line = `${this.title}  ${this.elapsed()}${detail}`;
    // A line longer than the terminal would wrap, and could not be rewritten.
    this.output.write(`\r${line.slice(0, Math.max(20, this.output.columns - 1))}\x1b[K`);
  }

  private elapsed(): string {
    const seconds = Math.floor((this.nowMs() - this.startMs) / 1e3);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  }
}

export function stderrOutput(): ProgressOutput {
  const { stderr } = process;
  return {
    isTty: stderr.isTTY === true && process.env.TERM !== 'dumb',
    get columns() {
      // Some terminals say 0.
      return stderr.columns || 80;
    },
    write: (text) => stderr.write(text),
  };
}
