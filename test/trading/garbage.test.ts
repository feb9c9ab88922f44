/**
 * After warm-up a run that trades produces next to no garbage: half a million events with the market maker quoting, its
 * orders checked, sent, filled and journalled. What remains is a few numbers that the optimising compiler boxes.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A young generation of 1 MiB: a collection for every megabyte. */
const FLAGS = ['--trace-gc', '--expose-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'];
const PROGRAM = fileURLToPath(new URL('../support/trading-garbage-run.js', import.meta.url));
/** 32 bytes an event at most; it was 150 when every number that was passed on was boxed. */
const MAX_COLLECTIONS = 16;

test('half a million events of a run that trades cause at most a few collections of a megabyte', async (t) => {
  const child = spawn(process.execPath, [...FLAGS, PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
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
  const isolateOf = (line: string): string | undefined => /^\[\d+:(0x[0-9a-f]+)\]/.exec(line)?.[1];
  const isGc = (line: string): boolean => /Scavenge|Mark-Compact|Mark-sweep/.test(line);
  const engine = isolateOf(lines.slice(0, begin).reverse().find(isGc) ?? '');
  assert.ok(engine !== undefined, 'the collection before the measured part shows the isolate');
  const between = lines.slice(begin, end).filter((line) => isGc(line) && isolateOf(line) === engine);
  t.diagnostic(`${lines[end]}, ${between.length} collections`);
  const [, orders, fills] = /(\d+) orders, (\d+) fills/.exec(lines[end]) ?? [];
  assert.ok(Number(orders) > 100 && Number(fills) > 500, 'it traded');
  assert.ok(between.length <= MAX_COLLECTIONS, `${between.length} collections`);
});
