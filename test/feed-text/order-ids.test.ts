import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { OrderIds } from '../../src/feed/text/order-ids.ts';
import { utf8 } from '../support/event-probe.ts';

/** UUIDs of few different words, so that they crowd. */
function uuid(prng: Prng): string {
  const hex = (digits: number) => prng.below(8).toString(16).padStart(digits, '0');
  return `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
}

test('orders by UUID: the same numbers as a Map, through 60,000 additions and removals', () => {
  const seed = randomBytes(4).readUInt32LE();
  const prng = new Prng(seed);
  const ids = new OrderIds();
  const twin = new Map<string, number>();
  const cell = new Float64Array(1);
  for (let i = 1; i <= 60_000; i++) {
    const text = uuid(prng);
    const bytes = utf8(prng.below(2) === 0 ? text : text.toUpperCase());
    assert.ok(ids.read(bytes, 0, bytes.length));
    const slot = ids.find();
    assert.equal(slot >= 0 ? ids.number[slot] : undefined, twin.get(text), `seed ${seed}, step ${i}`);
    if (slot >= 0 && prng.below(3) > 0) {
      ids.remove(slot);
      twin.delete(text);
    } else if (slot < 0) {
      cell[0] = i;
      const added = ids.add(cell, 0);
      ids.resting[added] = i / 2;
      twin.set(text, i);
    } else assert.equal(ids.resting[slot], ids.number[slot] / 2);
    assert.equal(ids.count, twin.size);
  }
  assert.ok(twin.size > 2000, 'it has grown');
  ids.clear();
  for (const text of twin.keys()) assert.ok(ids.read(utf8(text), 0, 36) && ids.find() < 0);
});

test('only UUIDs are read: 36 characters, dashes in their places, hex digits', () => {
  const ids = new OrderIds();
  const good = 'd50ec984-77a8-460a-b958-66f114b0de9b';
  assert.ok(ids.read(utf8(`x${good}`), 1, 37));
  for (const bad of [
    good.slice(1),
    `${good}0`,
    good.replace('-', '0'),
    good.replace('d', 'g'),
    good.replace('d', '-'),
  ]) {
    assert.ok(!ids.read(utf8(bad), 0, bad.length), bad);
  }
});
