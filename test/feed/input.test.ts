/** Recordings as byte streams: every container, cut and damaged everywhere. */
import assert from 'node:assert/strict';
import { ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Prng } from '../../src/core/prng.ts';
import { ChunkedFeed } from '../../src/feed/chunked-feed.ts';
import type { Decoder } from '../../src/feed/feed.ts';
import { newFeedStats } from '../../src/feed/feed.ts';
import { Xxh64 } from '../../src/feed/input/zstd/xxh64.ts';
import { naiveXxh64, Recordings, runFeed, unpack, zip, zstdFrame } from './support.ts';

/** 260 lines `order <n> at <price>`, by the zstd tool at level 19, with checksum: one compressed block. */
const ORDERS_ZSTD = Buffer.from(
  'KLUv/WQ0FMUOAMYwXBGwV3IHOgEMlXPnzk25FXE4EFsAVABUACHRqEwcPOPLhF6cxCu8lsKwOu8tQayY7YypSGIeJ8QngqvKaGriU19qarR/YS' +
    'iJRTmJ4I5FxvHN9KDQh+vyZqXJkFDbN8RC1xuOrgOEEOJuwIFAQAgwIBgwKAgjvTnSrzCTcBFcI0hHROyY2R8uax3JUPQhritDXxPCNZ8wFFsD' +
    'ZWiJiX4SZN3zsA9WksvelGeEVUE2QnHEdBfPiB4LpBR70I1KadH4M/4bQtoWyGERX4NEl9nsBF/JbU13MiwUuilFItyNhHs+8lDgJO6kI9pSRP' +
    'Y9nvchNC2MsxA2QlYHmZGLQ0f8xIfVTkgr5nE3iCi8DcNjXpGQtwn8MDjUjkI57jragjgKWYOycOhMLxJqcabzD7cSzuKcdwSpQjYzTMxULuFp' +
    'wj4LphpjKYlLbemYH/1hJNmCXERopyLi8GweHn55FbkQe4rD7VAuhzCamZwRU8NkZuEEgRCoEUAYfv8MkV+ZAxEoBBBESIT7AUlG4p7EhJ0UZM' +
    'iR9lECn56oEPMaZqWPLu6uUC7vWOTv4o/+ciFHHHdepogu50xDgklOcIHMLsItIdxZRYxZlLNYrLDgu4oYXwzVoGyAWgWzJJNp',
  'base64',
);

/**
 * What `quotes()` makes, 960 KB, by the zstd tool at level 9 through a pipe with a window of 128 KiB: eight blocks that
 * use Huffman trees and tables of the block before, raw literals and predefined tables, in a buffer that slides.
 */
