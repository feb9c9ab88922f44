/** Runs a program that marks a measured part of its run, and finds the collections of garbage that its engine made meanwhile. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * A young generation of 1 MiB: a collection for every megabyte. Functions are optimised where they are due and not by
 * another thread, which on a busy machine comes too late for the measured part.
 */
const FLAGS = [
  '--trace-gc',
  '--expose-gc',
  '--min-semi-space-size=1',
  '--max-semi-space-size=1',
  '--no-concurrent-recompilation',
];

export interface MeasuredPart {
  /** What the program said at its end. */
  readonly summary: string;
  /** V8's lines, a collection each, of the engine's isolate within the part. */
  readonly collections: readonly string[];
}

/** `program`: beside this file. It collects once on purpose before the part and once after: these two lines name its isolate. */
export async function measuredPart(program: string, ...args: string[]): Promise<MeasuredPart> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [...FLAGS, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0, output);
  const lines = output.split('\n');
  const begin = lines.findIndex((line) => line.includes('measured part begins'));
  const end = lines.findIndex((line) => line.includes('measured part ends'));
  assert.ok(begin > 0 && end > begin, output);
  const engine = isolateOf(lines.slice(0, begin).reverse().find(isGc) ?? '');
  assert.ok(engine !== undefined, 'the collection before the measured part shows the isolate');
  assert.equal(isolateOf(lines.slice(end).find(isGc) ?? ''), engine, 'the trace works to the end, in the same isolate');
  const collections = lines.slice(begin, end).filter((line) => isGc(line) && isolateOf(line) === engine);
  return { summary: lines[end], collections };
}

function isolateOf(line: string): string | undefined {
  return /^\[\d+:(0x[0-9a-f]+)\]/.exec(line)?.[1];
}

function isGc(line: string): boolean {
  return /Scavenge|Mark-Compact|Mark-sweep/.test(line);
}
