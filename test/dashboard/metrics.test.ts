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
  readonly targets: readonly { readonly expr: string; readonly legendFormat?: string }[];
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

/** `{name="value"}` of a sample, and of a matcher in an expression (`=~` with alternatives). */
function labelsIn(text: string): [name: string, values: string[]][] {
  return Array.from(text.matchAll(/(\w+)=~?"([^"]*)"/g), ([, name, values]) => [name, values.split('|')]);
}

test('labels that the Grafana dashboard asks for and shows are those of the metrics, with values that they have', async () => {
  const rig = await DashboardRig.start();
  try {
    for (const stage of rig.telemetry.stages) stage.record(1000);
    rig.view.model.standing.risk.push(0, [0, 'fresh', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const registry = metricsOf(
      rig.view,
      () => rig.server.figures(),
      () => performance.now(),
    );
    const scraped = await registry.metrics();
    const labelsOf = new Map<string, Set<string>>();
    for (const metric of registry.getMetricsAsArray()) {
      const { name, labelNames = [] } = metric as { name: string; labelNames?: readonly string[] };
      labelsOf.set(name, new Set(labelNames));
    }
    const text = readFileSync(join(repositoryRoot(), 'ops', 'grafana', 'tapehead.json'), 'utf8');
    const { panels } = JSON.parse(text) as { panels: Panel[] };
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat = '' } of targets) {
        const names = Array.from(expr.matchAll(/tapehead_\w+/g), ([name]) => name);
        for (const [, name] of legendFormat.matchAll(/{{(\w+)}}/g)) {
          assert.ok(
            names.every((metric) => labelsOf.get(metric)?.has(name)),
            `${title}: {{${name}}}`,
          );
        }
        for (const [, metric, matchers] of expr.matchAll(/(tapehead_\w+){([^}]*)}/g)) {
          for (const [label, values] of labelsIn(matchers)) {
            if (label === 'instance') continue; // Prometheus adds it
            for (const value of values) {
              const has = scraped
                .split('\n')
                .some((line) => line.startsWith(`${metric}{`) && line.includes(`${label}="${value}"`));
              assert.ok(has, `${title}: ${metric} has no ${label}="${value}"`);
            }
          }
        }
      }
    }
  } finally {
    await rig.close();
  }
});

test('what is scraped is the text format, and no metric has a series for each of very many symbols', async () => {
  const rig = await DashboardRig.start();
  try {
    const { model, gauges } = rig.view;
    model.trading.refresh = () => {};
    for (let i = 0; i < 2_000; i++) {
      model.trading.positions.set(`0 ${i}`, ['mm "a\\b"\n', i, 1, 1, 0, 0, 0, 1]);
      gauges.limits.set(`limit ${i}`, [`limit ${i}`, i, 2_000, i / 2_000, 0.7]);
    }
    const registry = metricsOf(
      rig.view,
      () => rig.server.figures(),
      () => performance.now(),
    );
    const scraped = await registry.metrics();
    assert.ok(scraped.endsWith('\n'));
    const types = new Map<string, string>();
    const series = new Set<string>();
    for (const line of scraped.trimEnd().split('\n')) {
      if (line === '') continue;
      const [, type, name, what] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
      if (type === 'TYPE') types.set(name, what);
      if (type !== undefined) continue;
      const sample = /^(\w+)({(?:\w+="(?:[^"\\]|\\.)*",?)+})? (-?[\d.e+-]+|[+-]Inf|N[aA]N)$/.exec(line);
      assert.ok(sample !== null, line);
      assert.ok(types.has(sample[1]), line);
      assert.equal(types.get(sample[1]) === 'counter', sample[1].endsWith('_total'), line);
      assert.ok(!series.has(`${sample[1]}${sample[2]}`), `twice: ${line}`);
      series.add(`${sample[1]}${sample[2]}`);
    }
    assert.match(scraped, /^tapehead_series_left_out 3000$/m);
    assert.match(scraped, /^tapehead_limit_share{limit="limit 1999"} 0.9995$/m);
    assert.ok(series.size < 1_100, `${series.size} series`);
  } finally {
    await rig.close();
  }
});