const QUOTES_ZSTD = Buffer.from(
  'KLUv/QQ4/AcAskYREdBXDkuKbmEKKWVKMqXAEsUINVGZM6WZan3+xa39Ed1mKS4vUlMktbVvvd4SOTMLmm0TchHlNEkoDAARC0SE1DhgOAgCOqjx' +
    'UMn3z+BCKQkkCPkR/AgBiQj//wkRGGUs+4UDCnqBSDAmM3vWgjGwBIIh8HJtGjR0qxpXS9D7EmFEjVHt4DVswoxCVvNGD7NtXOFod1cbXiCCAyat' +
    'PJDaCG9dEAa5W2C0G48WuhEWpMXSohFT6MYIkQzUo+/orBh5a+bRJ2WNk7iptvbHP0J/gKqsZlSNKlw6Hcm1uBxp1tJRYK6DyNlqIiKnP4keBjHe' +
    'xVfjkYkJjzO3B1hVpAUAc8QH+/w2RUf6RUTMOrU1kyTZXnI47JZfmh9ZpUqiqqTZATDoUcakSAJJcw0RfESQoIQT4f9PCGTQ2wPGCITGCAoAIvH4' +
    'kWiNMjSw5kZJuFbVo0GqBKMxnmnsqtygiQQ24wW3vSHDADT7yzikeaNXC3gjHAab+DXuwEDLiERtobwAMIvAn0HNsrjD3BQ/W8pqYexG9R1B1Ub2' +
    '9Q9wDH4cMXWKPnyfsC/TxjjR+ll1jBmg5ggwTAYAswUKpVuEYjxyvOXI5T8jsuh7hi5tdMfjQ76cWCmHVaWMJyQazlmrS8jMBDboIGMqSrsBEfwJ' +
    'Svj/HxEqp8k9iGD3NkJiGI3WMgwVuFiDQyANIBgoYSnqPDgsw5nLMBr+ObswDM5YGBO1135fBrnouBzdBtey7lgeaOEg2Tx0NzwDdhsHjj+GDoST' +
    'qSYBQDaL6FXkhNlWk4UmI8XAdQgqe4XKbXYMe7Nutive0yx3axw5C3AcN+ioQKl3IFNDTDowBDcMjPLToF4XtAYA00UKLpskLZ2fZAsTTRGSiIuI' +
    'yjExdE1bRVT1jIXI1dmMZedPn36oGFVfbDY66ABjKBCRoQcR/AlJ+EeEf8tIhl077A8u8cZElVJxjNaGpRG8phKx4Xo2mvBWo4TOocQgR4JLBTiG' +
    '/aIljXutOhrgkkaVKK7xgF1SaG98HPCcDeDUFR2GyDcXVA98IXvh8UszeYevM1QSZgx59zDUY32Nh+8XmTsPbW7rKTcOobrqxtqAbSg1K0Lzg16U' +
    '7EMx9NUOYb0MJnZgKq2x2kAj+WwRhr0/xEAPEMQFAKPFCSWL0DpFMqotN0SS3InuzcFiz9dDQqToItZ/KfGlbpOw1I1Eqh9xGzX8MAClB5IQTZBT' +
    'BkgdCA+4PSJ5Tz8CVWddbcZZAjPUgfuN/6S5DDWNCLHqA3pQWoHULpo3eqXJTq2M5RsoY2mbjFz7CEpqHholRhxfeTxTGMZGYJFApTA6GkKBANF4' +
    'eXHCmE2aW9LhEO+NAF33cLqwR4hYUS2F6WrwJAI+46EMAaRI4ycCBKmTI4wxEwFsBgDzRQrkhVTfLqagicNhk8SoinRVZkZENKTb9cu1ODOd9f/U' +
    'HMe++1t+W7oiQD38pmKbUmKcTkN9WwmkaRRpQKPx9gCDZjhW9z31NY2iG9CIiGOxRkDTZ7J+BnQ/H7aPgATiMT5kWryWZrZG0FP7UVoP3AWj9XDz' +
    'UAIqZrzCE9LMXX+n05StIfIgaV5KGY1mRnM2T9N+fHXgR5FNNN5LmBoC/ibGP1SONBbKtuNeNyRajjlsqDI1itBKx0Ey1Vle8nRKqOjGYXQzHDWh' +
    'T2kBnAYAw0UKMkOueNwVqSo6Vf8JUYv2KbLhGanZ2r9dnJlmTK8ojoRpKNJNS5OPZ0I36DGGSRJIUFeuARG8Q4CQhBHh/xNDhIoxTekBco4k2ZOH' +
    'pMHaMRIgU9ahklOzxHUSZsexJiEqXdsqSg44sHrDU+uOVwHjSIqViHQminJVI0UDWBlCU0YSMJSWBwGqgxF1GebCUoIOggTusmMjBfg4KqwJtq3U' +
    'GWgY0jDOHu/w38tgkAynk6HsmzdUbzAi3EB9Bo3jmDB5yMmiXm3BOCCqaGi94aBXCT0DAHQCNTUzNTI2NzQ4MTUxMTQ5NTkyMjYxMjM5MjU0ODQ4' +
    'MzMyNzQxMDAKF/C4Bdjg12kg8Gk5KvJbXwZ1erajoBDGb/zwD5quMUCNPbpYUT7XOkL6xJF8ndLGp7jfCyrVrKBFVQ2/VwTHv8eV',
  'base64',
);

