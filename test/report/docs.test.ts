import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { report } from '../../src/cli/report.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';
import { plainTerminal } from '../support/plain-terminal.ts';
import { TradingTape } from '../support/trading-log.ts';
import { SESSION_CONFIG, TradingSession } from '../support/trading-session.ts';

const DOCUMENT = readFileSync(join(repositoryRoot(), 'docs', 'report.md'), 'utf8');

/** Keys whose own keys are data, not field names. */
const BY_NAME = new Set(['byReason', 'warnedByCheck', 'reportsRefused', 'parameters']);

test('docs/report.md names every field of the JSON and every column of the CSV files', (t) => {
  const folder = temporaryFolder(t);
  const log = join(folder, 'log');
  const tape = new TradingTape(log, SESSION_CONFIG);
  new TradingSession(tape, { seed: 4, steps: 400 }).run();
  tape.close();
  const names = new Set<string>();
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        names.add(name);
        if (!BY_NAME.has(name)) collect(inner);
      }
    }
  };
  collect(BacktestReport.of(log).json);
  assert.ok(names.size > 100, String(names.size));
  report(log, { html: join(folder, 'out') }, plainTerminal());
  for (const file of readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.csv'))) {
    const [head] = readFileSync(join(folder, 'out', file), 'utf8').split('\n');
    for (const name of head.split(',')) names.add(name.replace(/^(net|mid)_.*/, '$1_'));
  }
  const missing = [...names].filter((name) => !DOCUMENT.includes(`\`${name}`));
  assert.deepEqual(missing, []);
});
