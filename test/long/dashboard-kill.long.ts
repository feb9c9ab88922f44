/**
 * How long the kill switch takes, from the confirmation that a client sends: until the journal has the command (behind which no
 * order leaves) and the client its answer, and until a viewer who wants ten updates a second is told. `KILLS` says how often.
 */
import assert from 'node:assert/strict';
import { LogReader } from '../../src/audit/log-reader.ts';
import { recordText } from '../../src/audit/trading-text.ts';
import { OrderAction, RecordType } from '../../src/core/record.ts';
import { ClientFrame, ServerFrame, type StatePayload } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { startSession } from '../support/dashboard-session.ts';

const KILLS = Number(process.env.KILLS ?? 40);
const GOAL_MS = 100;
/** Between commands: an address may send two a second. */
const EVERY_MS = 600;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const session = await startSession({
  speed: 5,
  config: { strategies: [{ use: 'market-maker', params: { sigma: 0.1, kappa: 10 } }] },
});
const answeredMs: number[] = [];
const seenMs: number[] = [];
try {
  const admin = await TestClient.open(session.opened, { role: 'admin' });
  const viewer = await TestClient.open(session.opened, { role: 'view' });
  const state = viewer.subscribe('state', { rate: 10 });
  const orders = viewer.subscribe('orders', { rate: 10 });
  const isKilled = (): boolean => (state.value as StatePayload | null)?.killed.includes('engine') === true;
  await viewer.until(() => orders.rows.length > 0, 60_000);
  for (let i = 0; i < KILLS; i++) {
    await pause(EVERY_MS);
    const from = admin.frames.length;
    admin.send([ClientFrame.Ask, 1, { do: 'kill', scope: 'engine' }]);
    const [, , nonce, words] = await admin.frame(ServerFrame.Challenge, from);
    const seen = viewer.until(isKilled).then(() => performance.now());
    const startMs = performance.now();
    admin.send([ClientFrame.Confirm, nonce, words]);
    const [, , ok, text] = await admin.frame(ServerFrame.Result, from);
    answeredMs.push(performance.now() - startMs);
    assert.equal(ok, true, String(text));
    seenMs.push((await seen) - startMs);
    await pause(EVERY_MS);
    assert.equal((await admin.command({ do: 'resume', scope: 'engine' })).ok, true);
    await viewer.until(() => !isKilled());
  }
  await admin.end();
  await viewer.end();
  session.run.requestStop();
  await session.run.done;
  const { kills, accepted, acceptedWhileKilled } = ordersOf(session.logDirectory);
  assert.equal(kills, KILLS);
  assert.ok(accepted > 0, 'it traded');
  assert.equal(acceptedWhileKilled, 0);
  assert.ok(Math.max(...answeredMs, ...seenMs) <= GOAL_MS, `${answeredMs} ${seenMs}`);
  console.log(
    `${KILLS} kills, no order between a kill and its resume (${accepted} else); confirmation sent to answer: ${text(answeredMs)}; ` +
      `to a viewer of 10 updates/s: ${text(seenMs)}`,
  );
} finally {
  await session.end();
}

function text(ms: number[]): string {
  const sorted = ms.sort((a, b) => a - b);
  return `p50 ${sorted[sorted.length >> 1].toFixed(1)}, most ${sorted[sorted.length - 1].toFixed(1)} ms`;
}

function ordersOf(directory: string): { kills: number; accepted: number; acceptedWhileKilled: number } {
  const reader = new LogReader(directory);
  const found = { kills: 0, accepted: 0, acceptedWhileKilled: 0 };
  let isOn = false;
  try {
    while (reader.next()) {
      const { type, at, bytes, u32 } = reader;
      if (type === RecordType.Command) {
        isOn = recordText(reader, RecordType.Command).includes('"kill"');
        if (isOn) found.kills++;
      } else if (type === RecordType.RiskVerdict && bytes[at + 26] === OrderAction.New && u32[(at + 48) >> 2] === 0) {
        if (isOn) found.acceptedWhileKilled++;
        else found.accepted++;
      }
    }
  } finally {
    reader.close();
  }
  return found;
}
