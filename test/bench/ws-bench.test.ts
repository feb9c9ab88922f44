/** The benchmark of the websocket path: a quick run of it, and that its peer notices an order that is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { WrongAnswer } from '../../latency-bench/benchmark.ts';
import type { PeerJob } from '../../latency-bench/workers/ws-peer.ts';
import { Peer } from '../../latency-bench/ws-run.ts';
import { API_PATH, STREAM_PATH, SYMBOL } from '../../latency-bench/ws-script.ts';
import { smoke } from '../support/bench-smoke.ts';

const TRIPS = 200;

test('wire-to-wire-ws has the order of a plain book for every frame, from a live run and from one thread, beside an echo', async (t) => {
  const { latencies, frameBytes, orderBytes } = await smoke(t, 'wire-to-wire-ws');
  assert.deepEqual(
    latencies.map(({ name, count }) => [name, count]),
    [
      ['tapehead live', TRIPS],
      ['ws echo', TRIPS],
      ['tapehead, one thread', TRIPS],
    ],
  );
  assert.ok((frameBytes as number) > 100 && (orderBytes as number) > 300);
});

/** Answers each frame with what `answer` says, after the first; what the peer finds wrong with that. */
async function foundBy(who: PeerJob['who'], answer: (frame: number) => readonly object[]): Promise<string> {
  const peer = new Peer();
  const base = `ws://127.0.0.1:${await peer.port}`;
  const api = new WebSocket(`${base}${API_PATH}`);
  try {
    await new Promise((resolve) => api.once('open', resolve));
    const stream = new WebSocket(`${base}${STREAM_PATH}`);
    try {
      const measured = peer.measure({ who, warmUp: 0, trips: 5, gapMs: 0 });
      let frames = 0;
      stream.on('message', () => {
        for (const request of answer(++frames)) api.send(JSON.stringify(request));
      });
      api.send(JSON.stringify({ id: 0, method: 'account.status', params: {} }));
      await measured;
      return '';
    } catch (error) {
      assert.ok(error instanceof WrongAnswer, String(error));
      return error.message;
    } finally {
      stream.terminate();
    }
  } finally {
    api.terminate();
    peer.end();
  }
}

const echoed = (id: number): object => ({ id, method: 'order.place', params: {} });

test('the peer of wire-to-wire-ws takes what answers each frame once', async () => {
  assert.equal(await foundBy('echo', (frame) => [echoed(frame)]), '');
});

test('the peer of wire-to-wire-ws finds an order too many and one for another frame', async () => {
  const twice = await foundBy('echo', (frame) => (frame === 3 ? [echoed(3), echoed(3)] : [echoed(frame)]));
  assert.match(twice, /^(a second order for frame 3|frame 4: answered with 3)/);
  assert.match(await foundBy('echo', (frame) => [echoed(frame + (frame === 5 ? 1 : 0))]), /^frame 5: answered with 6/);
});

test('the peer of wire-to-wire-ws finds an order too many behind the last frame', async () => {
  const late = await foundBy('echo', (frame) => (frame === 5 ? [echoed(5), echoed(6)] : [echoed(frame)]));
  assert.match(late, /^a second order for frame 5/);
});

test("the peer of wire-to-wire-ws finds an order that is not the book's, and a number left out", async () => {
  const order = (frame: number, number: number): object => {
    const terms = {
      symbol: SYMBOL,
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'IOC',
      price: '1.00',
      quantity: '1.00000',
    };
    return { id: frame, method: 'order.place', params: { ...terms, newClientOrderId: `th0123abcd-${number}` } };
  };
  const wrong = await foundBy('tapehead', (frame) => [order(frame, frame)]);
  assert.match(wrong, /^frame 1: .*"price":"1.00".* where a plain book leads to \{"side":/);
  const gap = await foundBy('tapehead', (frame) => [order(frame, 2 * frame)]);
  assert.match(gap, /^frame 1: order th0123abcd-\d+ behind number \d+$/);
});
