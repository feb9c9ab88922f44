/** Messages of a gateway on their way to the engine: every field, around the ring, and a full ring. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecReport } from '../../src/core/exec-report.ts';
import { Prng } from '../../src/core/prng.ts';
import { VENUE_MESSAGE_SLOTS, VENUE_MESSAGE_WORDS, VenueMessage } from '../../src/gateway/venue-message.ts';
import { MessageWord, VenueMessageReader, VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
import { createSpsc, SpscReader } from '../../src/ring/spsc.ts';

function ring(
  capacity = 16,
  start = 0,
): { writer: VenueMessageWriter; messages: VenueMessageReader; slots: SpscReader } {
  const shared = createSpsc(capacity, start);
  const slots = new SpscReader(shared);
  return { writer: new VenueMessageWriter(shared), messages: new VenueMessageReader(slots), slots };
}

test('a report comes out as it went in, with its commission and decimals', () => {
  const { writer, messages } = ring();
  const report = new ExecReport();
  report.values.forEach((_, i) => {
    report.values[i] = i * 1000 + 1;
  });
  writer.putReport(report);
  writer.words[MessageWord.TsRecvNs] = 5e13;
  writer.words[MessageWord.Commission] = 123;
  writer.words[MessageWord.CommissionAsset] = 2;
  writer.words[MessageWord.PriceDecimals] = 2;
  writer.words[MessageWord.QtyDecimals] = 5;
  writer.send(VenueMessage.Report, 3, 70_000);
  assert.ok(messages.next());
  const { view } = messages;
  assert.deepEqual([view.kind, view.venue, view.instrument, view.tsRecvNs], [VenueMessage.Report, 3, 70_000, 5e13]);
  const copy = new ExecReport();
  view.copyReport(copy);
  assert.deepEqual(copy.values, report.values);
  assert.deepEqual(
    [20, 21, 22, 23].map((word) => view.word(word)),
    [123, 2, 2, 5],
  );
  messages.done();
  assert.equal(messages.next(), false);
});

test('an asset is written as its characters, and nothing of the message before remains', () => {
  const { writer, messages } = ring();
  for (const asset of ['1000SATSABCDEFGH', 'BTC', '']) {
    writer.putAsset(asset);
    writer.words[4] = 2 ** 53 - 1;
    writer.send(VenueMessage.Balance, 0, 0);
    assert.ok(messages.next());
    assert.equal(messages.view.asset(), asset);
    assert.equal(messages.view.word(4), 2 ** 53 - 1);
    messages.done();
  }
  writer.send(VenueMessage.Settled, 1, 0);
  assert.ok(messages.next());
  const words = new Float64Array(VENUE_MESSAGE_WORDS);
  messages.view.copyWords(words);
  assert.ok(words.subarray(1).every((value) => value === 0));
});

test('random messages come out whole and in order, around the ring and over the wrap of its cursors', () => {
  const seed = 20261123;
  const random = new Prng(seed);
  const { writer, messages } = ring(16, 2 ** 31 - 64);
  const waiting: number[][] = [];
  const words = new Float64Array(VENUE_MESSAGE_WORDS);
  for (let i = 0; i < 50_000; i++) {
    if (writer.hasRoom() && random.below(2) === 0) {
      const heads = [random.below(8), random.below(256), random.below(65_536)];
      for (let w = 1; w < VENUE_MESSAGE_WORDS; w++) writer.words[w] = random.u32();
      waiting.push([...heads, ...writer.words.subarray(1)]);
      writer.send(heads[0], heads[1], heads[2]);
    } else if (messages.next()) {
      const { view } = messages;
      view.copyWords(words);
      assert.deepEqual([view.kind, view.venue, view.instrument, ...words.subarray(1)], waiting.shift(), `seed ${seed}`);
      messages.done();
    } else {
      assert.equal(waiting.length, 0);
    }
  }
});

test('a full ring says so, and has room again behind what was taken', () => {
  const { writer, messages } = ring(2 * VENUE_MESSAGE_SLOTS);
  for (let i = 0; i < 2; i++) {
    assert.ok(writer.hasRoom());
    writer.send(VenueMessage.Standing, 0, 0);
  }
  assert.equal(writer.hasRoom(), false);
  assert.ok(messages.next());
  messages.done();
  assert.ok(writer.hasRoom());
});

test('the end of a ring is seen behind its last message', () => {
  const { writer, messages } = ring();
  writer.send(VenueMessage.Standing, 0, 0);
  writer.close();
  assert.ok(messages.isClosed());
  assert.ok(messages.next());
  messages.done();
  assert.equal(messages.next(), false);
});
