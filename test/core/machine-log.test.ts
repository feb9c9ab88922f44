/** What held a thread up: totals, and what fell between two times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { INCIDENT_NAMES, Incident, MachineLog } from '../../src/core/machine-log.ts';
import { GcWatch } from '../../src/engine/gc-watch.ts';
import { CoreWatch } from '../../src/engine/thread-use.ts';

test('incidents are totalled by kind, and found by the time they share with a span', () => {
  const log = new MachineLog();
  log.add(Incident.Scavenge, 1000, 1500, 500);
  log.add(Incident.Park, 1400, 2400, 1000);
  log.add(Incident.OffCore, 0, 10_000, 300);
  assert.deepEqual(log.total(Incident.Scavenge), { count: 1, totalNs: 500, maxNs: 500 });
  assert.deepEqual([...new MachineLog(log.buffer).between(1200, 2000)], [300, 0, 600, 0, 300]);
  assert.deepEqual([...log.between(20_000, 30_000)], [0, 0, 0, 0, 0]);
  assert.equal(INCIDENT_NAMES.length, 5);
});

test('only the last thousand are kept, totals are of all', () => {
  const log = new MachineLog();
  for (let i = 0; i < 5000; i++) log.add(Incident.RingFull, i * 10, i * 10 + 4, 4);
  assert.deepEqual(log.total(Incident.RingFull), { count: 5000, totalNs: 20_000, maxNs: 4 });
  assert.equal(log.between(0, 10_000)[Incident.RingFull], 0);
  assert.equal(log.between(49_000, 50_000)[Incident.RingFull], 400);
});

test('begin and end measure what lies between them', async () => {
  const log = new MachineLog();
  log.begin(Incident.Park);
  await sleep(2);
  log.end(Incident.Park);
  const { count, totalNs, maxNs } = log.total(Incident.Park);
  assert.ok(count === 1 && totalNs > 1e6 && maxNs === totalNs);
});

test('collections of garbage are noted once the event loop turns', async () => {
  const log = new MachineLog();
  const watch = new GcWatch(log);
  const kept: object[][] = [];
  for (let i = 0; i < 3_000_000; i++) {
    if (i % 100_000 === 0) kept.push([]);
    kept[kept.length - 1][i % 7] = { i };
  }
  assert.equal(log.total(Incident.Scavenge).count, 0, 'not yet: nothing ran meanwhile');
  await watch.settle();
  watch.end();
  const { count, totalNs } = log.total(Incident.Scavenge);
  assert.ok(count > 0 && totalNs > 0, `${count} scavenges, ${totalNs} ns`);
});

test('a look at the core never fails, whatever the system says', () => {
  const log = new MachineLog();
  const watch = new CoreWatch(log);
  watch.look();
  assert.ok(log.total(Incident.OffCore).totalNs >= 0);
});
