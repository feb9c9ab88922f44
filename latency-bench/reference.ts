/**
 * The C++ programs to measure against, in `shared/reference` beside the repository: built with g++ into the run's own
 * folder where both are there. Measured alternately with ours, so that a ratio holds on a machine that others use too.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../src/core/errors.ts';
import type { CxxProgram, Reference } from './benchmark.ts';
import { repositoryRoot } from './repository.ts';

const FLAGS = ['-O3', '-march=native'];
const SOURCES = ['itch_book', 'gen_itch'];

export async function buildReference(folder: string): Promise<Reference> {
  const sources = join(repositoryRoot(), '..', 'shared', 'reference');
  if (!existsSync(join(sources, 'itch_book.cpp'))) return absent(`${sources} is not there`);
  try {
    const built = SOURCES.map(async (name) => {
      const program = join(folder, name);
      await output('g++', [...FLAGS, '-o', program, join(sources, `${name}.cpp`)]);
      return program;
    });
    const [itchBook, genItch] = await Promise.all(built);
    return { itchBook, genItch, absent: null };
  } catch (error) {
    return absent(messageOf(error).slice(0, 200));
  }
}

/** Builds `latency-bench/cxx/NAME.cpp` of this repository. */
export async function buildCxx(name: string, folder: string): Promise<CxxProgram> {
  const source = join(repositoryRoot(), 'latency-bench', 'cxx', `${name}.cpp`);
  if (!existsSync(source)) return { path: null, absent: `${source} is not there` };
  try {
    const path = join(folder, name);
    await output('g++', [...FLAGS, '-std=c++17', '-pthread', '-o', path, source]);
    return { path, absent: null };
  } catch (error) {
    return { path: null, absent: messageOf(error).slice(0, 200) };
  }
}

function absent(why: string): Reference {
  return { itchBook: null, genItch: null, absent: why };
}

export interface ReferenceRun {
  readonly messages: number;
  readonly nsPerMessage: number;
  /** Changes of any best bid or offer. */
  readonly touchChanges: number;
  readonly checksum: string;
}

/** One run of the C++ decoder and books over a file. */
export async function runItchBook(program: string, file: string): Promise<ReferenceRun> {
  const text = await output(program, [file, '1']);
  const match = /^messages (\d+) ns\/message ([\d.]+) touchChanges (\d+) checksum ([0-9a-f]{16})/.exec(text);
  if (match === null) throw new Error(`${program} printed ${JSON.stringify(text.slice(0, 100))}`);
  const [, messages, ns, touchChanges, checksum] = match;
  return { messages: Number(messages), nsPerMessage: Number(ns), touchChanges: Number(touchChanges), checksum };
}

export async function generateItch(program: string, file: string, messages: number): Promise<void> {
  await output(program, [file, String(messages)]);
}

/** What a program prints on standard output; rejects with what it said when it fails. */
export function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else
        reject(
          new Error(`${program} ended with ${signal ?? `exit code ${code}`}${err === '' ? '' : `: ${err.trim()}`}`),
        );
    });
  });
}
