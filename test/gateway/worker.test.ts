/** The gateway as it runs: on a thread of its own, reached through its rings alone; and what it says shows no secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Counter, createTelemetryBuffer, Telemetry } from '../../src/core/counters.ts';
import { OrdStatus } from '../../src/core/order.ts';
import type { GatewayWorkerData, GatewayWorkerMessage } from '../../src/gateway/gateway-worker.ts';
import { GatewayAction } from '../../src/gateway/venue-message.ts';
import { createSpsc } from '../../src/ring/spsc.ts';
import { ED25519_KEY, HMAC_KEY, TestVenue } from '../support/binance-venue.ts';
import { GatewayEngine, settingsFor } from '../support/gateway-engine.ts';

interface Running {
  readonly engine: GatewayEngine;
  readonly telemetry: Telemetry;
  readonly ended: Promise<number>;
}

function run(venue: TestVenue, key = HMAC_KEY): Running {
  const telemetry = createTelemetryBuffer();
  const orders = createSpsc(256);
  const messages = createSpsc(1024);
  const engine = new GatewayEngine(orders, messages);
  const data: GatewayWorkerData = {
    orders,
    messages,
    telemetry,
    writeAhead: 'durable',
    // The usual times: a thread starts slowly on a busy machine.
    binance: { ...settingsFor(venue), times: { backoffMs: 5 } },
    key,
  };
  const worker = new Worker(new URL('../../src/gateway/gateway-worker.js', import.meta.url), { workerData: data });
  worker.on('message', ({ say }: GatewayWorkerMessage) => engine.lines.push(say));
  const ended = new Promise<number>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', resolve);
  });
  const { listing } = venue.market;
  engine.define(venue.market.symbol, listing.priceDecimals, listing.qtyDecimals);
  return { engine, telemetry: new Telemetry(telemetry), ended };
}

test('an order goes when its record is durable, its reports come back, and at the end everything is cancelled', async () => {
  const venue = await TestVenue.start('spot');
  try {
    const { engine, telemetry, ended } = run(venue);
    await engine.ready();
    const id = engine.buy(1_000, 3_000_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(venue.arrivals.size, 0, 'its record is not durable');
    telemetry.counters[Counter.DurableSeq] = 1;
    await engine.until(() => engine.oms.orders.status[id] === OrdStatus.New, 'it rests');
    engine.control(GatewayAction.CancelAll, 9);
    await engine.until(
      () => engine.settled === 9 && engine.oms.orders.status[id] === OrdStatus.Canceled,
      'it is cancelled',
    );
    engine.commands.close();
    assert.equal(await ended, 0);
    assert.deepEqual(engine.wrong, []);
  } finally {
    await venue.close();
  }
});

test('an engine that dies leaves nothing open', async () => {
  const venue = await TestVenue.start('usdm');
  try {
    const { engine, telemetry, ended } = run(venue);
    telemetry.counters[Counter.DurableSeq] = 100;
    await engine.ready();
    for (let i = 0; i < 5; i++) engine.buy(100, 600_000 - i);
    await engine.until(() => venue.account.open.size === 5, 'they rest');
    engine.commands.close();
    assert.equal(await ended, 0);
    assert.equal(venue.account.open.size, 0);
  } finally {
    await venue.close();
  }
});

test('no line, no standing, no error shows a secret, whatever goes wrong', async () => {
  const venue = await TestVenue.start('spot');
  const wrong = { apiKey: 'WRONG-api-key-WRONG', secret: 'WRONG-secret-WRONG' };
  try {
    const scenes = [run(venue, HMAC_KEY), run(venue, ED25519_KEY), run(venue, wrong)];
    await scenes[2].engine.until(() => scenes[2].engine.standing === 3, 'a wrong key fails');
    for (const { engine } of scenes.slice(0, 2)) {
      await engine.ready();
      venue.faults.reply = () => ({ status: 503, body: 'no' });
      venue.cut();
      await engine.until(() => engine.lines.length > 0, 'it says so');
    }
    for (const { engine, ended } of scenes) {
      engine.commands.close();
      await ended;
      const said = engine.lines.join('\n');
      assert.notEqual(said, '');
      const secrets = [HMAC_KEY, ED25519_KEY, wrong].flatMap(({ apiKey, secret }) => [apiKey, ...secret.split('\n')]);
      for (const hidden of secrets.filter((text) => text.length > 4 && !text.startsWith('-----'))) {
        assert.ok(!said.includes(hidden), said);
      }
      assert.doesNotMatch(said, /signature=/);
    }
  } finally {
    await venue.close();
  }
});
