import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_HELP, FAULT_NAMES, parseFaults } from '../../src/exchange/fault-spec.ts';
import { FaultGate } from '../../src/exchange/faults.ts';
import type { FrameKind } from '../../src/exchange/protocol.ts';
import { machineClockUs } from '../../src/exchange/venue-server.ts';
import { getJson, type Json, postJson, startVenue, VenueClient } from '../support/venue-scene.ts';

/** A gate with a clock of its own, and a line that notes what comes out of it. */
class GateScene {
  nowUs = 1_000_000;
  readonly out: string[] = [];
  readonly gate: FaultGate;
  private readonly line;

  constructor(spec: string, seed = 1) {
    this.gate = new FaultGate(spec, seed, () => this.nowUs);
    this.line = this.gate.line({
      send: (frame) => this.out.push(String(frame)),
      terminate: () => this.out.push('cut'),
    });
  }

  send(count: number, kind: FrameKind = 'market'): this {
    for (let i = 0; i < count; i++) this.line.send(`{"n":${i}}`, kind);
    return this;
  }

  after(ms: number): this {
    this.nowUs += ms * 1000;
    this.gate.pulse();
    return this;
  }
}

const frames = (count: number): string[] => Array.from({ length: count }, (_, i) => `{"n":${i}}`);

test('without faults every frame goes out as it came, at once', () => {
  assert.deepEqual(new GateScene('').send(5).out, frames(5));
  assert.deepEqual(new GateScene('').send(1).gate.counts(), {});
});

test('a frame is dropped, doubled, overtaken, cut off, damaged, where it is asked for, and counted', () => {
  const once = (name: 'drop' | 'duplicate' | 'reorder' | 'truncate' | 'corrupt' | 'disconnect'): string[] => {
    const scene = new GateScene('');
    scene.gate.next(name, 1);
    scene.send(3);
    assert.deepEqual(scene.gate.counts(), { [name]: 1 });
    return scene.out;
  };
  const [zero, one, two] = frames(3);
  assert.deepEqual(once('drop'), [one, two]);
  assert.deepEqual(once('duplicate'), [zero, zero, one, two]);
  assert.deepEqual(once('reorder'), [one, zero, two]);
  assert.equal(once('disconnect')[0], 'cut');
  const [short] = once('truncate');
  assert.ok(short.length < zero.length && zero.startsWith(short));
  const [damaged] = once('corrupt');
  assert.equal(damaged.length, zero.length);
  assert.throws(() => JSON.parse(damaged));
});

test('chances are kept to, the same seed makes the same faults, and orders are spared', () => {
  const run = (seed: number, kind: FrameKind = 'market'): [string, Json] => {
    const scene = new GateScene('drop:0.1,duplicate:0.05,reorder:0.02,corrupt:0.01', seed).send(5000, kind).after(1000);
    return [scene.out.join(), scene.gate.counts()];
  };
  assert.deepEqual(run(3), run(3));
  assert.notEqual(run(3)[0], run(4)[0]);
  const counts = run(3)[1] as Record<string, number>;
  assert.ok(counts.drop > 400 && counts.drop < 600, `${counts.drop} dropped`);
  assert.ok(counts.duplicate > 150 && counts.duplicate < 350 && counts.reorder > 50 && counts.corrupt > 20);
  assert.deepEqual(run(3, 'order'), [frames(5000).join(), {}]);
});

test('a frame that is late holds up those behind it; one that nothing overtakes goes out in the end', () => {
  const scene = new GateScene('delay:50ms@0');
  scene.gate.next('delay', 1);
  scene.send(3);
  assert.deepEqual(scene.out, []);
  assert.deepEqual(scene.after(49).out, []);
  assert.deepEqual(scene.after(1).out, frames(3));
  scene.out.length = 0;
  scene.gate.next('reorder', 1);
  assert.deepEqual(scene.send(1).out, []);
  assert.deepEqual(scene.after(300).out, frames(1));
});

test('a stall loses everything for its time, every so often', () => {
  const scene = new GateScene('stall:2s@10s');
  assert.deepEqual(scene.send(1).out, frames(1));
  scene.after(10_000).send(5, 'control');
  assert.equal(scene.after(1_999).send(1).out.length, 1);
  assert.equal(scene.after(1).send(2).out.length, 3);
  scene.after(8_000).send(1);
  assert.deepEqual([scene.out.length, scene.gate.counts()], [3, { stall: 2 }]);
});

