/** Before a run's configuration is known nothing is said of it; what a limit warning says is for people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectCode } from '../../src/core/order.ts';
import { RiskScope, RiskStateKind } from '../../src/core/record.ts';
import { Alerts } from '../../src/dashboard/model/alerts.ts';
import { Names } from '../../src/dashboard/model/names.ts';
import { StandingModel } from '../../src/dashboard/model/standing.ts';
import { ClientFrame, ServerFrame } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';

test('Hello waits for the run; a Ping is answered meanwhile, and what was asked for comes behind Hello', async () => {
  const run = { hasBegun: false };
  const rig = await DashboardRig.start({}, undefined, run);
  try {
    const opening = TestClient.open(rig.opened);
    while (rig.server.clients.size === 0) await new Promise((resolve) => setImmediate(resolve));
    const [served] = rig.server.clients;
    const seen: number[] = [];
    const { send } = served;
    served.send = (frame) => {
      seen.push(frame[0] as number);
      send.call(served, frame);
    };
    rig.server.tick();
    served.take(Buffer.from([0x92, ClientFrame.Ping, 7]), true);
    served.take(Buffer.from([0x92, ClientFrame.Unsubscribe, 9]), true);
    assert.deepEqual(seen, [ServerFrame.Pong]);
    run.hasBegun = true;
    const client = await opening;
    assert.equal(client.hello?.mode, 'replay');
    assert.deepEqual(seen, [ServerFrame.Pong, ServerFrame.Hello, ServerFrame.Problem]);
    await client.end();
  } finally {
    await rig.close();
  }
});

test('a limit warning says money as money, rates as counts, and of a position how much of its limit', () => {
  const alerts = new Alerts();
  const standing = new StandingModel(alerts, () => new Names('{}'));
  const f64 = new Float64Array(9);
  const memory = { f64, u32: new Uint32Array(f64.buffer), bytes: new Uint8Array(f64.buffer) };
  const warn = (code: number, value: number, max: number): string => {
    memory.bytes[26] = RiskScope.Engine;
    memory.bytes[27] = RiskStateKind.LimitWarning;
    f64[6] = value;
    f64[7] = max;
    memory.u32[16] = code;
    standing.riskState(memory, 0, 1, 0, '');
    return alerts.history.rows().at(-1)?.[4] ?? '';
  };
  assert.match(warn(RejectCode.GrossExposure, 5_779_047_658, 8_000_000_000), /, 5,779\.05 of 8,000\.00 \(72 %\)$/);
  assert.match(warn(RejectCode.StrategyRate, 40, 50), /, 40 of 50 \(80 %\)$/);
  assert.match(warn(RejectCode.PositionLong, 75_000_000, 100_000_000), /, 75 % of it$/);
  assert.match(warn(RejectCode.StressLimit, 1234.5, 1500), /, 1,234\.50 of 1,500\.00 \(82 %\)$/);
  const change = (command: object, max: number): string => {
    standing.commanded(JSON.stringify(command));
    memory.bytes[27] = RiskStateKind.LimitChanged;
    f64[7] = max;
    memory.u32[16] = RejectCode.None;
    standing.riskState(memory, 0, 1, 5e9 * max, '');
    return alerts.history.rows().at(-1)?.[4] ?? '';
  };
  const set = { do: 'set-limit', limit: 'engine.maxGross' };
  assert.equal(change({ ...set, value: '5000000.5' }, 5_000_000.5), 'limit engine.maxGross is 5,000,000.5 now');
  assert.equal(change({ ...set, value: null }, 1), 'limit engine.maxGross is none now');
  assert.equal(change({ do: 'kill', scope: 'engine' }, 1_234_567), 'a limit of engine is 1,234,567 now');
  const gross = [...standing.limits.rows()].find(([name]) => name.startsWith('gross'));
  assert.deepEqual(gross?.slice(1, 3), [5779.047658, 8000]);
});
