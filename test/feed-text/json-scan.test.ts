import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameError } from '../../src/feed/text/json-cursor.ts';
import { ascii, JsonScanner } from '../../src/feed/text/json-scan.ts';
import { utf8 } from '../support/event-probe.ts';

/** True if the scanner takes the bytes for one JSON value. */
function accepts(bytes: Uint8Array): boolean {
  const scan = new JsonScanner();
  scan.open(bytes, 0, bytes.length);
  try {
    scan.skipValue();
    scan.finish();
    return true;
  } catch (error) {
    assert.ok(error instanceof FrameError, String(error));
    assert.ok(error.at >= 0 && error.at <= bytes.length, `at ${error.at} of ${bytes.length}`);
    return false;
  }
}

function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function opened(text: string): JsonScanner {
  const bytes = utf8(text);
  const scan = new JsonScanner();
  scan.open(bytes, 0, bytes.length);
  return scan;
}

test('what JSON.stringify writes is accepted, with any white space', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 1, '\t', '\r\n'), (text, space) => {
      const bytes = utf8(JSON.stringify(JSON.parse(text), null, space as number | string));
      assert.ok(accepts(bytes));
    }),
  );
});

test('of damaged texts exactly those are accepted that JSON.parse accepts', () => {
  const alphabet = [
    ...utf8('{}[]",:0123456789.eE+-truefalsn\\u/ \n\x00\x1f'),
    0x7f,
    0x80,
    0xbf,
    0xc3,
    0xe2,
    0xed,
    0xf0,
    0xff,
  ];
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    byte: fc.constantFrom(...alphabet),
    how: fc.constantFrom('replace', 'insert', 'delete', 'cut'),
  });
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
      let bytes = [...utf8(text)];
      for (const { at, byte, how } of edits) {
        const p = Math.floor(at * bytes.length);
        if (how === 'replace') bytes[p] = byte;
        else if (how === 'insert') bytes.splice(p, 0, byte);
        else if (how === 'delete') bytes.splice(p, 1);
        else bytes = bytes.slice(0, p);
      }
      const damaged = Uint8Array.from(bytes);
      assert.equal(accepts(damaged), parses(damaged), Buffer.from(damaged).toString('latin1'));
    }),
    { numRuns: 3000 },
  );
});

test('every sequence of two and three bytes in a string is UTF-8 or refused', () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0x70; b < 256; b += 7) {
      for (const c of [0x22, 0x7f, 0x80, 0xbf, 0xc0]) {
        const bytes = Uint8Array.from([0x22, a, b, c, 0x22]);
        assert.equal(accepts(bytes), parses(bytes), `${a} ${b} ${c}`);
      }
    }
  }
});

test('nesting is bounded instead of overflowing the stack', () => {
  assert.ok(accepts(utf8('['.repeat(256) + ']'.repeat(256))));
  assert.ok(!accepts(utf8('['.repeat(257) + ']'.repeat(257))));
  assert.ok(!accepts(utf8('['.repeat(200_000))));
  assert.ok(!accepts(utf8('{"a":'.repeat(200_000))));
});

test('an object is walked key by key, whatever its values are', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.jsonValue({ maxDepth: 2 })), (object) => {
      const scan = opened(JSON.stringify(object));
      const keys: string[] = [];
      scan.beginObject();
      while (scan.nextKey()) {
        keys.push(Buffer.from(scan.bytes.subarray(scan.keyFrom, scan.keyTo)).toString());
        assert.ok(scan.keyIs(ascii(keys.at(-1)!)));
        scan.skipValue();
      }
      scan.finish();
      assert.deepEqual(keys, Object.keys(JSON.parse(JSON.stringify(object))));
    }),
  );
});

test('arrays are walked element by element and refuse a missing one', () => {
  const scan = opened(' [ 1 , "2", [] , {} ] ');
  let count = 0;
  scan.beginArray();
  while (scan.nextItem()) {
    scan.skipValue();
    count++;
  }
  scan.finish();
  assert.equal(count, 4);
  for (const text of ['[1,]', '[,1]', '[1 2]', '[1', '[1,', '{"a":1,}', '{,}', '{"a" 1}', '{a:1}', '[1]]', '{}x', '']) {
    assert.ok(!accepts(utf8(text)), text);
  }
});

test('integers are read exactly up to 2^53, quoted or not, and anything else gives NaN', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['"0"', 0],
    ['12345678901', 12345678901],
    ['"4984028367545"', 4984028367545],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', Number.NaN],
    ['"00012"', 12],
    ['-914047754', -914047754],
    ['"-1"', -1],
    ['1.5', Number.NaN],
    ['1.0', Number.NaN],
    ['1e3', 1000],
    ['""', Number.NaN],
    ['"x"', Number.NaN],
    ['null', Number.NaN],
    ['{"a":[1]}', Number.NaN],
  ];
  for (const [text, value] of cases) {
    const scan = opened(`[${text}]`);
    scan.beginArray();
    assert.ok(scan.nextItem());
    assert.ok(Object.is(scan.integer(), value), text);
    assert.ok(!scan.nextItem());
    scan.finish();
  }
  for (const text of ['[01]', '[-]', '[1.]', '[.5]', '[+1]']) {
    const scan = opened(text);
    scan.beginArray();
    scan.nextItem();
    assert.throws(() => {
      scan.integer();
      scan.nextItem();
    }, FrameError);
  }
});

test('a name is compared as written: escapes match nothing', () => {
  const scan = opened('{"\\u0065":1,"e":2}');
  scan.beginObject();
  scan.nextKey();
  assert.ok(!scan.keyIs(ascii('e')));
  scan.skipValue();
  scan.nextKey();
  assert.ok(scan.keyIs(ascii('e')));
  assert.equal(scan.keyByte(), 0x65);
});