test('orders are refused or lost, checksums wrong, sequences broken, the clock skewed', () => {
  const { gate } = new GateScene('skew:-1500ms');
  assert.equal(gate.nowUs(), 1_000_000 - 1_500_000);
  for (const [name, fate] of [
    ['reject-order', 'reject'],
    ['lose-order', 'lost'],
    ['lose-ack', 'lost-ack'],
  ] as const) {
    gate.next(name, 1);
    assert.equal(gate.orderFate(), fate);
  }
  assert.equal(gate.orderFate(), 'fine');
  gate.next('checksum', 1);
  gate.next('gap', 1);
  assert.deepEqual(
    [gate.wrongChecksum(), gate.wrongChecksum(), gate.sequenceGap(), gate.sequenceGap()],
    [true, false, 1, 0],
  );
  gate.set('');
  assert.equal(gate.nowUs(), 1_000_000);
});

test('every fault can be asked for in text and has a help; what makes no sense is refused in one line', () => {
  const times = new Map([
    ['delay', '50ms@0.1'],
    ['stall', '1s@2s'],
    ['slow-snapshot', '1s'],
    ['skew', '-5s'],
  ]);
  const spec = FAULT_NAMES.map((name) => `${name}:${times.get(name) ?? '0.5'}`).join(', ');
  assert.deepEqual([...parseFaults(spec).keys()], [...FAULT_NAMES]);
  assert.deepEqual(parseFaults('stall:5s@30s').get('stall'), { chance: 1, timeMs: 5000, everyMs: 30000 });
  assert.deepEqual(Object.keys(FAULT_HELP), [...FAULT_NAMES]);
  const wrong = [
    'drip:1',
    'drop',
    'drop:2',
    'drop:0.1:1',
    'drop:0.1,drop:0.2',
    'stall:5s',
    'stall:5s@1s',
    'delay:5',
    'delay:-5ms',
    'drop:1@1',
    'delay:1s@1@1',
  ];
  for (const text of wrong) assert.throws(() => parseFaults(text), /^TapeheadError: --fault [^\n]+$/, text);
});

test('requests are refused and snapshots come late or damaged, over the wire', async (t) => {
  const gate = new FaultGate('slow-snapshot:30ms', 1, machineClockUs());
  const venue = await startVenue(t, ['binance'], { faults: gate, rate: 0 });
  const path = '/binance/api/v3/depth?symbol=BTCUSDT';
  const began = performance.now();
  assert.equal((await getJson(venue, path)).status, 200);
  assert.ok(performance.now() - began >= 29);
  assert.deepEqual(gate.counts(), { 'slow-snapshot': 1 });
  assert.deepEqual((await postJson(venue, '/control/faults', { faults: '', next: { 'refuse-429': 1 } })).body, {
    faults: '',
    made: { 'slow-snapshot': 1 },
  });
  const refused = await getJson(venue, path);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '2']);
  gate.next('ban-418', 1);
  assert.equal((await getJson(venue, path)).status, 418);
  gate.next('truncate', 1);
  await assert.rejects(getJson(venue, path), SyntaxError);
  assert.equal((await getJson(venue, path)).status, 200);
});

test('faults are asked for while the venue runs: a hole in the sequence, a cut, a damaged frame reach the client', async (t) => {
  const gate = new FaultGate('', 1, machineClockUs());
  const venue = await startVenue(t, ['binance'], { faults: gate, rate: 3000 });
  const client = await VenueClient.open(t, venue, '/binance/ws/btcusdt@depth@100ms');
  await client.until((frame) => frame.e === 'depthUpdate');
  await postJson(venue, '/control/faults', { next: { gap: 1 } });
  await client.until((frame) => {
    const before = client.frames[client.frames.indexOf(frame) - 1];
    return before !== undefined && Number(frame.U) > Number(before.u) + 1;
  });
  await postJson(venue, '/control/faults', { next: { disconnect: 1 } });
  assert.equal(await client.closed(), 1006);
  assert.deepEqual((await getJson(venue, '/control/faults')).body, { faults: '', made: { gap: 1, disconnect: 1 } });
  for (const body of [{ faults: 'drip:1' }, { faults: 5 }, { next: { drip: 1 } }, { next: { drop: -1 } }, {}, 'x']) {
    assert.equal((await postJson(venue, '/control/faults', body)).status, 400);
  }
});
