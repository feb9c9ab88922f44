/** `tapehead report`: what a log says of the trading in it. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../core/directories.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { BacktestReport } from '../report/backtest-report.ts';
import { htmlPage } from '../report/html/page.ts';
import { CSV_FILES } from '../report/report-csv.ts';
import { reportText } from './report-text.ts';
import type { Terminal } from './terminal.ts';

export interface ReportOptions {
  /** Where the page, the CSV files and report.json go. */
  readonly html?: string;
  readonly json?: boolean;
}

export function report(dir: string, options: ReportOptions, terminal: Terminal): number {
  const made = BacktestReport.of(dir);
  if (options.html !== undefined) writeReport(made, options.html, dir);
  if (options.json === true) {
    terminal.out(`${JSON.stringify(made.json)}\n`);
    return 0;
  }
  terminal.out(`${terminal.bold('tapehead report')}  ${dir}\n\n${reportText(made, terminal)}`);
  if (options.html !== undefined) terminal.out(`\n  page          ${join(options.html, 'index.html')}\n`);
  return 0;
}

/** Writes index.html, report.json and the CSV files into `directory`, which is made where it is missing. `title`: names the run. */
export function writeReport(made: BacktestReport, directory: string, title: string): void {
  try {
    makeDirectories(directory);
    writePieces(join(directory, 'index.html'), htmlPage(made, title));
    writePieces(join(directory, 'report.json'), [`${JSON.stringify(made.json, null, 2)}\n`]);
    for (const [name, piecesOf] of CSV_FILES) writePieces(join(directory, name), piecesOf(made));
  } catch (error) {
    if (error instanceof TapeheadError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new TapeheadError('NO_FILE', `the report can't be written to ${directory}: ${messageOf(error)}`);
  }
}

function writePieces(path: string, pieces: Iterable<string>): void {
  const fd = openSync(path, 'w');
  try {
    for (const piece of pieces) writeFileSync(fd, piece);
  } finally {
    closeSync(fd);
  }
}
