/** Connections to a dashboard that are dropped, halfway through the upgrade or behind it. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { DashboardRig } from './dashboard-rig.ts';

/** Waits until the server has forgotten all of its clients. */
export async function untilGone(rig: DashboardRig): Promise<void> {
  for (let i = 0; i < 500 && rig.server.clients.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(rig.server.clients.size, 0);
}

export async function dropConnections(rig: DashboardRig, count: number): Promise<void> {
  const head = [
    'GET /socket HTTP/1.1',
    `Host: 127.0.0.1:${rig.server.port}`,
    `Authorization: Bearer ${rig.tokens.view}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: tapehead.v1',
    '',
    '',
  ].join('\r\n');
  for (let i = 0; i < count; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(rig.server.port, '127.0.0.1', () => {
        socket.write(head.slice(0, i % 3 === 0 ? 20 : head.length));
        if (i % 2 === 0) socket.destroy();
        else socket.once('data', () => socket.destroy());
        if (i % 3 === 0) socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }
}
