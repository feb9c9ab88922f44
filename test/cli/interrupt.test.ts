import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../support/paths.ts';

/** A command that is asked to end, ends its work, and takes its time to be gone; `arms`: it listened for interrupts at all. */
function program(arms: boolean): string {
  const terminal = pathToFileURL(join(repositoryRoot(), 'dist/src/cli/terminal.js')).href;
  return `
    import { processTerminal } from ${JSON.stringify(terminal)};
    const off = processTerminal().onInterrupt(() => {
      off();
      process.stdout.write('ended\\n');
      setTimeout(() => process.exit(0), 300);
    });
    ${arms ? '' : 'off();'}
    process.stdout.write('ready\\n');
    setTimeout(() => process.exit(3), 20_000);`;
}

async function interrupted(source: string, onText: (text: string, kill: () => void) => void): Promise<unknown[]> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source]);
  child.stdout.setEncoding('utf8').on('data', (text: string) => onText(text, () => child.kill('SIGINT')));
  return once(child, 'exit');
}

test('the same Ctrl-C arriving a second time does not kill a process that is ending', async () => {
  const [code, signal] = await interrupted(program(true), (text, kill) => {
    if (text.includes('ready') || text.includes('ended')) kill();
  });
  assert.deepEqual([code, signal], [0, null]);
});

test('a command that no longer listens ends by an interrupt as any program does', async () => {
  const [, signal] = await interrupted(program(false), (text, kill) => {
    if (text.includes('ready')) kill();
  });
  assert.equal(signal, 'SIGINT');
});
