import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { MAX_INSTRUMENTS } from '../../src/core/limits.ts';
import { Prng } from '../../src/core/prng.ts';
import {
  CRC32_START,
  crc32Append,
  crc32Byte,
  crc32Finish,
  crc32Update,
  MAX_APPENDED,
} from '../../src/feed/text/crc32.ts';
import { FrameQueue } from '../../src/feed/text/frame-queue.ts';
import { InstrumentTable } from '../../src/feed/text/instruments.ts';
import { NameTable } from '../../src/feed/text/name-table.ts';
import { interleavedChecksum, TextBook, TextForm, TextSide } from '../../src/feed/text/text-book.ts';
import { utf8 } from '../support/event-probe.ts';

test('the CRC-32 is the one of zlib, in any pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      let state = crc32Update(CRC32_START, bytes, 0, at);
      for (let p = at; p < bytes.length; p++) state = crc32Byte(state, bytes[p]);
      assert.equal(crc32Finish(state) >>> 0, crc32(bytes));
    }),
  );
});

test('a text whose own CRC-32 is known carries the state on as its bytes do', () => {
  fc.assert(
    fc.property(fc.integer(), fc.uint8Array({ maxLength: MAX_APPENDED }), (state, bytes) => {
      const own = crc32Update(0, bytes, 0, bytes.length);
      assert.equal(crc32Append(state, own, bytes.length), crc32Update(state, bytes, 0, bytes.length));
    }),
    { numRuns: 1000 },
  );
});

test('names get dense numbers in order of appearance, however many there are', () => {
  const table = new NameTable();
  const numbers = new Map<string, number>();
  for (let i = 0; i < 3000; i++) {
    const name = `N${(i * 7919) % 1500}`;
    const bytes = utf8(`<${name}>`);
    const found = table.find(bytes, 1, bytes.length - 1);
    assert.equal(found, numbers.get(name) ?? -1);
    if (found < 0) numbers.set(name, table.add(bytes, 1, bytes.length - 1));
  }
  assert.deepEqual(
    [...numbers.values()],
    Array.from({ length: 1500 }, (_, i) => i),
  );
});

test('symbols that are not wanted, too long or not ASCII are left out, the last two with a remark each', () => {
  const notes: string[] = [];
  const table = new InstrumentTable(['BTCUSDT', 'X'.repeat(25), 'BTC€'], (note) => notes.push(note));
  const get = (symbol: string) => {
    const bytes = utf8(symbol);
    return table.get(bytes, 0, bytes.length);
  };
  assert.equal(get('BTCUSDT')?.symbol, 'BTCUSDT');
  assert.equal(get('BTCUSDT'), get('BTCUSDT'));
  assert.equal(get('ETHUSDT'), null);
  assert.equal(get('X'.repeat(25)), null);
  assert.equal(get('X'.repeat(25)), null);
  assert.equal(get('BTC€'), null);
  assert.equal(get(''), null);
  assert.equal(notes.length, 3);
  assert.match(notes[0], /^error: symbol "X{25}" is ignored/);
});

test('symbols beyond the most that events can name are left out, with a remark', () => {
  const notes: string[] = [];
  const table = new InstrumentTable(null, (note) => notes.push(note));
  const get = (n: number) => {
    const bytes = utf8(`S${n}`);
    return table.get(bytes, 0, bytes.length);
  };
  for (let n = 0; n < MAX_INSTRUMENTS; n++) assert.notEqual(get(n), null);
  assert.equal(get(MAX_INSTRUMENTS), null);
  assert.deepEqual(notes, [`error: symbol S${MAX_INSTRUMENTS} is ignored: more than ${MAX_INSTRUMENTS} symbols`]);
});

/** The naive twin of the queue. */
class NaiveQueue {
  frames: { text: string; ids: [number, number, number] }[] = [];
  dropped = 0;

  push(text: string, ids: [number, number, number], maxBytes: number, maxFrames: number): void {
    if (text.length > maxBytes) {
      this.dropped += this.frames.length + 1;
      this.frames = [];
      return;
    }
    const bytes = () => this.frames.reduce((sum, frame) => sum + frame.text.length, 0);
    while (this.frames.length === maxFrames || (this.frames.length > 0 && bytes() + text.length > maxBytes)) {
      this.frames.shift();
      this.dropped++;
    }
    this.frames.push({ text, ids });
  }
}

