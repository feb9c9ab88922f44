/** Answers that never end, or are too long: whoever asked hears in time that nobody knows. */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { protocolOf } from '../../src/feed/live/protocols/index.ts';
import { RestClient as FeedClient } from '../../src/feed/live/rest.ts';
import { RateLimits } from '../../src/gateway/binance/rate-limits.ts';
import { RestClient } from '../../src/gateway/binance/rest.ts';
import { MACHINE } from '../../src/gateway/world.ts';

async function serve(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** No length beforehand, and no end. */
function flood(response: ServerResponse): void {
  const bytes = Buffer.alloc(1 << 20, ' ');
  const more = (): void => {
    if (response.destroyed) return;
    if (response.write(bytes)) setImmediate(more);
    else response.once('drain', more);
  };
  more();
}

test('an answer that drips is lost in time, and may have been done', async (t) => {
  const address = await serve(t, (response) => {
    const drip = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(drip));
  });
  const client = new RestClient(address, new RateLimits(), 60, MACHINE);
  t.after(() => client.close());
  const answer = await client.request('POST', '/api/v3/order', null);
  assert.ok(!answer.ok && answer.wasSent && answer.error.status === 0);
});

test('an answer without end is cut off', async (t) => {
  const address = await serve(t, flood);
  const client = new RestClient(address, new RateLimits(), 20_000, MACHINE);
  t.after(() => client.close());
  const answer = await client.request('GET', '/api/v3/openOrders', null);
  assert.ok(!answer.ok && answer.wasSent && answer.error.text !== 'no answer in time', JSON.stringify(answer));
});

test('a snapshot without end is cut off', async (t) => {
  const address = await serve(t, flood);
  const protocol = protocolOf('binance') ?? assert.fail('there is a Binance');
  const answer = await new FeedClient(protocol.rules).get(address, 1);
  assert.deepEqual([answer.status, answer.trouble], [0, 'an answer of more than 67108864 bytes']);
});
