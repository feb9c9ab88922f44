/** The risk worker's side of a run: a reader of the journal ring that keeps portfolio risk and answers the engine. */
import { RecordType } from '../../core/record.ts';
import type { PortfolioModel } from '../../portfolio/live/portfolio-state.ts';
import { JournalReader, type JournalShared } from '../../ring/journal.ts';
import { AnswerBox } from './answer-box.ts';
import { RiskMonitor } from './risk-monitor.ts';

/** The risk worker is gone: it holds nobody up, and requests are answered with no figures. Harmless after a clean end. */
export function dismissRisk({ journal, answers }: { journal: JournalShared; answers: SharedArrayBuffer }): void {
  JournalReader.detach(journal, RISK_READER);
  new AnswerBox(answers).abandon();
}

/** Its place among the readers of the journal ring. */
export const RISK_READER = 1;

/** Words of records taken before they are given back to the writer: 64 KiB. */
const RELEASE_WORDS = 1 << 13;

export class RiskStage {
  readonly monitor: RiskMonitor;
  private readonly journal: JournalReader;
  private readonly box: AnswerBox;

  constructor(journal: JournalShared, reader: number, box: SharedArrayBuffer, model: PortfolioModel) {
    this.journal = new JournalReader(journal, reader);
    this.box = new AnswerBox(box);
    this.monitor = new RiskMonitor(model);
  }

  /** Takes what is there; returns the records seen. */
  doWork(): number {
    const { journal, monitor } = this;
    let left = journal.poll();
    let records = 0;
    let taken = 0;
    while (left > 0) {
      const w = (journal.cursor + taken) & journal.mask;
      const head = journal.u32[w * 2 + 1];
      const words = (head & 0xffff) >> 3;
      if (((head >>> 16) & 0xff) !== RecordType.Pad && monitor.take(journal, w)) this.box.put(monitor.answer);
      records++;
      taken += words;
      left -= words;
      if (taken < RELEASE_WORDS) continue;
      journal.release(taken);
      taken = 0;
    }
    if (taken > 0) journal.release(taken);
    return records;
  }

  /** The loop of a thread that runs nothing else: until the journal is closed and read to its end. */
  run(): void {
    for (;;) {
      if (this.doWork() > 0) continue;
      if (this.journal.isClosed()) {
        if (this.doWork() === 0) return;
      } else this.journal.idle();
    }
  }
}
