import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { recoveryText } from '../../src/audit/recover.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { DurableCell, WriterStatus } from '../../src/audit/watermark.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';
import { ReaderGoneError } from '../../src/ring/spsc.ts';
import { crashRounds, LOG, OPTIONS, runUntil, undisturbed } from './crash-harness.ts';
import { MemoryFs, systemError } from './memory-fs.ts';
import { finish, openRun, SMALL } from './support.ts';

for (const kind of ['killed process', 'power cut'] as const) {
  test(`a ${kind} at any moment loses nothing acknowledged, and the same run again gives the undisturbed files`, () => {
    const { resumed, torn } = crashRounds(kind, 250);
    assert.ok(resumed > 200 && torn > 40, `${resumed} resumed, ${torn} torn: the crashes hit`);
  });
}

test('random bytes or zeros behind the durable records are cut, reported, and the run resumes', () => {
  const expected = undisturbed();
  for (let seed = 0; seed < 100; seed++) {
    const prng = new Prng(seed);
    let memory = new MemoryFs();
    const result = runUntil(memory, 40 + prng.below(20), prng, { ...OPTIONS, commitBytes: 600 });
    if (result.ended) continue;
    memory = memory.killed();
    if (verifyLog(LOG, { geometry: SMALL, fs: memory }).ok) continue;
    const segments = memory.list(LOG).filter((name) => name.endsWith('.seg'));
    if (segments.length === 0) continue;
    const fd = memory.open(`${LOG}/${segments[segments.length - 1]}`, 'r+');
    const room = SMALL.blockBytes * SMALL.segmentBlocks - memory.size(fd);
    const tail = new Uint8Array(prng.below(Math.min(room, 700) + 1));
    if (seed % 2 === 0) for (let i = 0; i < tail.length; i++) tail[i] = prng.u32();
    memory.write(fd, tail, 0, tail.length, memory.size(fd));
    memory.close(fd);
    const run = openRun(LOG, { ...OPTIONS, fs: memory });
    assert.ok(run.recovered !== null && run.recovered.records >= result.durable);
    if (seed % 2 === 0 && tail.length > 0) assert.ok((run.recovered.torn?.bytes ?? 0) > 0, recoveryText(run.recovered));
    finish(run, prng);
    assert.deepEqual(memory.contents(), expected, `seed ${seed}`);
  }
});

test('any failing write, sync or create stops the writer for good with one line, and the engine with it', () => {
  const operations = ['create', 'write', 'datasync', 'sync', 'truncate'];
  const seen = new Set<string>();
  for (let seed = 0; seed < 150; seed++) {
    const prng = new Prng(seed);
    const memory = new MemoryFs();
    const victim = operations[seed % operations.length];
    let countdown = prng.below(12);
    memory.fault = (operation, path) => {
      if (operation !== victim || path.includes('lock') || countdown-- !== 0) return;
      throw systemError('ENOSPC');
    };
    const shared = createJournal(1024, 1);
    const durable = new SharedArrayBuffer(16);
    const journal = new JournalWriter(shared);
    let failure: unknown = null;
    try {
      const run = { ...openRunOn(shared, journal, memory, durable) };
      finish(run, prng);
    } catch (error) {
      failure = error;
    }
    if (failure === null) continue; // the log ended before the fault
    seen.add(victim);
    assert.ok(failure instanceof TapeheadError, String(failure));
    assert.equal(failure.code, 'LOG_IO');
    assert.match(
      failure.message,
      /^cannot \w+ \/log(\/\S+)?: ENOSPC: simulated; the log ends at its durable watermark/,
    );
    assert.ok(!failure.message.includes('\n'));
    assert.equal(new DurableCell(durable).status(), WriterStatus.Failed);
    journal.claim(1, 80);
    assert.throws(() => journal.publish(), ReaderGoneError);
    assert.ok(!memory.list(LOG).some((name) => name.startsWith('lock')), 'the lock is released');
  }
  assert.deepEqual([...seen].sort(), [...operations].sort());
});

function openRunOn(
  shared: ReturnType<typeof createJournal>,
  journal: JournalWriter,
  memory: MemoryFs,
  durable: SharedArrayBuffer,
): ReturnType<typeof openRun> {
  const options = { ...OPTIONS, geometry: SMALL, commitBytes: 900, durable, fs: memory };
  const template = openRun('/unused', { ...options, fs: new MemoryFs(), durable: new SharedArrayBuffer(16) });
  const { writer, recovered } = openLogForRun(LOG, { shared, reader: 0 }, options);
  journal.onFull = () => writer.doWork();
  return { journal, script: template.script, log: writer, recovered };
}
