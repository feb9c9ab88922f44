import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_GEOMETRY } from '../../src/audit/layout.ts';
import { queryLog } from '../../src/audit/log-query.ts';
import { isKnownType, RECORD_TYPE_NAMES } from '../../src/audit/record-shape.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { Prng } from '../../src/core/prng.ts';
import { repositoryRoot } from '../support/paths.ts';
import { hexDump, writeExampleLog } from './example-log.ts';
import { advance, openRun, temporary, writeLog } from './support.ts';

const FORMAT = readFileSync(join(repositoryRoot(), 'FORMAT.md'), 'utf8');

/** The fenced blocks of a language. */
function fenced(language: string): string[] {
  return [...FORMAT.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]);
}

test('the example in FORMAT.md is what the writer writes', (t) => {
  const directory = join(temporary(t), 'log');
  writeExampleLog(directory);
  const segment = readFileSync(join(directory, '00000000.seg'));
  assert.equal(segment.length, 65536);
  const shown = segment.subarray(0, 0x1e0);
  assert.ok(segment.subarray(0x1e0).every((byte) => byte === 0));
  const [dump, watermark] = fenced('hexdump');
  assert.deepEqual(dump.trimEnd().split('\n'), hexDump(shown));
  assert.deepEqual(watermark.trimEnd().split('\n'), hexDump(readFileSync(join(directory, 'watermark'))));
  assert.ok(verifyLog(directory).ok);
  const types = [...queryLog(directory)].map((record) => record.type);
  assert.deepEqual(types, ['LogStart', 'Config', 'Instrument', 'Add', 'Bbo', 'Stop', 'End']);
});

test('FORMAT.md names every record type', () => {
  for (const [type, name] of RECORD_TYPE_NAMES.entries()) {
    if (name === undefined) continue;
    assert.ok(isKnownType(type));
    assert.match(FORMAT, new RegExp(`^\\| [^|]*\\b${type}\\b[^|]* \\| [^|]*\\b${name}\\b`, 'm'), `${type} ${name}`);
  }
});

test("FORMAT.md's Python reader reads a log, checks it, and stops at a torn tail", (t) => {
  if (spawnSync('python3', ['--version']).status !== 0) return t.skip('python3 is not installed');
  const root = temporary(t);
  const script = join(root, 'reader.py');
  writeFileSync(script, fenced('python')[0]);
  const run = (directory: string) => spawnSync('python3', [script, directory], { encoding: 'utf8' });

  const closed = join(root, 'closed');
  const summary = writeLog(closed, { records: 1500, geometry: DEFAULT_GEOMETRY });
  assert.ok(summary.bytes > 65536);
  const lines = run(closed).stdout.trimEnd().split('\n');
  assert.equal(lines.pop(), `1500 records, head ${summary.headHash}`);
  const ours = [...queryLog(closed)].map((record) => `${record.seq} ${RECORD_TYPE_NAMES.indexOf(record.type)}`);
  assert.deepEqual(
    lines.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ours,
  );

  const segment = join(closed, '00000000.seg');
  const bytes = readFileSync(segment);
  bytes[70_000] ^= 1;
  writeFileSync(segment, bytes);
  const damaged = run(closed);
  assert.equal(damaged.status, 1);
  assert.match(damaged.stderr, /00000000\.seg:\d+: record \d+ is damaged/);

  const torn = join(root, 'torn');
  const open = openRun(torn, { records: 1500, geometry: DEFAULT_GEOMETRY, ringBytes: 1 << 18 });
  advance(open, 1400, new Prng(1));
  open.journal.publish();
  while (open.log.doWork() > 0);
  open.log.flush();
  truncateSync(join(torn, '00000000.seg'), readFileSync(join(torn, '00000000.seg')).length - 9);
  assert.match(run(torn).stdout, /^1399 records, head [0-9a-f]{64}$/m);
});
