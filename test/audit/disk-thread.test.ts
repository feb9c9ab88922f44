import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskFailure, DiskThread } from '../../src/audit/disk-thread.ts';
import { Prng } from '../../src/core/prng.ts';
import { advance, contents, finish, openRun, temporary, writeLog } from './support.ts';

const RECORDS = 6_000;

async function untilReady(disk: DiskThread): Promise<void> {
  while (!disk.isReady()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('a log written with a disk thread has the same bytes as one written without', async (t) => {
  const root = temporary(t);
  // 4 KiB blocks, so that the run lasts long enough for the thread to take part.
  const options = {
    records: RECORDS,
    geometry: { blockBytes: 4096, segmentBlocks: 16 },
    commitBytes: 8192,
    ringBytes: 1 << 14,
    idleCommitNs: 1e15,
  };
  const summary = writeLog(join(root, 'plain'), options);
  const expected = contents(join(root, 'plain'));
  for (let seed = 0; seed < 4; seed++) {
    const disks: DiskThread[] = [];
    let groups = 0;
    const disk = (blocks: SharedArrayBuffer): DiskThread => {
      const made = new DiskThread(blocks);
      const begin = made.begin.bind(made);
      made.begin = (job) => {
        groups++;
        begin(job);
      };
      disks.push(made);
      return made;
    };
    const directory = join(root, String(seed));
    const run = openRun(directory, { ...options, sync: seed < 2, disk });
    await untilReady(disks[0]);
    const schedule = new Prng(seed);
    advance(run, RECORDS / 2, schedule);
    run.log.flush();
    assert.deepEqual(finish(run, schedule), summary);
    assert.deepEqual(contents(directory), expected, `seed ${seed}`);
    assert.ok(groups > 20, `${groups} groups were written by the thread`);
  }
});

test('a disk thread writes what it is told to where it is told to, and says when it is through', async (t) => {
  const path = join(temporary(t), 'file');
  writeFileSync(path, 'abcdefgh');
  const fd = openSync(path, 'r+');
  const blocks = new SharedArrayBuffer(16);
  new Uint8Array(blocks).set(Buffer.from('0123456789ABCDEF'));
  const disk = new DiskThread(blocks);
  await untilReady(disk);
  disk.begin({ fd, offset: 4, length: 3, position: 2, sync: true });
  while (!disk.isDone()) disk.wait(1);
  assert.equal(disk.isReady(), false, 'its end was not taken note of yet');
  disk.finish();
  assert.equal(readFileSync(path, 'utf8'), 'ab456fgh');
  assert.ok(disk.isReady());
  disk.close();
  closeSync(fd);
});

test('what fails on the disk thread is thrown by finish, with the action and the reason', async (t) => {
  const path = join(temporary(t), 'file');
  writeFileSync(path, '');
  const readOnly = openSync(path, 'r');
  const disk = new DiskThread(new SharedArrayBuffer(16));
  await untilReady(disk);
  disk.begin({ fd: readOnly, offset: 0, length: 8, position: 0, sync: true });
  assert.throws(
    () => disk.finish(),
    (error) => error instanceof DiskFailure && error.action === 'write' && /EBADF/.test(error.message),
  );
  assert.equal(disk.isReady(), false, 'a failure is final');
  disk.close();
  closeSync(readOnly);
});
