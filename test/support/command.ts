/** Runs the compiled `tapehead` as a user does: a process, its output, its exit code. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Starts it; `done` resolves when it has ended. */
export function startTapehead(
  args: readonly string[],
  options: { readonly nodeFlags?: readonly string[]; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): { readonly child: ChildProcess; readonly done: Promise<CommandResult> } {
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, done };
}

export function tapehead(
  args: readonly string[],
  options: Parameters<typeof startTapehead>[1] = {},
): Promise<CommandResult> {
  return startTapehead(args, options).done;
}

/** How far a command is, which one that takes longer than five seconds says. */
const PROGRESS = /^ *\d+ % .* messages\/s {2}ETA /;

/** What a mistake leads to: an exit code, and one line that says what, without a stack. */
export function isOneLine(result: CommandResult, pattern: RegExp): void {
  assert.notEqual(result.code, 0);
  assert.doesNotMatch(result.stderr, /\n\s+at /, 'no stack trace');
  const lines = result.stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('(tapehead --help') && !PROGRESS.test(line));
  assert.equal(lines.length, 1, result.stderr);
  assert.match(lines[0], pattern);
}

/** What the command answers with --json, which states no figure that is none. */
export async function tapeheadJson<T>(args: readonly string[]): Promise<T> {
  const result = await tapehead([...args, '--json']);
  assert.equal(result.code, 0, result.stderr);
  assert.ok(!result.stdout.includes('NaN'));
  return JSON.parse(result.stdout);
}

/** A folder of the test's own, removed when it is over. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
