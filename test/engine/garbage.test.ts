/** After warm-up the engine thread produces no garbage: a million messages without a scavenge. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A young generation of 1 MiB: garbage of half a byte per message would show. */
const FLAGS = ['--trace-gc', '--expose-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'];
const PROGRAM = fileURLToPath(new URL('../support/garbage-run.js', import.meta.url));

test('a million messages after warm-up cause no garbage collection in the engine thread', async (t) => {
  const child = spawn(process.execPath, [...FLAGS, PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0, output);
  const lines = output.split('\n');
  // The engine thread collects once on purpose before and once after: these two lines name its isolate.
  const begin = lines.findIndex((line) => line.includes('measured part begins'));
  const end = lines.findIndex((line) => line.includes('measured part ends'));
  assert.ok(begin > 0 && end > begin, output);
  const isolateOf = (line: string): string | undefined => /^\[\d+:(0x[0-9a-f]+)\]/.exec(line)?.[1];
  const isGc = (line: string): boolean => /Scavenge|Mark-Compact|Mark-sweep/.test(line);
  const engine = isolateOf(lines.slice(0, begin).reverse().find(isGc) ?? '');
  assert.ok(engine !== undefined, 'the collection before the measured part shows the isolate');
  const after = lines.slice(end).find(isGc);
  assert.equal(isolateOf(after ?? ''), engine, 'the trace works to the end, in the same isolate');
  const between = lines.slice(begin, end).filter((line) => isGc(line) && isolateOf(line) === engine);
  t.diagnostic(lines[end]);
  assert.deepEqual(between, []);
});
