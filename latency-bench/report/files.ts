/** The files of `--out`: results.json, report.html, one .hgrm a latency. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plural } from '../../src/cli/terminal.ts';
import { makeDirectories } from '../../src/core/directories.ts';
import { type ErrorCode, messageOf, TapeheadError } from '../../src/core/errors.ts';
import type { Histogram } from '../../src/core/histogram.ts';
import { printable } from '../../src/core/printable.ts';
import { hgrmText } from '../hdr.ts';
import type { Run } from '../measured.ts';
import { htmlPage } from './html.ts';
import { runJson } from './json.ts';

/** Before anything is measured: whether something can be written there. */
export function openOutput(directory: string): void {
  attempt('USAGE', directory, () => {
    makeDirectories(directory);
    accessSync(directory, constants.W_OK);
  });
}

/** Returns what was written, one line each. */
export function writeOutput(directory: string, run: Run): string[] {
  return attempt('NO_FILE', directory, () => {
    writeFileSync(join(directory, 'results.json'), `${runJson(run)}\n`);
    writeFileSync(join(directory, 'report.html'), htmlPage(run));
    const names = new Set<string>();
    for (const { name, parts } of histogramsOf(run)) {
      const file = uniqueName(fileNameOf(name), names);
      writeFileSync(join(directory, `${file}.hgrm`), hgrmText(parts));
    }
    const shown = printable(directory);
    return [
      `written: ${join(shown, 'report.html')}, ${join(shown, 'results.json')}, ${plural(names.size, '.hgrm file')}`,
    ];
  });
}

/** Every latency, and the stages and wholes of attributions. */
function histogramsOf(run: Run): { name: string; parts: readonly Histogram[] }[] {
  return run.measured.flatMap(({ name: benchmark, result }) => [
    ...(result?.latencies ?? []).map(({ name, parts }) => ({ name: `${benchmark} ${name}`, parts })),
    ...(result?.attributions ?? []).flatMap(({ name, stages, whole }) => [
      { name: `${benchmark} ${name} whole`, parts: [whole] },
      ...stages.map((stage) => ({ name: `${benchmark} ${name} ${stage.name}`, parts: [stage.histogram] })),
    ]),
  ]);
}

/** File systems take no more than 255 bytes; a name longer than this says nothing more. */
const MAX_NAME = 100;

function fileNameOf(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/µ/g, 'u')
    .replace(/[^a-z0-9.]+/g, '-');
  return plain.replace(/^[-.]+|[-.]+$/g, '').slice(0, MAX_NAME);
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name}-${i}`;
  taken.add(unique);
  return unique;
}

function attempt<T>(code: ErrorCode, directory: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new TapeheadError(code, `--out: ${printable(directory)} can't be written to: ${messageOf(error)}`);
  }
}
