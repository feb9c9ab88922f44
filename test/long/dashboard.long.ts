/**
 * A million malformed frames through a dashboard's eyes and through its sockets, and ten thousand connections that are dropped;
 * `FRAMES`, `CONNECTIONS` and `SEED` say how many, and which.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../src/core/prng.ts';
import { readFrame } from '../../src/dashboard/guard.ts';
import { ClientFrame, ServerFrame } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { dropConnections, untilGone } from '../support/dropped-connections.ts';
import { malformed } from '../support/malformed-frames.ts';
import { sendRaw, upgradeHead } from '../support/raw-http.ts';

const FRAMES = Number(process.env.FRAMES ?? 1_000_000);
const CONNECTIONS = Number(process.env.CONNECTIONS ?? 10_000);
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
/** Of the frames, one in so many goes over a socket. */
const SOCKET_SHARE = 20;
const FRAMES_OF_A_CLIENT = 10;
const UNLIMITED = { perSecond: 1e9, burst: 1e9 };

console.log(`seed ${seed}`);
const prng = new Prng(seed);
let refused = 0;
for (let i = 0; i < FRAMES; i++) if ('problem' in readFrame(malformed(prng))) refused++;

const rig = await DashboardRig.start({ limits: { frames: UNLIMITED, connects: UNLIMITED, clientsOfAddress: 1e5 } });
const rssBefore = process.memoryUsage.rss();
let closed = 0;
try {
  for (let sent = 0; sent < FRAMES / SOCKET_SHARE; sent += FRAMES_OF_A_CLIENT) {
    const client = await TestClient.open(rig.opened);
    for (let k = 0; k < FRAMES_OF_A_CLIENT; k++) client.socket.send(malformed(prng));
    client.send([ClientFrame.Ping, sent]);
    await client.until(() => client.closeCode !== 0 || client.frames.some(([type]) => type === ServerFrame.Pong));
    if (client.closeCode !== 0) closed++;
    await client.end();
  }
  const slow = ['', 'GET / HTTP/1.1\r\nX: ', upgradeHead(rig.server.port, '').slice(0, -4)];
  const ends = await Promise.all(slow.map((text) => sendRaw(rig.server.port, text, () => false, 30_000)));
  for (const { isClosed } of ends) assert.ok(isClosed, 'who sends a request and never ends it is cut');
  await dropConnections(rig, CONNECTIONS);
  await untilGone(rig);
  const client = await TestClient.open(rig.opened);
  await client.end();
} finally {
  await rig.close();
}
const grownMb = (process.memoryUsage.rss() - rssBefore) / 1e6;
assert.ok(grownMb < 300, `${grownMb} MB more than before`);
console.log(
  `${refused} of ${FRAMES} frames refused before decoding, ${closed} clients closed for theirs, ` +
    `${CONNECTIONS} connections dropped; ${grownMb.toFixed(0)} MB more at the end`,
);
