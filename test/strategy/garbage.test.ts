/** After warm-up a callback allocates nothing: neither host nor context, verbs, views, signals or ticks. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A young generation of 1 MiB: 1.5 million callbacks leave less than a byte each. */
const FLAGS = ['--trace-gc', '--expose-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'];
const PROGRAM = fileURLToPath(new URL('./garbage-run.js', import.meta.url));

test('a million callbacks after warm-up cause no garbage collection', (t) => {
  const { stdout, status } = spawnSync(process.execPath, [...FLAGS, PROGRAM], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  const lines = stdout.split('\n');
  const begin = lines.findIndex((line) => line.includes('measured part begins'));
  const end = lines.findIndex((line) => line.includes('measured part ends'));
  const isGc = (line: string): boolean => /Scavenge|Mark-Compact|Mark-sweep/.test(line);
  assert.ok(begin > 0 && end > begin && lines.slice(0, begin).some(isGc) && lines.slice(end).some(isGc), stdout);
  assert.match(lines[end], /halts \[\]$/);
  t.diagnostic(lines[end]);
  assert.deepEqual(lines.slice(begin, end).filter(isGc), []);
});
