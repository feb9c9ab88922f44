/** The benchmarks as programs: quick runs whose answers are checked. Their figures are not: the tests time nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BENCH_MAIN, bench, type SmokeReport, smoke } from '../support/bench-smoke.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

/** Messages of the session in replay-data/, as its simulator counted them. */
function sessionMessages(): number {
  const expected = readFileSync(join(repositoryRoot(), 'replay-data', 'expected.json'), 'utf8');
  return (JSON.parse(expected) as { equities: { messages: number } }).equities.messages;
}

test('itch-book reads the whole session and has the books of the C++ reference, where that can be built', async (t) => {
  const report = await smoke(t, 'itch-book');
  assert.equal(report.messages, sessionMessages());
  assert.match(String(report.checksum), /^[0-9a-f]{16}$/);
  assert.equal(report.nsPerMessage, Math.min(...(report.nsPerMessageAll as number[])));
  const reference = report.reference as { checksum: string; nsPerMessage: number; ratio: number } | null;
  if (reference === null) return t.diagnostic('no C++ reference here: nothing to compare with');
  assert.equal(reference.checksum, report.checksum);
  assert.equal(reference.ratio, (report.nsPerMessage as number) / reference.nsPerMessage);
});

test('wire-to-wire answers every packet with the order that plain books lead to, where there is a client', async (t) => {
  const report = await smoke(t, 'wire-to-wire');
  if (report.latencies.length === 0) return t.diagnostic('no C++ client here');
  assert.deepEqual(report.latencies[0].name, 'C++ echo');
  assert.ok(report.latencies.some(({ name }) => name === 'tapehead, dgram'));
  for (const { count } of report.latencies) assert.equal(count, 500);
});

test('feed-book has the same books behind a ring between two threads as the feed alone gives', async (t) => {
  const report = await smoke(t, 'feed-book');
  assert.equal(report.messages, sessionMessages());
  assert.match(String(report.checksum), /^[0-9a-f]{16}$/);
});

test('log writes logs that verify, with and without syncs', async (t) => {
  const report = await smoke(t, 'log');
  assert.equal(report.figures.length, 12);
  assert.equal(report.records, 100_000);
});

test('spine gives the same books and the same log on every topology', async (t) => {
  const report = await smoke(t, 'spine');
  assert.equal(report.messages, sessionMessages());
  assert.deepEqual(
    (report.topologies as { threads: number }[]).map(({ threads }) => threads),
    [3, 2, 1],
  );
  assert.match(String(report.headHash), /^[0-9a-f]{64}$/);
});

test('several benchmarks make one list, with the machine once', async (t) => {
  const { code, stdout, stderr } = await bench(t, 'rings', 'log', '--smoke', '--json');
  assert.equal(code, 0, stderr);
  const { machine, benchmarks } = JSON.parse(stdout) as { machine: object; benchmarks: SmokeReport[] };
  assert.ok('clockNs' in machine && 'tempFileSystem' in machine);
  assert.deepEqual(
    benchmarks.map(({ benchmark }) => benchmark),
    ['log', 'rings'],
  );
});

test('for people there is a table with the best, the median and the worst run', async (t) => {
  const { code, stdout } = await bench(t, 'log', '--smoke');
  assert.equal(code, 0);
  assert.match(stdout, /best +median +worst +runs/);
  assert.match(stdout, /group commit with fdatasync +[\d,]+ +[\d,]+ +[\d,]+ +1 +records\/s/);
});

test('an unknown benchmark or flag is a line that says which there are, and exit 2', async (t) => {
  const wrong = await bench(t, 'itch-bok');
  assert.equal(wrong.code, 2);
  assert.equal(wrong.stdout, '');
  assert.match(
    wrong.stderr,
    /^tapehead bench: there is no benchmark "itch-bok" \(did you mean itch-book\?\); there are .*itch-book, .*spine.*\n$/,
  );
  const flag = await bench(t, 'log', '--speed');
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /^tapehead bench: [^\n]*--speed[^\n]*\n$/);
});

test('options that make no sense are one line and exit 2, before anything is measured', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--duration', 'ten'], /^tapehead bench: --duration: "ten" is not a number of seconds above 0\n$/],
    [['--rate', '0'], /^tapehead bench: --rate: "0" is not a number of messages a second above 0\n$/],
    [['--out', '/dev/null/x'], /^tapehead bench: --out: \/dev\/null\/x can't be written to: [^\n]*\n$/],
    [['--out', '/proc/x'], /^tapehead bench: --out: \/proc\/x can't be written to: [^\n]*\n$/],
    [
      ['compare', 'A.json'],
      /^tapehead bench: compare takes two files of results, A\.json and B\.json; 1 were given\n$/,
    ],
    [['compare', 'A.json', 'B.json', '--smoke'], /^tapehead bench: compare takes no --smoke: it measures nothing\n$/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await bench(t, ...args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
  }
  const command = await tapehead(['bench', '--duration', 'ten']);
  assert.equal(command.code, 2);
  assert.match(command.stderr, /--duration.*expected a number of seconds above 0\.\n/);
});

test('--list names every benchmark and what it measures; the command hands it over', async () => {
  const { code, stdout } = await tapehead(['bench', '--list']);
  assert.equal(code, 0);
  assert.match(stdout, /^ +rings +records between two worker threads/m);
});

test('--out writes results, page and histograms, and the results say what was run', async (t) => {
  const out = join(temporaryFolder(t), 'new', 'folder');
  const { code, stderr } = await bench(t, 'log', '--smoke', '--rate', '1e3', '--out', out);
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    readdirSync(out).filter((file) => !file.endsWith('.hgrm')),
    ['report.html', 'results.json'],
  );
  const results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
  assert.deepEqual(results.settings, {
    benchmarks: ['log'],
    smoke: true,
    durationS: null,
    rate: 1000,
    schedule: 'even',
    file: null,
  });
  const { machine } = results;
  for (const key of ['tapehead', 'node', 'v8', 'cores', 'pinning', 'clockNs', 'clockStepNs', 'jitter', 'jitterAfter']) {
    assert.ok(machine[key] !== undefined && machine[key] !== null, key);
  }
  assert.equal(typeof results.trusted, 'boolean');
});

test('a signal ends a run with what was measured so far, and leaves no folder behind', async (t) => {
  const folder = temporaryFolder(t);
  const args = [BENCH_MAIN, 'log', 'spine', '--smoke', '--json'];
  const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // Twice, as from a terminal and passed on by a parent.
    if (text.includes('[2/2] spine')) for (let i = 0; i < 2; i++) child.kill('SIGINT');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 130);
  const run = JSON.parse(stdout) as { interrupted: boolean; benchmarks: SmokeReport[] };
  assert.equal(run.interrupted, true);
  assert.deepEqual(
    run.benchmarks.map(({ benchmark }) => benchmark),
    ['log'],
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a file that is not there, or cannot be unpacked, is one line and exit 1', async (t) => {
  const absent = await bench(t, 'itch-book', '--smoke', '--file', '/nowhere/x.itch');
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /tapehead bench: \/nowhere\/x\.itch is not there\n$/);
});

test('risk refuses exactly the orders and replaces that are priced outside of the collar', async (t) => {
  const report = await smoke(t, 'risk');
  assert.equal(report.figures.length, 3);
  for (const note of report.notes) assert.match(note, /^.*: 1750 of 2000 accepted in every round/);
});
