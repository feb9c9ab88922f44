import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RECORD_VERSION, RecordType } from '../../src/core/record.ts';
import { createJournal, JournalReader, JournalWriter } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';

/** Cursor values around which something may overflow. */
const start = fc.constantFrom(0, 0x7fffffff - 5, 0x7fffffff, -0x80000000, -3, 1_000_003);

const spscCommand = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'claim' as const, n: 1 }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reserve' as const), n: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'publish' as const, n: 0 }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), n: fc.integer({ min: 0, max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), n: fc.constant(0) }) },
);

test('a SPSC ring is a queue, whatever the order of claims, publications, polls and releases', () => {
  fc.assert(
    fc.property(
      start,
      fc.constantFrom(2, 4, 16),
      fc.integer({ min: 1, max: 20 }),
      fc.array(spscCommand),
      (at, slots, batch, script) => {
        const shared = createSpsc(slots, at);
        const writer = new SpscWriter(shared, undefined, batch);
        let reader = new SpscReader(shared);
        const published: number[] = [];
        let claimed: number[] = [];
        let next = 0;
        let filled = 0;
        const publish = () => {
          published.push(...claimed);
          claimed = [];
        };
        const read = (limit: number) => {
          const available = reader.poll(limit);
          // A poll may see less than there is (its view of the writer is cached), but nothing only where there is nothing.
          assert.ok(available <= Math.min(limit, published.length));
          assert.ok(available > 0 || limit === 0 || published.length === 0);
          for (let k = 0; k < available; k++) {
            assert.equal(reader.f64[((reader.cursor + k) & reader.mask) << 3], published.shift());
          }
          reader.release(available);
        };
        writer.onFull = () => {
          filled++;
          publish();
          assert.equal(published.length, slots, 'full only when every slot is taken');
          read(1);
        };
        for (const { do: action, n } of script) {
          if (action === 'claim') {
            if (claimed.length >= Math.min(batch, slots >> 1)) publish();
            const before = filled;
            const room = published.length + claimed.length < slots;
            const w = writer.next();
            assert.equal(filled > before, !room, 'waits if, and only if, the ring is full');
            if (writer.backlog() !== published.length) publish(); // it published to look for space
            writer.f64[w] = next;
            claimed.push(next++);
          } else if (action === 'reserve') {
            if (claimed.length >= Math.min(batch, slots >> 1)) publish();
            const allowed = writer.reserve(n);
            if (writer.backlog() !== published.length) publish();
            assert.ok(allowed >= 1 && allowed <= n && published.length + claimed.length + allowed <= slots);
            const first = writer.nextWord;
            assert.ok((first >> 3) + allowed <= slots, 'one behind the other');
            const used = Math.ceil(allowed / 2);
            for (let k = 0; k < used; k++) {
              writer.f64[first + k * 8] = next;
              claimed.push(next++);
            }
            writer.advance(used);
          } else if (action === 'publish') {
            writer.publish();
            publish();
          } else if (action === 'read') read(n);
          else reader = new SpscReader(shared); // a reader starts where the last one released
          assert.equal(writer.backlog(), published.length);
          assert.equal(reader.isClosed(), false);
        }
        writer.close();
        publish();
        assert.equal(reader.isClosed(), true);
        while (published.length > 0) read(3);
        assert.equal(reader.poll(1), 0);
      },
    ),
    { numRuns: 500 },
  );
});

const journalCommand = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      n: fc.integer({ min: 3, max: 32 }),
      reader: fc.constant(0),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'publish' as const, n: 0, reader: 0 }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('read' as const), n: fc.integer({ min: 1, max: 40 }), reader: fc.nat(2) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('detach' as const),
      n: fc.constant(0),
      reader: fc.integer({ min: 1, max: 2 }),
    }),
  },
);

/** One reader of the model: the records that it has not read yet. */
interface ModelReader {
  readonly reader: JournalReader;
  gating: boolean;
  due: { seq: number; length: number; type: number }[];
}

