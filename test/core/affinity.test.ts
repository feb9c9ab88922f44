/** Which cores threads are put on, and that the kernel does so. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism, platform } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { coresBesideEngine, coresText, pinnedCore } from '../../src/core/affinity.ts';

test('the engine gets the last core, nobody else ever does', () => {
  for (const cores of [
    [0, 1],
    [3, 5, 6],
    [0, 1, 2, 3, 64, 65],
  ]) {
    const engine = cores[cores.length - 1];
    assert.equal(pinnedCore(cores, 0), engine);
    for (let index = 1; index < 20; index++) assert.notEqual(pinnedCore(cores, index), engine);
    assert.deepEqual(
      coresBesideEngine(cores),
      cores.filter((core) => core !== engine),
    );
  }
});

test('cores are told in spans', () => {
  assert.equal(coresText([0]), 'core 0');
  assert.equal(coresText([0, 1]), 'cores 0-1');
  assert.equal(coresText([0, 2, 3, 4, 9]), 'cores 0, 2-4, 9');
});

/** What the kernel says of a thread that did this, and of one that it then started. */
const WATCHED = `
const { Worker, workerData, parentPort } = require('node:worker_threads');
const { readFileSync } = require('node:fs');
const allowed = () => /Cpus_allowed_list:\\s*(.*)/.exec(readFileSync('/proc/thread-self/status', 'utf8'))[1];
if (workerData.affinity === null) parentPort.postMessage(allowed());
else import(workerData.affinity).then(({ keepOffEngineCore }) => {
  const said = keepOffEngineCore();
  const own = allowed();
  const child = new Worker(workerData.code, { eval: true, workerData: { affinity: null, code: '' } });
  child.once('message', (inherited) => parentPort.postMessage({ said, own, inherited }));
});
`;

test("a thread that keeps off the engine's core may use all others, and so may the threads that it starts", async (t) => {
  if (platform() !== 'linux' || availableParallelism() < 2) {
    t.skip('needs Linux and two cores');
    return;
  }
  const allowed = (): string =>
    /Cpus_allowed_list:\s*(.*)/.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1] ?? '';
  const before = allowed();
  const affinity = new URL('../../src/core/affinity.js', import.meta.url).href;
  const worker = new Worker(WATCHED, { eval: true, workerData: { affinity, code: WATCHED } });
  const { said, own, inherited } = await new Promise<{ said: string; own: string; inherited: string }>(
    (resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    },
  );
  await worker.terminate();
  if (said.startsWith('not pinned')) {
    t.skip(said); // koffi is optional
    return;
  }
  const others = coresBesideEngine(spread(before));
  assert.equal(said, coresText(others));
  assert.deepEqual(spread(own), others);
  assert.equal(inherited, own);
  assert.equal(allowed(), before, 'nobody else is restricted');
});

/** `0-2,5` as cores. */
function spread(list: string): number[] {
  return list.split(',').flatMap((span) => {
    const [first, last = first] = span.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
