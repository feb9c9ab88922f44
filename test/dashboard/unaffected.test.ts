/** What hostile clients do to a dashboard leaves no trace in the run beside it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { headHash } from '../../src/dashboard/model/head-hash.ts';
import { ClientFrame } from '../../src/dashboard/protocol.ts';
import { failureOf } from '../../src/engine.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { type DashboardSession, startSession } from '../support/dashboard-session.ts';
import { malformed } from '../support/malformed-frames.ts';

const SPEED = 400;
const CLIENTS = 15;

async function hashOf(session: DashboardSession): Promise<string> {
  assert.equal(failureOf(await session.run.done), null);
  return headHash(session.logDirectory);
}

test('the log of a run whose dashboard is attacked all the while is that of a run nobody looked at', async () => {
  const seed = 20_261_123;
  const prng = new Prng(seed);
  const quiet = await startSession({ speed: Number.POSITIVE_INFINITY });
  const expected = await hashOf(quiet);
  await quiet.end();
  assert.match(expected, /^[0-9a-f]{64}$/);
  const session = await startSession({ speed: SPEED });
  let isOn = true;
  void session.run.done.then(() => {
    isOn = false;
  });
  let attacks = 0;
  const kept: TestClient[] = [];
  try {
    while (isOn && attacks < CLIENTS) {
      const client = await TestClient.open(session.opened, { role: 'view' }).catch(() => null);
      if (client === null) {
        await new Promise((resolve) => setTimeout(resolve, 50)); // refused: too many connections from here
        continue;
      }
      attacks++;
      client.send([ClientFrame.Ask, 1, { do: 'kill', scope: 'engine' }]);
      for (let id = 1; id <= 10; id++) {
        client.send([ClientFrame.Subscribe, id, 'depth', { instrument: 0, depth: id, rate: 1 + prng.below(590) / 10 }]);
      }
      for (let id = 1; id <= 3; id++) client.send([ClientFrame.Story, id, id]);
      if (attacks % 3 === 0) client.socket.pause();
      else if (attacks % 3 === 1) client.socket.send(malformed(prng));
      kept.push(client);
    }
    assert.ok(attacks > 3, `seed ${seed}: ${attacks} attacks`);
    assert.equal(await hashOf(session), expected, `seed ${seed}`);
  } finally {
    for (const { socket } of kept) socket.terminate();
    await session.end();
  }
});
