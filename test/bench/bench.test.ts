/** The benchmarks as programs: quick runs whose answers are checked. Their figures are not: the tests time nothing. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

const MAIN = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));

interface Report {
  readonly benchmark: string;
  readonly machine: { readonly node: string; readonly cores: number };
  readonly figures: readonly { readonly name: string; readonly unit: string; readonly runs: readonly number[] }[];
  readonly latencies: readonly {
    readonly name: string;
    readonly count: number;
    readonly p50Ns: number;
    readonly maxNs: number;
  }[];
  readonly [key: string]: unknown;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A quick run in a temporary folder of its own, which must be empty again behind it. */
async function bench(t: TestContext, ...args: string[]): Promise<Ended> {
  const folder = temporaryFolder(t);
  const env = { ...process.env, TMPDIR: folder };
  const ended = await new Promise<Ended>((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
  assert.deepEqual(readdirSync(folder), [], 'a run leaves nothing behind');
  return ended;
}

async function smoke(t: TestContext, name: string): Promise<Report> {
  const { code, stdout, stderr } = await bench(t, name, '--smoke', '--json');
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  assert.equal(stdout, `${JSON.stringify(report)}\n`, 'exactly one JSON object');
  assert.equal(report.benchmark, name);
  assert.equal(report.machine.node, process.version);
  for (const { name: figure, runs } of report.figures) {
    assert.ok(runs.length > 0 && runs.every((value) => value > 0 && Number.isFinite(value)), `${figure}: ${runs}`);
  }
  for (const { name: latency, count, p50Ns, maxNs } of report.latencies) {
    assert.ok(count > 0 && p50Ns > 0 && maxNs >= p50Ns, latency);
  }
  return report;
}

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

test('rings pass every record, in order, whole, through SPSC ring, journal ring and message port', async (t) => {
  const report = await smoke(t, 'rings');
  const names = report.figures.map(({ name }) => name).join('\n');
  for (const what of ['batch 1\n', 'batch 16\n', 'batch 64\n', 'journal ring', 'MessagePort'])
    assert.ok(names.includes(what), what);
  assert.deepEqual(
    report.latencies.map(({ count }) => count),
    [5_000, 500],
  );
});

test('log writes logs that verify, with and without syncs', async (t) => {
  const report = await smoke(t, 'log');
  assert.equal(report.figures.length, 4);
  assert.equal(report.records, 200_000);
  assert.ok((report.logBytes as number) > 200_000 * 80);
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

test('matching fills own orders, and takers get what is displayed', async (t) => {
  const report = await smoke(t, 'matching');
  assert.equal(report.figures.length, 10);
});

test('several benchmarks make one list, with the machine once', async (t) => {
  const { code, stdout, stderr } = await bench(t, 'rings', 'log', '--smoke', '--json');
  assert.equal(code, 0, stderr);
  const { machine, benchmarks } = JSON.parse(stdout) as { machine: object; benchmarks: Report[] };
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
    /^tapehead bench: there is no benchmark "itch-bok"; there are backtest, itch-book, log, matching, rings, risk, spine\n$/,
  );
  const flag = await bench(t, 'log', '--speed');
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /^tapehead bench: [^\n]*--speed[^\n]*\n$/);
});

test('a file that is not there, or cannot be unpacked, is one line and exit 1', async (t) => {
  const absent = await bench(t, 'itch-book', '--smoke', '--file', '/nowhere/x.itch');
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /tapehead bench: \/nowhere\/x\.itch is not there\n$/);
});

test('risk refuses exactly the orders and replaces that are priced outside of the collar', async (t) => {
  const report = await smoke(t, 'risk');
  assert.equal(report.figures.length, 3);
  for (const note of report.notes as string[]) assert.match(note, /^.*: 1750 of 2000 accepted in every round/);
});
