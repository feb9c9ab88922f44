/** A recorded Bitfinex session, served back frame by frame, is read by the live protocol as the replay reads the file. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { openSource } from '../../src/feed/input/open.ts';
import { BITFINEX } from '../../src/feed/live/protocols/bitfinex.ts';
import { bookText, NaiveBooks } from '../support/event-probe.ts';
import { LiveReader } from '../support/live-reader.ts';
import { marketData } from '../support/paths.ts';
import { recordedEvents } from '../support/recorded-events.ts';

const FILE = 'captures/BITFINEX.jsonl.zst';

/** The capture's frames, in the order of their times. */
async function framesOf(path: string): Promise<string[]> {
  const source = await openSource({ path, entry: null });
  const bytes = Buffer.alloc(64 << 20);
  let size = 0;
  for (let count = -1; count !== 0; size += count) count = await source.read(bytes, size, bytes.length - size);
  await source.close();
  const lines = bytes.toString('utf8', 0, size).trimEnd().split('\n');
  return lines
    .map((line): { t: string; ts: number; data: string } => JSON.parse(line))
    .filter(({ t }) => t === 'recv')
    .sort((a, b) => a.ts - b.ts)
    .map(({ data }) => data);
}

test('a recorded Bitfinex session served back verbatim gives the books of its replay', {
  timeout: 60_000,
}, async (t) => {
  const path = marketData(FILE);
  if (path === null) return t.skip(`../shared/market-data/${FILE} is absent`);
  const frames = await framesOf(path);
  const replayed = new NaiveBooks().applyAll(await recordedEvents(path));
  const symbols = [...replayed.books.keys()];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket: WebSocket, request) => {
    assert.equal(request.url, '/ws/2');
    let asked = 0;
    // Behind what it was asked for: the flags, and two channels of each symbol.
    socket.on('message', () => {
      if (++asked === 1 + 2 * symbols.length) for (const frame of frames) socket.send(frame);
    });
  });
  await once(server, 'listening');
  const base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reader = await LiveReader.open(BITFINEX, base, symbols);
  try {
    await reader.until(() => reader.frames === frames.length);
    assert.deepEqual(reader.said, []);
    for (const symbol of symbols) assert.equal(bookText(reader.books.book(symbol)), bookText(replayed.book(symbol)));
    assert.ok(symbols.some((symbol) => reader.books.book(symbol).bids.size > 10));
  } finally {
    await reader.close();
    server.close();
  }
});
