/**
 * Where the risk worker leaves its answer for the engine: one at a time, because the engine asks again only after it took
 * the last one. A SharedArrayBuffer of two int32 cells (number of the last answered request; whether the worker is gone) and
 * the answer (risk-monitor.ts) as float64.
 */
import { assert } from '../../core/assert.ts';
import { RiskFiguresStatus } from '../../core/record.ts';
import { ANSWER_CELLS, Answer } from './risk-monitor.ts';

const ANSWERED = 0;
const GONE = 1;
const CELLS_BYTES = 128;
/** Looked for so often before the engine's core is given away; then in naps, because a notification may be missed. */
const SPINS = 2000;
const NAP_MS = 0.2;

export function createAnswerBox(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS_BYTES + ANSWER_CELLS * 8);
}

export class AnswerBox {
  /** The answer; to be read after `wait` or `isAnswered` said that it is there. */
  readonly answer: Float64Array;
  private readonly cells: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.cells = new Int32Array(buffer, 0, 2);
    this.answer = new Float64Array(buffer, CELLS_BYTES, ANSWER_CELLS);
  }

  /** Risk worker: `answer` is the one to the request that it names. */
  put(answer: Float64Array): void {
    this.answer.set(answer);
    Atomics.store(this.cells, ANSWERED, answer[Answer.Request]); // pairs with the load in isAnswered
    Atomics.notify(this.cells, ANSWERED);
  }

  /** Whoever sees the worker end: nobody will answer any more. */
  abandon(): void {
    Atomics.store(this.cells, GONE, 1);
    Atomics.notify(this.cells, ANSWERED);
  }

  /** Engine: whether request `number` is answered; one that never will be has an answer without figures. */
  isAnswered(number: number): boolean {
    const answered = Atomics.load(this.cells, ANSWERED);
    if (answered === number) {
      assert(this.answer[Answer.Request] === number, 'the answer is to the request');
      return true;
    }
    if (Atomics.load(this.cells, GONE) === 0) return false;
    this.answer.fill(Number.NaN);
    this.answer[Answer.Request] = number;
    this.answer[Answer.Seq] = 0;
    this.answer[Answer.Ns] = 0;
    this.answer[Answer.Status] = RiskFiguresStatus.WorkerGone;
    return true;
  }

  /**
   * Engine: waits until the request is answered. `turn` gives the stages that share this thread a turn and returns what they
   * did; null where there are none.
   */
  wait(number: number, turn: (() => number) | null): void {
    for (let spins = 0; !this.isAnswered(number); spins++) {
      if (turn !== null && turn() > 0) continue;
      if (spins < SPINS && turn === null) continue;
      Atomics.wait(this.cells, ANSWERED, Atomics.load(this.cells, ANSWERED), NAP_MS);
    }
  }
}
