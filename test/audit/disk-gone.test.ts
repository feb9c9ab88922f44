import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskControl } from '../../src/audit/disk-thread.ts';

test('a disk thread that died without a word is noticed, where the system says which threads there are', (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux says');
  const control = new DiskControl();
  assert.equal(control.isThreadGone(), false, 'it has not started');
  control.start(process.pid);
  assert.equal(control.isThreadGone(), false, 'the main thread has the number of the process');
  const other = new DiskControl();
  other.start(2 ** 30);
  assert.equal(other.isThreadGone(), true);
});
