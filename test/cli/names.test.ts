/** Names in help texts are listed apart from what they name, which is loaded only when it is used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOL_NAMES } from '../../src/exchange/protocol.ts';
import { KINDS } from '../../src/exchange/protocols.ts';
import { LIVE_VENUES } from '../../src/feed/live/protocol.ts';
import { protocolOf } from '../../src/feed/live/protocols/index.ts';
import { SHIPPED } from '../../src/strategy/shipped/index.ts';
import { SHIPPED_NAMES } from '../../src/strategy/shipped/names.ts';

test('the shipped strategies are those that are named', () => {
  assert.deepEqual(SHIPPED_NAMES, Object.keys(SHIPPED));
});

test("the exchange's protocols are those that are named, in their order", () => {
  const names = KINDS.map((kind) => kind.name);
  assert.deepEqual(PROTOCOL_NAMES, names);
});

test('every live venue that is named has its protocol, under its own name', () => {
  const found = LIVE_VENUES.map((name) => protocolOf(name)?.venue);
  assert.deepEqual(found, [...LIVE_VENUES]);
});