function quotes(): Buffer {
  let text = '';
  let x = 7;
  for (let i = 0; i < 60_000; i++) {
    x = (x * 48_271) % 2_147_483_647;
    const size = x % 301 === 0 ? ` ${x % 1000}` : ' 100';
    text += `${i % 2 === 1 ? 'bid' : 'ask'} ${5_794_000 + 100 * (Math.floor(i / 997) % 37)}${size}\n`;
  }
  return Buffer.from(text);
}

function orders(lines: number): Buffer {
  let text = '';
  for (let i = 0; i < lines; i++) text += `order ${(i * 7919) % 1000} at ${5794000 + 100 * (i % 13)}\n`;
  return Buffer.from(text);
}

function noise(bytes: number, seed: number): Buffer {
  const prng = new Prng(seed);
  return Buffer.from(Array.from({ length: bytes }, () => prng.below(256)));
}

/** What ORDERS_ZSTD holds. */
const LONG_CONTENT = orders(260);
const CONTENT = orders(30);

interface Container {
  readonly name: string;
  readonly packed: Buffer;
  readonly content: Buffer;
}

const CONTAINERS: readonly Container[] = [
  { name: 'gzip', packed: gzipSync(CONTENT), content: CONTENT },
  {
    name: 'gzip of two members',
    packed: Buffer.concat([gzipSync(CONTENT.subarray(0, 300)), gzipSync(CONTENT.subarray(300))]),
    content: CONTENT,
  },
  { name: 'zstd', packed: ORDERS_ZSTD, content: LONG_CONTENT },
  {
    name: 'zstd of two frames',
    packed: Buffer.concat([zstdFrame(CONTENT.subarray(0, 99)), zstdFrame(CONTENT.subarray(99), { blockBytes: 70 })]),
    content: CONTENT,
  },
  { name: 'zip', packed: zip({ 'orders.csv': CONTENT }), content: CONTENT },
  { name: 'stored zip', packed: zip({ 'orders.csv': CONTENT }, { stored: true }), content: CONTENT },
  { name: 'zip written to a pipe', packed: zip({ 'orders.csv': CONTENT }, { descriptors: true }), content: CONTENT },
];

test('every container gives back its content, whatever the file is called and however it is read', async (t) => {
  const files = new Recordings(t);
  for (const { name, packed, content } of [{ name: 'plain', packed: CONTENT, content: CONTENT }, ...CONTAINERS]) {
    const path = files.write('misleading.txt', packed);
    for (const readBytes of [1, 17, 1 << 20]) {
      const { bytes, truncated, error } = await unpack(path, readBytes);
      assert.equal(error, null, name);
      assert.equal(truncated, null, name);
      assert.ok(bytes.equals(content), `${name}, ${readBytes} bytes at a time`);
    }
  }
});

test('a container cut at any byte gives a beginning of its content and says that it is cut', async (t) => {
  const files = new Recordings(t);
  const boundaries: Record<string, number> = {};
  for (const { name, packed, content } of CONTAINERS) {
    for (let cut = 4; cut < packed.length; cut += /^(zip|stored)/.test(name) ? 3 : 1) {
      const { bytes, truncated, error } = await unpack(files.write('cut', packed.subarray(0, cut)), 4096);
      assert.ok(bytes.equals(content.subarray(0, bytes.length)), `${name} cut at ${cut}: not a beginning`);
      if (error !== null) {
        assert.ok(
          name.includes('zip') && cut < 45 && error.code === 'TRUNCATED',
          `${name} cut at ${cut}: ${error.message}`,
        );
        continue;
      }
      if (truncated === null) boundaries[name] = (boundaries[name] ?? 0) + 1;
      if (truncated === null && !name.includes('two'))
        assert.ok(bytes.equals(content), `${name} cut at ${cut}: silent`);
    }
  }
  // Between two members nothing shows that more followed; a zip's content is whole before its directory is.
  assert.equal(boundaries.gzip, undefined);
  assert.equal(boundaries['gzip of two members'], 1);
  assert.equal(boundaries['zstd of two frames'], 1);
});

