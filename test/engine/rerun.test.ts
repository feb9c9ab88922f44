/** Re-execution finds what checksums can't: a log that is whole, but is not what the engine makes of its inputs. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32c } from '../../src/audit/crc32c.ts';
import { LogReader } from '../../src/audit/log-reader.ts';
import { EventKind } from '../../src/core/event.ts';
import { RecordType } from '../../src/core/record.ts';
import { type RecordCursor, rerunLog } from '../../src/engine/rerun.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { rehash } from '../support/forge.ts';
import { repositoryRoot } from '../support/paths.ts';

const EQUITIES = join(repositoryRoot(), 'replay-data/equities-session.itch50.gz');

test('one flipped payload bit: verify names file, offset and sequence; a forged record: only rerun names it', async (t) => {
  const root = temporaryFolder(t);
  const dir = join(root, 'log');
  assert.equal((await tapehead(['replay', EQUITIES, '--symbols', 'REEL', '--log', dir, '--no-sync'])).code, 0);
  const reader = new LogReader(dir);
  let at = 0;
  while (reader.next()) if (reader.type === RecordType.Bbo && reader.seq > 5000) break;
  at = reader.fileOffset;
  const { seq, length } = reader;
  reader.close();

  const flipped = join(root, 'flipped');
  cpSync(dir, flipped, { recursive: true });
  const segment = join(flipped, '00000000.seg');
  const bytes = readFileSync(segment);
  bytes[at + 40] ^= 1;
  writeFileSync(segment, bytes);
  const named = await tapehead(['verify', flipped]);
  assert.equal(named.code, 1);
  assert.match(named.stderr, new RegExp(`00000000\\.seg:${at}.*seq ${seq}`));

  // Now the checksum and the whole chain are made to fit: every byte is consistent, and still it is a lie.
  bytes.writeUInt32LE(crc32c(bytes, at + 4, at + length), at);
  rehash(bytes);
  writeFileSync(segment, bytes);
  assert.equal((await tapehead(['verify', flipped])).code, 0);
  const diverged = await tapehead(['rerun', flipped]);
  assert.equal(diverged.code, 1);
  assert.match(diverged.stderr, new RegExp(`diverged at seq ${seq},`));
  assert.match(diverged.stderr, /the log holds\s+\d+ .*Bbo\s+REEL/);
  assert.match(diverged.stderr, /the engine makes\s+\d+ .*Bbo\s+REEL/);
  assert.equal((await tapehead(['rerun', dir])).code, 0);
});

test("the log of a killed run that ends at any of the last records, between Stop and End too, is the engine's own", async (t) => {
  const dir = join(temporaryFolder(t), 'log');
  assert.equal((await tapehead(['replay', EQUITIES, '--symbols', 'REEL', '--log', dir, '--no-sync'])).code, 0);
  const whole = new LogReader(dir);
  while (whole.next());
  const records = whole.seq;
  whole.close();
  for (let last = records - 3; last <= records; last++) {
    const readers: LogReader[] = [];
    const open = () => {
      const reader = new LogReader(dir);
      readers.push(reader);
      return cutBehind(reader, last);
    };
    const result = await rerunLog(open, { strategyDir: '.' });
    assert.deepEqual({ records: result.records, divergence: result.divergence }, { records: last, divergence: null });
    for (const reader of readers) reader.close();
  }
});

test('an instrument index beyond all limits is refused in one line, before memory is taken for it', async (t) => {
  const dir = join(temporaryFolder(t), 'log');
  assert.equal((await tapehead(['replay', EQUITIES, '--symbols', 'REEL', '--log', dir, '--no-sync'])).code, 0);
  const reader = new LogReader(dir);
  while (reader.next()) if (reader.type === EventKind.Instrument) break;
  const at = reader.fileOffset;
  const { seq, length } = reader;
  reader.close();
  const segment = join(dir, '00000000.seg');
  const bytes = readFileSync(segment);
  bytes.writeUInt32LE(0xfffffff0, at + 28);
  bytes.writeUInt32LE(crc32c(bytes, at + 4, at + length), at);
  rehash(bytes);
  writeFileSync(segment, bytes);
  const result = await tapehead(['rerun', dir]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, new RegExp(`^tapehead: record ${seq} defines instrument 4294967280.*\\n$`));
});

/** A log that ends with record `last`. */
function cutBehind(reader: LogReader, last: number): RecordCursor {
  return {
    next: () => reader.seq < last && reader.next(),
    get at() {
      return reader.at;
    },
    get u32() {
      return reader.u32;
    },
    get f64() {
      return reader.f64;
    },
    get bytes() {
      return reader.bytes;
    },
  };
}