test('the queue keeps the newest frames within its bounds and counts the others', () => {
  const command = fc.oneof(
    { weight: 8, arbitrary: fc.record({ op: fc.constant('push' as const), length: fc.integer({ min: 0, max: 130 }) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('shift' as const), length: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('clear' as const), length: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (commands, maxFrames) => {
      const queue = new FrameQueue(120, maxFrames);
      const twin = new NaiveQueue();
      for (const [n, { op, length }] of commands.entries()) {
        if (op === 'push') {
          const text = String.fromCharCode(97 + (n % 26)).repeat(length);
          queue.push(utf8(`__${text}`), 2, 2 + length, n, n + 1, n - 1);
          twin.push(text, [n, n + 1, n - 1], 120, maxFrames);
        } else if (op === 'shift' && twin.frames.length > 0) {
          queue.shift();
          twin.frames.shift();
        } else if (op === 'clear') {
          queue.clear();
          twin.frames = [];
        }
        assert.equal(queue.count, twin.frames.length);
        assert.equal(queue.dropped, twin.dropped);
        for (const [i, { text, ids }] of twin.frames.entries()) {
          assert.equal(Buffer.from(queue.bytes.subarray(queue.frameFrom(i), queue.frameTo(i))).toString(), text);
          assert.deepEqual([queue.first(i), queue.final(i), queue.previous(i)], ids);
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** Levels of a side, best first: price and CRC of the text. */
function levelsOf(side: TextSide): string[] {
  const levels: string[] = [];
  for (let depth = 0; depth < side.count; depth++) {
    levels.push(`${side.priceAt(depth)} ${crc32Finish(side.crcLevel(CRC32_START, depth)) >>> 0}`);
  }
  return levels;
}

test('a text side holds the same levels in the same order as a sorted map, in both directions and forms', () => {
  const command = fc.record({
    op: fc.constantFrom('set', 'set', 'set', 'remove', 'worst', 'rescale'),
    price: fc.integer({ min: 1, max: 400 }),
    qty: fc.stringMatching(/^[0-9]{1,5}\.[0-9]{1,8}$/),
  });
  const setting = fc.record({
    direction: fc.constantFrom(1 as const, -1 as const),
    form: fc.constantFrom(TextForm.Written, TextForm.Digits),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300 }), setting, (commands, { direction, form }) => {
      const side = new TextSide(direction, form);
      const twin = new Map<number, [string, string]>();
      let unit = 1;
      for (const { op, price, qty } of commands) {
        const ticks = price * unit;
        const prices = [...twin.keys()].sort((a, b) => (b - a) * direction);
        if (op === 'set') {
          const text = `0.${price}`;
          const bytes = utf8(`${text}|${qty}`);
          assert.ok(side.set(ticks, bytes, 0, text.length, text.length + 1, bytes.length));
          const digits = (t: string) => (form === TextForm.Digits ? t.replace('.', '').replace(/^0+/, '') : t);
          twin.set(ticks, [digits(text), digits(qty)]);
        } else if (op === 'remove') {
          side.remove(ticks);
          twin.delete(ticks);
        } else if (op === 'worst' && prices.length > 0) {
          assert.equal(side.removeWorst(), prices.at(-1));
          twin.delete(prices.at(-1)!);
        } else if (op === 'rescale' && unit < 1000) {
          side.rescale(1);
          unit *= 10;
          const scaled = [...twin].map(([p, texts]): [number, [string, string]] => [p * 10, texts]);
          twin.clear();
          for (const [p, texts] of scaled) twin.set(p, texts);
        }
      }
      const expected = [...twin]
        .sort(([a], [b]) => (b - a) * direction)
        .map(([price, [p, q]]) => `${price} ${crc32(Buffer.from(form === TextForm.Digits ? p + q : `${p}:${q}`))}`);
      assert.deepEqual(levelsOf(side), expected);
      side.clear();
      assert.equal(side.count, 0);
    }),
    { numRuns: 300 },
  );
});

test('a text side of a thousand levels that change anywhere holds what a sorted list does, after every change', () => {
  for (const direction of [1, -1] as const) {
    const random = new Prng(direction + 7);
    const side = new TextSide(direction, TextForm.Written);
    let twin: [price: number, text: string][] = [];
    let middle = 1000;
    for (let i = 0; i < 6000; i++) {
      // In most cases near the last one, as in a stream; at times anywhere.
      middle = random.below(8) === 0 ? 1 + random.below(2000) : Math.max(1, middle + random.below(41) - 20);
      const text = `${middle}:0.${1 + random.below(9999)}`;
      const bytes = utf8(text);
      const colon = text.indexOf(':');
      const at = twin.findIndex(([price]) => (price - middle) * direction <= 0);
      const isThere = at >= 0 && twin[at][0] === middle;
      if (random.below(10) < (i < 3000 ? 2 : 5)) {
        side.remove(middle);
        if (isThere) twin.splice(at, 1);
      } else if (random.below(200) === 0 && twin.length > 0) {
        assert.equal(side.removeWorst(), twin.pop()![0]);
      } else {
        assert.ok(side.set(middle, bytes, 0, colon, colon + 1, bytes.length));
        twin.splice(at < 0 ? twin.length : at, isThere ? 1 : 0, [middle, text]);
      }
      assert.equal(side.count, twin.length);
      const depth = random.below(Math.max(twin.length, 1));
      if (twin.length > 0) {
        assert.equal(side.priceAt(depth), twin[depth][0]);
        assert.equal(crc32Finish(side.crcLevel(CRC32_START, depth)) >>> 0, crc32(Buffer.from(twin[depth][1])));
      }
      if (i % 500 === 0)
        assert.deepEqual(
          levelsOf(side),
          twin.map(([p, t]) => `${p} ${crc32(Buffer.from(t))}`),
        );
      if (i === 5000) {
        side.clear();
        twin = [];
      }
    }
  }
});

test('a text too long for its slot is refused', () => {
  const side = new TextSide(1, TextForm.Written);
  const bytes = utf8(`0.${'1'.repeat(30)}|5`);
  assert.equal(side.set(1, bytes, 0, 32, 33, 34), false);
  assert.equal(side.set(1, bytes, 0, 31, 33, 34), true);
});

test('the interleaved checksum is over bid:qty:ask:qty, the longer side going on alone', () => {
  const book = new TextBook(TextForm.Written);
  const set = (isBid: boolean, price: number, text: string) => {
    const bytes = utf8(text);
    const colon = text.indexOf(':');
    (isBid ? book.bids : book.asks).set(price, bytes, 0, colon, colon + 1, bytes.length);
  };
  assert.equal(interleavedChecksum(book, 25), crc32(Buffer.from('')) | 0);
  set(false, 12, '12:0.5');
  set(false, 13, '13.0:7');
  set(false, 14, '14:8');
  set(true, 11, '11:1e-7');
  const all = '11:1e-7:12:0.5:13.0:7:14:8';
  assert.equal(interleavedChecksum(book, 25), crc32(Buffer.from(all)) | 0);
  assert.equal(interleavedChecksum(book, 1), crc32(Buffer.from('11:1e-7:12:0.5')) | 0);
});