test('the more of a compressed file is there, the more is read: nothing readable is dropped at a cut', async (t) => {
  const files = new Recordings(t);
  const packed = gzipSync(noise(300_000, 7));
  const { bytes, truncated } = await unpack(files.write('cut.gz', packed.subarray(0, 200_000)), 1 << 20);
  assert.ok(bytes.length > 190_000, `${bytes.length} bytes of about 200,000`);
  assert.equal(truncated, 'the compressed data is cut at byte 200000');
});

test('a byte changed anywhere in a container is found, or changes nothing', async (t) => {
  const files = new Recordings(t);
  for (const { name, packed, content } of CONTAINERS) {
    let found = 0;
    for (let at = 4; at < packed.length; at += name === 'zstd' ? 1 : 4) {
      const damaged = Buffer.from(packed);
      damaged[at] ^= 1 << (at % 8);
      const { bytes, truncated, error } = await unpack(files.write('damaged', damaged), 1 << 20);
      if (error === null && truncated === null)
        assert.ok(bytes.equals(content), `${name}, byte ${at}: silently changed`);
      else found++;
      if (error !== null) assert.match(error.message, /damaged|part of|holds|needs|packed|encrypted|empty|unpack/);
    }
    assert.ok(found > packed.length / 8, `${name}: only ${found} found`);
  }
});

test('random bytes behind the magic of a container end in an error, soon', async (t) => {
  const files = new Recordings(t);
  for (const magic of ['\x1f\x8b\x08', '\x28\xb5\x2f\xfd', 'PK\x03\x04']) {
    for (let seed = 1; seed <= 60; seed++) {
      const bytes = Buffer.concat([Buffer.from(magic, 'latin1'), noise(2000, seed)]);
      const { error, truncated } = await unpack(files.write('noise', bytes), 1 << 20);
      assert.ok(error !== null || truncated !== null, `${JSON.stringify(magic)} and noise of seed ${seed} is accepted`);
    }
  }
});

test('zeros may pad a gzip file; anything else behind its end is an error that says where', async (t) => {
  const files = new Recordings(t);
  const packed = gzipSync(CONTENT);
  const padded = await unpack(files.write('padded', Buffer.concat([packed, Buffer.alloc(100_000)])));
  assert.equal(padded.error, null);
  assert.ok(padded.bytes.equals(CONTENT));
  const joined = await unpack(files.write('joined', Buffer.concat([packed, Buffer.alloc(70_000), packed])));
  assert.equal(joined.error?.code, 'CORRUPT');
  assert.match(joined.error?.message ?? '', new RegExp(`bytes from ${packed.length + 70_000} on`));
});

test('a zstd frame that needs too large a window, or a dictionary, is refused before memory is taken', async (t) => {
  const files = new Recordings(t);
  const wide = Buffer.from(ORDERS_ZSTD);
  wide.set([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x90]); // 2^28 bytes
  assert.match((await unpack(files.write('wide.zst', wide))).error?.message ?? '', /window of 268435456 bytes/);
  const dictionary = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x40, 0x05, 1, 0, 0]);
  assert.match((await unpack(files.write('dictionary.zst', dictionary))).error?.message ?? '', /needs a dictionary/);
});

test('a zstd file of many blocks is unpacked whole, through a window that slides', async (t) => {
  const files = new Recordings(t);
  const content = quotes();
  const { bytes, error } = await unpack(files.write('quotes.zst', QUOTES_ZSTD), 100_000);
  assert.equal(error, null);
  assert.ok(bytes.equals(content));
  for (let at = 6; at < QUOTES_ZSTD.length; at += 7) {
    const damaged = Buffer.from(QUOTES_ZSTD);
    damaged[at] ^= 1 << (at % 8);
    const after = await unpack(files.write('damaged.zst', damaged), 1 << 20);
    if (after.error === null && after.truncated === null) assert.ok(after.bytes.equals(content), `byte ${at}`);
  }
});