test('a journal is one queue for each of its readers, whatever the order of claims, publications, reads and departures', () => {
  fc.assert(
    fc.property(
      start,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 8, max: 2000 }),
      fc.array(journalCommand, { maxLength: 150 }),
      (at, readers, batch, script) => {
        const shared = createJournal(1024, readers, at);
        const writer = new JournalWriter(shared, undefined, batch);
        const models: ModelReader[] = [];
        for (let r = 0; r < readers; r++) models.push({ reader: new JournalReader(shared, r), gating: true, due: [] });
        let claimed: { seq: number; length: number; type: number }[] = [];
        const read = (model: ModelReader, words: number): number => {
          const { reader, due } = model;
          const available = reader.poll();
          let taken = 0;
          while (taken < Math.min(words, available)) {
            const r = (reader.cursor + taken) & reader.mask;
            const head = reader.u32[r * 2 + 1];
            taken += (head & 0xffff) >> 3;
            if (((head >>> 16) & 0xff) === RecordType.Pad) continue;
            const record = due.shift();
            assert.ok(record !== undefined, 'nothing that was not published');
            assert.equal(head, (record.length | (record.type << 16) | (RECORD_VERSION << 24)) >>> 0);
            assert.equal(reader.u32[r * 2 + 2], record.seq);
            for (let w = r + 2; w < r + (record.length >> 3); w++) assert.equal(reader.f64[w], record.seq + w - r);
          }
          assert.ok(taken <= available, 'polled words end with a record');
          reader.release(taken);
          return taken;
        };
        const publish = () => {
          for (const model of models) if (model.gating) model.due.push(...claimed);
          claimed = [];
        };
        writer.onFull = () => {
          publish();
          // Every reader that gates may be the one in the way: each reads a record.
          let taken = 0;
          for (const model of models) if (model.gating) taken += read(model, 1);
          assert.ok(taken > 0, 'waits only while there is something to read');
        };
        for (const { do: action, n, reader } of script) {
          const model = models[reader % readers];
          if (action === 'claim') {
            const type = 1 + (n & 15);
            const seq = writer.seq + 1;
            const before = writer.backlogBytes();
            const r = writer.claim(type, n * 8);
            if (writer.backlogBytes() !== before) publish(); // it published by itself, everything before this record
            for (let w = r + 2; w < r + n; w++) writer.f64[w] = seq + w - r;
            assert.ok(r + n <= 128, 'a record is contiguous');
            claimed.push({ seq, length: n * 8, type });
          } else if (action === 'publish') {
            writer.publish();
            publish();
          } else if (action === 'read' && model.gating) {
            read(model, n);
          } else if (action === 'detach' && reader % readers !== 0) {
            model.gating = false;
            JournalReader.detach(shared, reader % readers);
          }
        }
        writer.close();
        publish();
        for (const model of models) {
          if (!model.gating) continue;
          assert.equal(model.reader.isClosed(), true);
          while (model.due.length > 0) assert.ok(read(model, 7) > 0);
          // A Pad may remain, never a record.
          while (read(model, 1) > 0);
          assert.equal(model.reader.poll(), 0);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a record of a length that the journal cannot hold is refused as a bug', () => {
  const writer = new JournalWriter(createJournal(1024, 1));
  for (const length of [0, 8, 16, 28, 264, 1024]) assert.throws(() => writer.claim(1, length), { name: 'BugError' });
  assert.equal(writer.seq, 0);
});

test('a pad of every length from one word on is skipped', () => {
  for (let words = 1; words <= 31; words++) {
    const shared = createJournal(1024, 1, 128 - words);
    const writer = new JournalWriter(shared);
    assert.equal(writer.claim(1, 256), 0);
    writer.publish();
    const reader = new JournalReader(shared, 0);
    assert.equal(reader.poll(), words + 32);
    const head = reader.u32[(reader.cursor & reader.mask) * 2 + 1];
    assert.equal((head & 0xffff) >> 3, words);
    assert.equal((head >>> 16) & 0xff, RecordType.Pad);
  }
});

test('sequence numbers above 2^32 are written in two words', () => {
  const shared = createJournal(1024, 1);
  const writer = new JournalWriter(shared);
  writer.seq = 2 ** 32 + 41;
  const r = writer.claim(1, 24);
  assert.deepEqual([writer.u32[r * 2 + 2], writer.u32[r * 2 + 3]], [42, 1]);
});

test('a dead reader stops the writer at its next publication, a detached one does not hold it back', () => {
  const shared = createJournal(1024, 2);
  const writer = new JournalWriter(shared);
  const reader = new JournalReader(shared, 0);
  JournalReader.detach(shared, 1);
  for (let i = 0; i < 100; i++) {
    writer.claim(1, 256);
    writer.publish();
    reader.release(reader.poll());
  }
  JournalReader.abandon(shared, 1);
  writer.claim(1, 256);
  assert.throws(() => writer.publish(), { name: 'ReaderGoneError' });
  assert.equal(writer.backlogBytes(), 256, 'figures can still be asked for');
  writer.close();
  assert.equal(reader.poll(), 32);
});

test('an abandoned SPSC ring stops its writer, and can still be closed', () => {
  const shared = createSpsc(4);
  const writer = new SpscWriter(shared);
  SpscReader.abandon(shared);
  writer.next();
  assert.throws(() => writer.publish(), { name: 'ReaderGoneError' });
  writer.close();
});

test('a ring closed for a writer that died ends behind what was published', () => {
  const spsc = createSpsc(4);
  const writer = new SpscWriter(spsc);
  writer.next();
  writer.publish();
  writer.next();
  SpscReader.closeFor(spsc);
  const reader = new SpscReader(spsc);
  assert.deepEqual([reader.isClosed(), reader.poll(9)], [true, 1]);
  const journal = createJournal(1024, 1);
  const journalWriter = new JournalWriter(journal);
  journalWriter.claim(1, 64);
  journalWriter.publish();
  journalWriter.claim(1, 64);
  JournalReader.closeFor(journal);
  const journalReader = new JournalReader(journal, 0);
  assert.deepEqual([journalReader.isClosed(), journalReader.poll()], [true, 8]);
});
