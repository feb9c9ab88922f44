/** Commands while running: journalled, carried out, re-executed; kill switches that hold in the next run. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { recordsOf, replayTrading, SESSION, writeStrategy } from '../support/trading-run.ts';

const QUOTES = `onBook(ctx, i) { if (n++ % 5 === 0) quote(ctx, i); }, onParameters(ctx, values) { ctx.log('every ' + values.every); }`;
const PARAMETERS = `{ every: { type: 'integer', default: 1, min: 1 } }`;
const LATER = { at: '10:00:00' };

function writeConfig(folder: string, commands: readonly object[], rest: object = {}): string {
  const path = join(folder, 'config.json');
  const use = writeStrategy(folder, QUOTES, PARAMETERS);
  writeFileSync(path, JSON.stringify({ strategies: [{ id: 'mm', use }], commands, ...rest }));
  return path;
}

test('a kill at ten stops every order, cancels what is open, and holds in the next run', async (t) => {
  const folder = temporaryFolder(t);
  const latch = join(folder, 'latch.json');
  const config = writeConfig(folder, [{ ...LATER, do: 'kill', scope: 'engine', by: 'risk desk' }]);
  const run = await replayTrading(folder, ['--config', config, '--latch', latch]);
  assert.equal(run.code, 0, run.stderr);
  const [kill] = recordsOf(run.dir, 'RiskState').filter((record) => record.kind === 'killed');
  assert.match(String(kill.time), /^10:00:00/);
  const sent = recordsOf(run.dir, 'RiskVerdict').filter((one) => one.seq > kill.seq && one.action === 'new');
  assert.ok(sent.length > 0 && sent.every((one) => one.rejectCode === 200), JSON.stringify(sent[0]));
  assert.equal(run.json.report.orders.live, 0);
  assert.equal((await tapehead(['rerun', run.dir])).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(latch, 'utf8')).latched, [{ scope: 'engine', name: '' }]);

  const next = await replayTrading(folder, ['--strategy', join(folder, 'mine.mjs'), '--latch', latch], 'next');
  assert.equal(next.json.report.orders.sent, 0, 'still killed');
  const resume = writeConfig(folder, [{ at: '09:00:00', do: 'resume', scope: 'engine' }]);
  const resumed = await replayTrading(folder, ['--config', resume, '--latch', latch], 'resumed');
  assert.ok(resumed.json.report.orders.sent > 0, 'until somebody resumes');
  assert.deepEqual(JSON.parse(readFileSync(latch, 'utf8')).latched, []);
});

test('limits, parameters, trading state, halt and cancel-all are journalled with who asked and re-execute', async (t) => {
  const folder = temporaryFolder(t);
  const config = writeConfig(folder, [
    { at: '09:40:00', do: 'set-parameters', strategy: 'mm', params: { every: 5 }, by: 'anna' },
    { at: '09:45:00', do: 'set-limit', limit: 'engine.maxQty', value: '5', by: 'anna' },
    { at: '09:50:00', do: 'set-limit', limit: 'engine.maxQty', value: null },
    { at: '10:00:00', do: 'trading-state', state: 'halted' },
    { at: '10:10:00', do: 'trading-state', state: 'active' },
    { at: '10:20:00', do: 'cancel-all' },
    { at: '10:30:00', do: 'halt-strategy', strategy: 'mm', by: 'ben' },
    { at: '10:31:00', do: 'set-parameters', strategy: 'mm', params: { every: 7 } },
    { at: '10:32:00', do: 'kill', scope: 'instrument', name: 'NOSUCH' },
    { at: '23:00:00', do: 'cancel-all' },
  ]);
  const run = await replayTrading(folder, ['--config', config]);
  assert.equal(run.code, 0, run.stderr);
  const commands = recordsOf(run.dir, 'Command');
  assert.equal(commands.length, 9);
  assert.match(JSON.stringify(commands[0]), /anna/);
  const verdicts = recordsOf(run.dir, 'RiskVerdict').filter((one) => one.action === 'new');
  const codesWithin = (from: string, to: string): Set<unknown> =>
    new Set(verdicts.filter((one) => one.time >= from && one.time < to).map((one) => one.rejectCode ?? 0));
  assert.deepEqual(codesWithin('09:46', '09:50'), new Set([400]));
  assert.ok(codesWithin('09:51', '10:00').has(0));
  assert.deepEqual(codesWithin('10:01', '10:10'), new Set([204]));
  assert.deepEqual(codesWithin('10:31', '24'), new Set());
  const words = recordsOf(run.dir, 'StrategyLog').map((one) => String(one.text));
  assert.ok(words.includes('every 5'));
  for (const problem of [/refused: strategy mm is not running/, /refused: there is no instrument NOSUCH/]) {
    assert.ok(words.some((text) => problem.test(text)));
    assert.match(run.stderr, problem);
  }
  assert.match(run.stderr, /warning: 1 scheduled command is/);
  const states = recordsOf(run.dir, 'StrategyState').map((one) => one.state);
  assert.deepEqual(states, ['started', 'parameters changed', 'halted']);
  assert.equal((await tapehead(['rerun', run.dir])).code, 0);
});

test('a place where latched kills can not be kept is known before the run', async (t) => {
  const latch = join(temporaryFolder(t), 'nowhere', 'latch.json');
  const result = await tapehead(['replay', ...SESSION, '--strategy', 'market-maker', '--latch', latch]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^tapehead: --latch .*latch\.json: cannot be written.*\n$/);
});

test('a file of latched kills that makes no sense opens nothing', async (t) => {
  const folder = temporaryFolder(t);
  const latch = join(folder, 'latch.json');
  writeFileSync(latch, '{"latched": 5}');
  const result = await tapehead(['replay', ...SESSION, '--strategy', 'market-maker', '--latch', latch]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^tapehead: --latch .*latch\.json.*\n$/);
});

const MISTAKES: readonly (readonly [what: string, config: string, message: RegExp])[] = [
  ['is no JSON', '{ "strategies": [', /is not JSON/],
  ['has an unknown key', '{ "strategy": [] }', /strategy/],
  ['has an unknown limit', '{ "risk": { "engine": { "maxQuantum": 1 } } }', /risk\.engine.*maxQuantum/],
  ['has a limit of the wrong type', '{ "risk": { "engine": { "maxQty": "much" } } }', /risk\.engine\.maxQty.*"much"/],
  ['has an impossible limit', '{ "risk": { "engine": { "maxQty": -5 } } }', /risk\.engine\.maxQty.*-5/],
  ['has a warning level above all', '{ "risk": { "warnPercent": 170 } }', /risk\.warnPercent.*170/],
  ['has a collar of 0', '{ "risk": { "engine": { "collarTicks": 0 } } }', /risk\.engine\.collarTicks.*0/],
  ['has a limit for nobody', '{ "risk": { "strategies": { "mn": { "maxQty": 5 } } } }', /risk\.strategies\.mn/],
  ['names an account that is not there', '{ "strategies": [{ "use": "market-maker", "account": "x" }] }', /account x/],
  ['has a latency model that is none', '{ "venue": { "entryLatency": { "model": "fast" } } }', /venue\.entryLatency/],
  ['has a command that is none', '{ "commands": [{ "at": "10:00:00", "do": "panic" }] }', /commands/],
  ['has a command at no time', '{ "commands": [{ "at": "noon", "do": "cancel-all" }] }', /noon/],
  [
    'has a command for nobody',
    '{ "strategies": [{ "use": "market-maker" }], "commands": [{ "at": "10:00:00", "do": "halt-strategy", "strategy": "mn" }] }',
    /commands\[0\]: there is no strategy mn; there are market-maker/,
  ],
  [
    'has a command for a limit that is none',
    '{ "commands": [{ "at": "10:00:00", "do": "set-limit", "limit": "engine.maxQuantum", "value": 5 }] }',
    /commands\[0\]: .*maxQuantum/,
  ],
  ['has a command of another year', '{ "commands": [{ "at": "1960-01-01", "do": "cancel-all" }] }', /before the day/],
  ['has no fee tier', '{ "venue": { "fees": { "tiers": [] } } }', /venue\.fees\.tiers/],
  [
    'has two strategies of one name',
    '{ "strategies": [{ "id": "a", "use": "twap" }, { "id": "a", "use": "twap" }] }',
    /a\b/,
  ],
  [
    'gives an unknown parameter',
    '{ "strategies": [{ "use": "market-maker", "params": { "gama": 1 } }] }',
    /gama.*gamma/,
  ],
];

for (const [what, config, message] of MISTAKES) {
  test(`a configuration that ${what} is one line, and no log is begun`, async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'config.json');
    writeFileSync(path, config);
    const log = join(folder, 'log');
    const args = ['replay', ...SESSION, '--config', path, '--log', log];
    const result = await tapehead(config.includes('"use"') ? args : [...args, '--strategy', 'market-maker']);
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, /^tapehead: .*\n$/);
    assert.match(result.stderr, message);
    assert.equal(existsSync(log), false);
  });
}