test('skippable zstd frames are skipped', async (t) => {
  const files = new Recordings(t);
  const skippable = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), noise(5, 1)]);
  const { bytes, error } = await unpack(files.write('skip.zst', Buffer.concat([skippable, ORDERS_ZSTD, skippable])));
  assert.equal(error, null);
  assert.ok(bytes.equals(LONG_CONTENT));
});

test('XXH64 is that of its specification, whatever the pieces', () => {
  assert.equal(naiveXxh64(new Uint8Array(0)), 0xef46db3751d8e999n); // the specification's own value
  for (const length of [0, 1, 3, 4, 7, 8, 31, 32, 33, 63, 64, 100, 1000]) {
    const bytes = noise(length, length + 1);
    for (const piece of [1, 5, 32, 50, 2000]) {
      const hash = new Xxh64();
      for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, at + piece));
      assert.equal(hash.digest(), naiveXxh64(bytes), `${length} bytes in pieces of ${piece}`);
      assert.equal(hash.low32(), Number(naiveXxh64(bytes) & 0xffffffffn));
    }
  }
});

test('a zip archive with several files asks which one', async (t) => {
  const files = new Recordings(t);
  const path = files.write('two.zip', zip({ 'a.txt': CONTENT, 'b.txt': CONTENT, 'folder/': new Uint8Array(0) }));
  assert.match((await unpack(path)).error?.message ?? '', /holds 2 files \(a\.txt, b\.txt\): unpack it and name one/);
  assert.ok((await unpack({ path, entry: 'b.txt' })).bytes.equals(CONTENT));
  assert.match((await unpack({ path, entry: 'c.txt' })).error?.message ?? '', /holds no c\.txt/);
});

test('a file that is missing, a directory, or empty is an error of one line', async (t) => {
  const files = new Recordings(t);
  mkdirSync(files.path('folder'));
  const missing = await unpack(files.path('missing'));
  assert.deepEqual([missing.error?.code, /does not exist/.test(missing.error?.message ?? '')], ['NO_FILE', true]);
  const folder = await unpack(files.path('folder'));
  assert.deepEqual([folder.error?.code, /is a directory/.test(folder.error?.message ?? '')], ['NO_FILE', true]);
  const inFile = await unpack(`${files.write('file', 'x')}/y`);
  assert.equal(inFile.error?.code, 'NO_FILE');
  assert.equal((await unpack(files.write('empty', ''))).error?.code, 'EMPTY');
  assert.equal((await unpack(files.write('empty.zip', zip({})))).error?.code, 'EMPTY');
});

/** Takes lines; counts bytes; keeps nothing. */
class LineCounter implements Decoder {
  readonly stats = newFeedStats();
  lines = 0;
  longest = 0;
  readonly files: string[] = [];

  beginFile(file: string): void {
    this.files.push(file);
  }

  decode(bytes: Uint8Array, from: number, to: number, sink: Parameters<Decoder['decode']>[3]): number {
    let at = from;
    for (;;) {
      const newline = bytes.indexOf(10, at);
      if (newline < 0 || newline >= to || sink.done) return at;
      sink.beginMessage(0);
      this.lines++;
      this.longest = Math.max(this.longest, newline - at);
      at = newline + 1;
    }
  }

  endFile(_bytes: Uint8Array, from: number, to: number): string | null {
    return from === to ? null : `line ${this.lines + 1}`;
  }
}

test('messages are carried over the edges of chunks of any size, and the buffer grows for a long one', async (t) => {
  const files = new Recordings(t);
  const long = `${'x'.repeat(20_000)}\n`;
  const path = files.write('lines', Buffer.concat([LONG_CONTENT, Buffer.from(long), LONG_CONTENT]));
  for (const chunkBytes of [64, 999, 4096, 1 << 20]) {
    const counter = new LineCounter();
    const run = await runFeed(new ChunkedFeed([path], counter, { chunkBytes }));
    assert.equal(run.error, null);
    assert.deepEqual([counter.lines, counter.longest], [521, 20_000], `chunks of ${chunkBytes}`);
  }
  for (const chunkBytes of [1, 2, 3]) {
    const counter = new LineCounter();
    await runFeed(new ChunkedFeed([files.write('few', CONTENT.subarray(0, 200))], counter, { chunkBytes }));
    assert.equal(counter.lines, CONTENT.subarray(0, 200).toString().split('\n').length - 1);
  }
});

