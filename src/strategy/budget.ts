/**
 * How much of a strategy's code may run in one go, counted and not timed, so that a strategy is stopped at the same step
 * on every machine. The loader puts a tick at the head of every loop body and function of a user's module
 * (load/instrument.ts); a verb of the context costs VERB_TICKS. Past the budget every further tick throws, so that the
 * strategy can't go on by catching it; deeper than MAX_DEPTH calls likewise, before the machine's stack ends (where that
 * is differs from machine to machine).
 *
 * One state per thread: strategies run one at a time, to completion.
 */
export const DEFAULT_BUDGET_TICKS = 1_000_000;
export const MAX_DEPTH = 500;
const VERB_TICKS = 100;

export class OverBudgetError extends Error {
  override readonly name = 'OverBudget';
}

class Budget {
  ticks = 0;
  limit = DEFAULT_BUDGET_TICKS;
  depth = 0;
  /** What stopped the code, if anything did, even where the code caught it. */
  exceeded: OverBudgetError | null = null;

  /** Before each piece of strategy code. */
  start(limit: number): void {
    this.ticks = 0;
    this.depth = 0;
    this.limit = limit;
    this.exceeded = null;
  }

  /** Head of a loop body, or of a generator. */
  tick(): void {
    if (++this.ticks > this.limit) this.stop(`more than ${this.limit} steps in one callback`);
  }

  /** Head of a function; `leave` is its end, however it ends. */
  enter(): void {
    if (++this.depth > MAX_DEPTH) this.stop(`calls nested more than ${MAX_DEPTH} deep`);
    if (++this.ticks > this.limit) this.stop(`more than ${this.limit} steps in one callback`);
  }

  leave(): void {
    this.depth--;
  }

  verb(): void {
    this.ticks += VERB_TICKS;
    if (this.ticks > this.limit) this.stop(`more than ${this.limit} steps in one callback`);
  }

  /** The machine's own stack ended first: frames too large for MAX_DEPTH of them. */
  stackOverflow(): OverBudgetError {
    if (this.exceeded === null) {
      this.exceeded = new OverBudgetError('the stack is full: calls nested too deep');
      this.exceeded.stack = ''; // where it ended differs from machine to machine
    }
    return this.exceeded;
  }

  private stop(text: string): never {
    this.exceeded ??= new OverBudgetError(text);
    throw this.exceeded;
  }
}

export const budget = new Budget();
