/** Monitoring: what Grafana's dashboard asks for exists, and figures are those that the model has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { metricsOf } from '../../src/dashboard/metrics.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { repositoryRoot } from '../support/paths.ts';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

test('every expression of the Grafana dashboard asks for metrics that there are, and every metric is asked for', async () => {
  const rig = await DashboardRig.start();
  try {
    const registry = metricsOf(
      rig.view,
      () => rig.server.figures(),
      () => performance.now(),
    );
    const names = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const text = readFileSync(join(repositoryRoot(), 'ops', 'grafana', 'tapehead.json'), 'utf8');
    const { panels } = JSON.parse(text) as { panels: Panel[] };
    const asked = new Set<string>();
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        const found = expr.match(/tapehead_\w+/g) ?? [];
        assert.ok(found.length > 0, `${title}: ${expr}`);
        for (const name of found) {
          assert.ok(names.has(name), `${title} asks for ${name}`);
          asked.add(name);
        }
      }
    }
    const left = [...names].filter((name) => !asked.has(name));
    assert.deepEqual(left, ['tapehead_instruments']);
    const scraped = await registry.metrics();
    for (const name of names) assert.ok(scraped.includes(`# TYPE ${name} `), name);
  } finally {
    await rig.close();
  }
});