test('files of one stream are read in order, and one that is cut must be the last', async (t) => {
  const files = new Recordings(t);
  const [a, b] = [files.write('a', 'one\ntwo\n'), files.write('b.gz', gzipSync('three\n'))];
  const whole = new LineCounter();
  const run = await runFeed(new ChunkedFeed([a, b], whole));
  assert.deepEqual([whole.files, whole.lines, run.result?.truncated], [[a, b], 3, null]);
  const cut = files.write('cut', 'one\ntw');
  assert.equal(
    (await runFeed(new ChunkedFeed([a, cut], new LineCounter()))).result?.truncated,
    `${cut} ends inside line 4, replayed up to there`,
  );
  const holed = await runFeed(new ChunkedFeed([cut, a], new LineCounter()));
  assert.equal(holed.error?.code, 'TRUNCATED');
  assert.equal(holed.messages, 1);
});

test('a recording without one whole message is an error', async (t) => {
  const files = new Recordings(t);
  const run = await runFeed(new ChunkedFeed([files.write('stub', 'no newline')], new LineCounter()));
  assert.equal(run.error?.code, 'EMPTY');
  const packed = await runFeed(new ChunkedFeed([files.write('nothing.gz', gzipSync(''))], new LineCounter()));
  assert.equal(packed.error?.code, 'EMPTY');
});

test('a run stops at its message limit and when it is asked to, without a complaint', async (t) => {
  const files = new Recordings(t);
  const path = files.write('lines', LONG_CONTENT);
  const limited = await runFeed(new ChunkedFeed([path], new LineCounter(), { chunkBytes: 100 }), 20);
  assert.deepEqual([limited.messages, limited.error, limited.result?.truncated], [20, null, null]);
  let asked = 0;
  let ended = false;
  const counter = new LineCounter();
  const feed = new ChunkedFeed([path], counter, { chunkBytes: 100, atEnd: () => (ended = true) });
  const { EventProbe } = await import('../support/event-probe.ts');
  await feed.run(new EventProbe().sink, { stopRequested: () => ++asked === 3, progress: () => {} });
  assert.deepEqual([asked, ended, counter.lines < 260], [3, false, true]);
});

test('progress grows to the size of the files on disk', async (t) => {
  const files = new Recordings(t);
  const packed = gzipSync(CONTENT);
  const paths = [files.write('a.gz', packed), files.write('b', CONTENT)];
  const { EventProbe } = await import('../support/event-probe.ts');
  const seen: number[] = [];
  await new ChunkedFeed(paths, new LineCounter(), { chunkBytes: 1000 }).run(new EventProbe().sink, {
    stopRequested: () => false,
    progress: (bytes) => seen.push(bytes),
  });
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(seen.at(-1), packed.length + CONTENT.length);
});

test('a large file is streamed with flat memory', async (t) => {
  const files = new Recordings(t);
  const path = files.path('large');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, 256 << 20); // sparse: zeros that take no disk
  writeSync(fd, '\n', (256 << 20) - 1);
  let most = 0;
  const decoder: Decoder = {
    stats: newFeedStats(),
    beginFile: () => {},
    decode: (_bytes, _from, to, sink) => {
      sink.beginMessage(0);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      return to;
    },
    endFile: () => null,
  };
  const before = process.memoryUsage().arrayBuffers;
  const run = await runFeed(new ChunkedFeed([path], decoder));
  assert.equal(run.messages, 256);
  assert.ok(most - before < 8 << 20, `${most - before} bytes of buffers`);
});
