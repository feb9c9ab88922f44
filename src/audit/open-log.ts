/** What a run finds in the directory it is to log to, and what it does about it. */
import { messageOf, TapeheadError } from '../core/errors.ts';
import { type LogInventory, takeInventory } from './block-source.ts';
import { DEFAULT_GEOMETRY } from './layout.ts';
import { type LogFs, nodeFs } from './log-fs.ts';
import { LogLock } from './log-lock.ts';
import { type JournalSource, LogWriter, type LogWriterOptions } from './log-writer.ts';
import { examine, type RecoveryReport, refuseForeign, report } from './recover.ts';
import { isLogProblem, loadWatermark } from './scan.ts';
import { LogState } from './watermark.ts';

export interface OpenedLog {
  readonly writer: LogWriter;
  /** Of the log that is resumed; null for a new one. Its torn tail is cut once the run has caught up with it. */
  readonly recovered: RecoveryReport | null;
}

export interface OpenLogOptions extends LogWriterOptions {
  /** Resume a damaged log at its first damage although acknowledged records are lost: the replay writes them again. */
  readonly acceptLoss?: boolean;
}

/**
 * Opens `directory` for a run. Absent or empty: a new log. A log that was never closed, or that recovery sealed: it is
 * resumed, the run being the same replay from its beginning. A closed log: LOG_EXISTS. Anything else is refused. From
 * here to the end of the writer the directory is locked.
 */
export function openLogForRun(directory: string, source: JournalSource, options: OpenLogOptions = {}): OpenedLog {
  const logFs = options.fs ?? nodeFs;
  const geometry = options.geometry ?? DEFAULT_GEOMETRY;
  const before = takeInventory(logFs, directory);
  if (before !== null) refuseForeign(directory, before);
  else {
    try {
      logFs.makeDirectory(directory);
    } catch (error) {
      throw new TapeheadError('LOG_IO', `cannot create ${directory}: ${messageOf(error)}`);
    }
  }
  const lock = LogLock.acquire(logFs, directory);
  try {
    const inventory = takeInventory(logFs, directory);
    if (inventory === null || (inventory.segments.length === 0 && !inventory.hasWatermark)) {
      const start = { directory, lock, exists: false, end: null, durableSeq: 0, groupBytes: 0 };
      return { writer: new LogWriter(start, source, options), recovered: null };
    }
    const acceptLoss = options.acceptLoss ?? false;
    if (!acceptLoss) refuseClosed(logFs, directory, inventory); // at once: a closed log needs no scan
    const { watermark, scan } = examine(logFs, directory, geometry, acceptLoss);
    if (scan.damage === null) refuseClosed(logFs, directory, inventory);
    const start = {
      directory,
      lock,
      exists: true,
      end: scan.end,
      // What was written without sync is acknowledged only once this run has synced it.
      durableSeq: watermark.state === LogState.OpenUnsynced ? 0 : Math.min(watermark.durableSeq, scan.records),
      groupBytes: watermark.groupBytes,
    };
    return { writer: new LogWriter(start, source, options), recovered: report(directory, watermark, scan) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function refuseClosed(logFs: LogFs, directory: string, inventory: LogInventory): void {
  const watermark = loadWatermark(logFs, directory, inventory);
  if (isLogProblem(watermark) || watermark.state !== LogState.Closed) return;
  throw new TapeheadError(
    'LOG_EXISTS',
    `${directory} already holds a closed log of ${watermark.durableSeq} records; choose another directory or remove it`,
  );
}
