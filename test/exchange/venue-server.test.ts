/** What the server makes of a protocol's answer to an upgrade. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { type Connection, type Line, type ProtocolKind, Refusal } from '../../src/exchange/protocol.ts';
import { startVenue, VenueClient } from '../support/venue-scene.ts';

/** It refuses what clients ask for, not the client: names like those of a refusal. */
class Strict implements Connection {
  readonly reply = { status: 500, body: 'not an answer to the upgrade' };
  private line: Line | null = null;

  open(line: Line): void {
    this.line = line;
  }

  message(): void {
    this.refuse();
  }

  closed(): void {}

  refuse(): void {
    this.line?.send('{"refused":true}', 'control');
  }
}

const STRICT: ProtocolKind = {
  name: 'strict',
  listings: () => [],
  make: () => ({
    name: 'strict',
    addresses: () => [],
    http: () => ({ status: 404, body: '' }),
    connect: ({ path }) => (path === '/ws' ? new Strict() : new Refusal({ status: 418, body: 'no' })),
    pulse: () => undefined,
  }),
};

for (const [name, library] of [
  ['the best server there is', {}],
  ['ws', { library: 'ws' }],
] as const) {
  test(`a connection whose members are called as a refusal's is accepted; a refusal is answered: ${name}`, async (t) => {
    const net = { port: 0, maxFrameBytes: 4096, maxBodyBytes: 4096, maxBacklogBytes: 1 << 20, idleSeconds: 60 };
    const venue = await startVenue(t, [], { kinds: [STRICT], assets: [], isEmpty: true, net: { ...net, ...library } });
    const client = await VenueClient.open(t, venue, '/strict/ws');
    client.send('do');
    assert.deepEqual(await client.until(() => true), { refused: true });
    const refused = new VenueClient(t, venue, '/strict/elsewhere');
    const [error] = await once(refused.socket, 'error');
    assert.match(String(error), /418/);
  });
}
