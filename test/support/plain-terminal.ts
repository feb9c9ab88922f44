/** A Terminal that keeps what was printed, without colours. */
import type { Terminal } from '../../src/cli/terminal.ts';

export interface PlainTerminal extends Terminal {
  /** Printed so far. */
  readonly text: string;
  readonly errors: string;
  /** As a Ctrl-C. */
  interrupt(): void;
}

export function plainTerminal(): PlainTerminal {
  const same = (text: string): string => text;
  let stop = (): void => {};
  const terminal = {
    text: '',
    errors: '',
    progressIsTty: false,
    out: (text: string) => {
      terminal.text += text;
    },
    err: (text: string) => {
      terminal.errors += text;
    },
    bold: same,
    dim: same,
    good: same,
    bad: same,
    warn: same,
    onInterrupt: (handler: () => void) => {
      stop = handler;
      return () => {};
    },
    interrupt: () => stop(),
  };
  return terminal;
}
