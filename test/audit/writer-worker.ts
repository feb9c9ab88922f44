/** A log writer in a thread of its own, as the audit worker runs it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openLogForRun } from '../../src/audit/open-log.ts';
import type { JournalShared } from '../../src/ring/journal.ts';
import type { TestRunOptions } from './support.ts';

export interface WriterStart {
  readonly directory: string;
  readonly shared: JournalShared;
  readonly options: TestRunOptions;
}

const { directory, shared, options } = workerData as WriterStart;
const { writer, recovered } = openLogForRun(directory, { shared, reader: 0 }, options);
parentPort?.postMessage({ recovered });
parentPort?.postMessage({ summary: writer.run(), commits: writer.commits });
