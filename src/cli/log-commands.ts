/** The commands that read logs: verify, rerun, log, recover. */
import { type LogFilter, parseSeqRange, queryLog } from '../audit/log-query.ts';
import { LogReader } from '../audit/log-reader.ts';
import { RecordDecoder, recordLine } from '../audit/record-text.ts';
import { recoverLog, recoveryText } from '../audit/recover.ts';
import { verifyLog, verifyText } from '../audit/verify.ts';
import { TapeheadError } from '../core/errors.ts';
import { type Divergence, rerunLog } from '../engine/rerun.ts';
import { CHECK_NAMES } from '../risk/checks.ts';
import { story, why } from './story.ts';
import type { Terminal } from './terminal.ts';

export interface JsonOption {
  readonly json?: boolean;
}

export function verify(dir: string, options: JsonOption, terminal: Terminal): number {
  const result = verifyLog(dir);
  if (options.json === true) terminal.out(`${JSON.stringify(result)}\n`);
  else if (result.ok) terminal.out(`${terminal.good('ok')}${verifyText(result).slice(2)}\n`);
  else terminal.err(`tapehead: ${verifyText(result)}\n`);
  return result.ok ? 0 : 1;
}

export interface RerunOptions extends JsonOption {
  /** Folder that the strategies' paths in the log are relative to. */
  readonly strategies?: string;
}

export async function rerun(dir: string, options: RerunOptions, terminal: Terminal): Promise<number> {
  const check = verifyHead(dir);
  const readers: LogReader[] = [];
  const open = (): LogReader => {
    const reader = new LogReader(dir);
    readers.push(reader);
    return reader;
  };
  const startMs = performance.now();
  try {
    const result = await rerunLog(open, { strategyDir: options.strategies ?? '.' });
    const elapsedMs = performance.now() - startMs;
    const { records, inputs, divergence } = result;
    if (divergence === null) {
      const { headHash, remark } = check;
      const isProof = headHash !== null;
      if (options.json === true) {
        const fields = { identical: true, records, inputs, elapsedMs, headHash, ...(isProof ? {} : { error: remark }) };
        terminal.out(`${JSON.stringify(fields)}\n`);
      } else if (isProof) {
        terminal.out(`${terminal.good('identical')}: ${records} records, head ${headHash}\n`);
      } else {
        terminal.err(`tapehead: ${records} records re-execute identically, but ${remark}\n`);
      }
      return isProof ? 0 : 1;
    }
    const { logged, executed } = describe(dir, divergence);
    if (options.json === true) {
      terminal.out(
        `${JSON.stringify({ identical: false, seq: divergence.seq, records, logged, executed, elapsedMs })}\n`,
      );
    } else {
      terminal.err(`tapehead: diverged at seq ${divergence.seq}, ${records} records before it are identical\n`);
      terminal.err(
        `  the log holds    ${logged ?? 'nothing more'}\n  the engine makes ${executed ?? 'nothing more'}\n`,
      );
      if (check.remark !== '') terminal.err(`  ${check.remark}\n`);
    }
    return 1;
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** The head hash goes with the proof: a log that does not verify (null) is re-executed all the same, but proves nothing. */
function verifyHead(dir: string): { headHash: string | null; remark: string } {
  const result = verifyLog(dir);
  if (result.ok) return { headHash: result.headHash, remark: '' };
  return { headHash: null, remark: `the log does not verify: ${verifyText(result)}` };
}

/** Both records of a divergence as text, with the instruments known up to there. */
function describe(dir: string, divergence: Divergence): { logged: string | null; executed: string | null } {
  const decoder = new RecordDecoder();
  const reader = new LogReader(dir);
  try {
    while (reader.seq < divergence.seq - 1 && reader.next()) decoder.observe(reader);
  } finally {
    reader.close();
  }
  const text = (record: Uint8Array | null): string | null => {
    if (record === null) return null;
    const bytes = record.slice();
    const view = { bytes, u32: new Uint32Array(bytes.buffer), f64: new Float64Array(bytes.buffer), at: 0 };
    decoder.observe(view);
    return recordLine(decoder.decode(view)).trim();
  };
  return { logged: text(divergence.logged), executed: text(divergence.executed) };
}

export interface LogOptions {
  readonly type?: string;
  readonly symbol?: string;
  readonly from?: string;
  readonly to?: string;
  readonly seq?: string;
  readonly limit?: number;
  /** An OrderID or ClOrdID. */
  readonly order?: number;
  /** A sequence number. */
  readonly why?: number;
  readonly json?: boolean;
}

const FLUSH_CHARS = 1 << 16;

export function log(dir: string, options: LogOptions, terminal: Terminal): number {
  const { json, seq, order, why: record, ...plain } = options;
  if (order !== undefined || record !== undefined) {
    const others = Object.keys(plain).length > 0 || seq !== undefined || (order !== undefined && record !== undefined);
    if (others) throw new TapeheadError('USAGE', '--order and --why stand alone: leave the other filters out');
    if (order !== undefined) return story(dir, order, CHECK_NAMES, options, terminal);
    if (record !== undefined) return why(dir, record, options, terminal);
  }
  const filter: LogFilter = { ...plain, ...(seq === undefined ? {} : parseSeqRange(seq)) };
  let pending = '';
  try {
    for (const record of queryLog(dir, filter)) {
      pending += `${json === true ? JSON.stringify(record) : recordLine(record)}\n`;
      if (pending.length > FLUSH_CHARS) {
        terminal.out(pending);
        pending = '';
      }
    }
  } finally {
    terminal.out(pending);
  }
  return 0;
}

export interface RecoverOptions extends JsonOption {
  readonly acceptLoss?: boolean;
}

export function recover(dir: string, options: RecoverOptions, terminal: Terminal): number {
  const report = recoverLog(dir, { acceptLoss: options.acceptLoss ?? false });
  terminal.out(options.json === true ? `${JSON.stringify(report)}\n` : `${recoveryText(report)}\n`);
  return 0;
}
