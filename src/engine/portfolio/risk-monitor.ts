/**
 * The risk worker's work, whoever runs it (a thread of its own, or a rerun): reads the journal's records, keeps the portfolio
 * as the engine states it, and answers every RiskRequest with the figures of exactly the exposures before it. A pure
 * function of the records and the model.
 */
import { EventKind } from '../../core/event.ts';
import { readInstrumentPayload } from '../../core/instrument-def.ts';
import { RecordType, RiskFiguresStatus } from '../../core/record.ts';
import { FIGURES, type PortfolioModel, PortfolioState } from '../../portfolio/live/portfolio-state.ts';

/** The journal, seen by 8-byte word, 4-byte word and byte. */
export interface RecordMemory {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Places in an answer: number of the request, its seq, its time, status, then the figures. */
export const Answer = { Request: 0, Seq: 1, Ns: 2, Status: 3, Figures: 4 } as const;
export const ANSWER_CELLS = Answer.Figures + FIGURES;

export class RiskMonitor {
  /** To the last request seen. */
  readonly answer = new Float64Array(ANSWER_CELLS);
  readonly state: PortfolioState;
  private readonly figures: Float64Array;

  constructor(model: PortfolioModel) {
    this.state = new PortfolioState(model);
    this.figures = this.answer.subarray(Answer.Figures);
  }

  /** The record at word `w`; true where it was a request, which is answered then. */
  take(memory: RecordMemory, w: number): boolean {
    const type = (memory.u32[w * 2 + 1] >>> 16) & 0xff;
    if (type === RecordType.RiskExposure) this.state.set(memory.u32[w * 2 + 7], memory.f64, w + 5);
    else if (type === EventKind.Instrument) this.define(memory, w);
    else if (type === RecordType.RiskRequest) this.compute(memory, w);
    return type === RecordType.RiskRequest;
  }

  private define(memory: RecordMemory, w: number): void {
    const def = readInstrumentPayload(memory.bytes, (w + 6) * 8, memory.u32[w * 2 + 7]);
    this.state.define(def.instrument, def.symbol);
  }

  private compute(memory: RecordMemory, w: number): void {
    const { answer, figures, state } = this;
    answer[Answer.Request] = memory.u32[w * 2 + 6];
    answer[Answer.Seq] = memory.u32[w * 2 + 3] * 4294967296 + memory.u32[w * 2 + 2];
    answer[Answer.Ns] = memory.f64[w + 5];
    state.nowNs[0] = memory.f64[w + 5];
    state.revalueOptions();
    state.settle(answer[Answer.Request]);
    state.read(figures);
    let sum = 0;
    for (let k = 0; k < figures.length; k++) sum += figures[k] * 0; // 0, or NaN where one is no finite number
    answer[Answer.Status] = sum === 0 ? RiskFiguresStatus.Available : RiskFiguresStatus.Unavailable;
    if (sum !== 0) figures.fill(Number.NaN);
  }
}
