import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeFs } from '../../src/audit/log-fs.ts';
import { LogLock } from '../../src/audit/log-lock.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { temporary } from './support.ts';

const HOST = os.hostname();

function refused(text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.equal(error.code, 'LOG_IO');
    assert.match(error.message, text);
    return true;
  };
}

/** A process that lives until `kill` resolves. */
async function child(): Promise<{ pid: number; kill: () => Promise<void> }> {
  const process_ = spawn(process.execPath, ['-e', 'console.log(1);setInterval(() => {}, 1000)']);
  await new Promise((resolve) => process_.stdout.once('data', resolve));
  const ended = new Promise<void>((resolve) => process_.once('exit', () => resolve()));
  return {
    pid: process_.pid!,
    kill: () => {
      process_.kill('SIGKILL');
      return ended;
    },
  };
}

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

test('a lock that is held is refused by name, and free again once released', (t) => {
  const directory = temporary(t);
  const lock = LogLock.acquire(nodeFs, directory);
  assert.deepEqual(readdirSync(directory), ['lock']);
  assert.equal(LogLock.liveHolder(nodeFs, directory), process.pid);
  assert.throws(
    () => LogLock.acquire(nodeFs, directory),
    refused(new RegExp(`being written by process ${process.pid};`)),
  );
  lock.release();
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(LogLock.liveHolder(nodeFs, directory), null);
  LogLock.acquire(nodeFs, directory).release();
  lock.release();
  assert.deepEqual(readdirSync(directory), []);
});

test('the lock of a process that died is taken over, of a live one never, of one whose pid was reused too', async (t) => {
  if (!existsSync('/proc/self/stat')) return t.skip('no /proc here');
  const directory = temporary(t);
  const lock = join(directory, 'lock');
  const other = await child();
  const text = `tapehead pid ${other.pid} started ${startOf(other.pid)} host ${HOST}\n`;
  writeFileSync(lock, text);
  assert.throws(() => LogLock.acquire(nodeFs, directory), refused(new RegExp(`process ${other.pid};`)));
  assert.equal(readFileSync(lock, 'latin1'), text, 'untouched');

  // The same pid, started at another time: the lock's process is gone.
  writeFileSync(lock, text.replace(/started \d+/, 'started 12345'));
  LogLock.acquire(nodeFs, directory).release();
  writeFileSync(lock, text);
  await other.kill();
  const taken = LogLock.acquire(nodeFs, directory);
  assert.deepEqual(readdirSync(directory), ['lock']);
  assert.match(readFileSync(lock, 'latin1'), new RegExp(`^tapehead pid ${process.pid} `));
  taken.release();
  assert.deepEqual(readdirSync(directory), []);
});

test('what a process leaves that died while it took a lock is cleared away', async (t) => {
  const directory = temporary(t);
  const other = await child();
  const text = `tapehead pid ${other.pid} started  host ${HOST}\n`;
  await other.kill();
  for (const name of ['lock', 'lock.takeover', `lock.${other.pid}.123456`]) writeFileSync(join(directory, name), text);
  const lock = LogLock.acquire(nodeFs, directory);
  assert.deepEqual(readdirSync(directory), ['lock']);
  lock.release();
});

test('a process that is dead but not waited for by its parent holds no lock', async (t) => {
  if (!existsSync('/proc/self/stat')) return t.skip('no /proc here');
  const directory = temporary(t);
  // The shell becomes a `sleep` that never waits for the child it started before.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20']);
  t.after(() => parent.kill('SIGKILL'));
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
  const state = () => readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '')[0];
  while (state() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5));
  writeFileSync(join(directory, 'lock'), `tapehead pid ${pid} started ${startOf(pid)} host ${HOST}\n`);
  LogLock.acquire(nodeFs, directory).release();
});

test('a lock of another host, or a file that is no lock, is refused with the remedy', (t) => {
  const directory = temporary(t);
  const lock = join(directory, 'lock');
  writeFileSync(lock, 'tapehead pid 1 started 5 host elsewhere\n');
  assert.throws(
    () => LogLock.acquire(nodeFs, directory),
    refused(/process 1 on host elsewhere; remove .*lock if it no longer runs/),
  );
  writeFileSync(lock, 'hello');
  assert.throws(() => LogLock.acquire(nodeFs, directory), refused(/lock is no lock of tapehead; remove it if/));
  assert.equal(readFileSync(lock, 'latin1'), 'hello');
});

test('of many processes that find a dead lock at once, exactly one gets it', async (t) => {
  const directory = temporary(t);
  const dead = await child();
  await dead.kill();
  const module = new URL('../../src/audit/log-lock.js', import.meta.url).href;
  const fsModule = new URL('../../src/audit/log-fs.js', import.meta.url).href;
  for (let round = 0; round < 2; round++) {
    writeFileSync(join(directory, 'lock'), `tapehead pid ${dead.pid} started  host ${HOST}\n`);
    // They start together at a given time, and hold what they got until their input ends.
    const code = `
      const { LogLock } = await import(${JSON.stringify(module)});
      const { nodeFs } = await import(${JSON.stringify(fsModule)});
      while (Date.now() < ${Date.now() + 250});
      let got = 'refused';
      try { LogLock.acquire(nodeFs, ${JSON.stringify(directory)}); got = 'got'; } catch {}
      console.log(got);
      process.stdin.resume();`;
    const racers = Array.from({ length: 5 }, () => spawn(process.execPath, ['--input-type=module', '-e', code]));
    const answers = await Promise.all(
      racers.map(
        (racer) => new Promise<string>((resolve) => racer.stdout.once('data', (data) => resolve(String(data).trim()))),
      ),
    );
    const gone = racers.map((racer) => new Promise((resolve) => racer.once('exit', resolve)));
    for (const racer of racers) racer.stdin.end();
    await Promise.all(gone);
    assert.deepEqual(answers.sort(), ['got', 'refused', 'refused', 'refused', 'refused']);
    assert.deepEqual(readdirSync(directory), ['lock']);
  }
});
