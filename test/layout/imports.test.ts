/** The directions imports may take (ARCHITECTURE.md), no cycles, and files small enough to read. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../support/paths.ts';

const SRC = join(repositoryRoot(), 'src');
const MAX_LINES = 450;

/** Which folders of src/ a folder may import from, beside itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ring: ['core'],
  feed: ['core', 'ring'],
  book: ['core'],
  audit: ['core', 'ring'],
  sim: ['core'],
  oms: ['core'],
  risk: ['core', 'book', 'oms'],
  venue: ['core', 'book', 'oms'],
  matching: ['core'],
  net: ['core'],
  exchange: ['core', 'net', 'matching', 'feed'],
  dashboard: ['core', 'ring', 'net', 'audit', 'book', 'report', 'config'],
  gateway: ['core', 'ring', 'oms'],
  strategy: ['core', 'book', 'oms', 'risk'],
  portfolio: ['core'],
  report: ['core', 'audit'],
  config: ['core', 'feed', 'risk', 'venue', 'strategy'],
  engine: [
    'core',
    'ring',
    'feed',
    'book',
    'audit',
    'config',
    'oms',
    'risk',
    'venue',
    'gateway',
    'strategy',
    'portfolio',
    'dashboard',
  ],
  cli: [
    'core',
    'feed',
    'book',
    'audit',
    'sim',
    'config',
    'engine',
    'risk',
    'venue',
    'strategy',
    'report',
    'portfolio',
    'net',
    'exchange',
    'gateway',
    'dashboard',
  ],
  index: ['core', 'ring', 'feed', 'book', 'audit', 'config', 'engine', 'strategy', 'report'],
};

const REMEDY: Readonly<Record<string, string>> = {
  core: 'core is the leaf vocabulary: what needs more than it belongs to another folder',
  feed: 'decoders know bytes and events only: what needs books belongs to the engine',
  book: 'books know events in memory, not where they come from: pass the memory in',
  oms: 'the order manager knows orders and reports only: what decides about them belongs to risk or the engine',
  risk: 'risk reads books and orders; it sends nothing: the engine does',
  venue: 'a venue answers with execution reports only: it knows neither risk nor strategies',
  matching: 'a matching book knows orders by number only: who sent them belongs to the venue around it',
  net: 'a server knows frames and connections: what they mean belongs to the exchange or the dashboard',
  exchange: 'the exchange is a peer of the engine, as a real one is: they meet on the wire only',
  dashboard: 'the dashboard sees counters and journal records only',
  gateway: 'a gateway takes commands from a ring and tells the venue: what decides about orders belongs to the engine',
  strategy: 'a strategy sees views and submits intents: nothing that could reach a venue past risk',
  portfolio: 'portfolio risk knows returns and positions only: what feeds it from the journal belongs to the engine',
  report: 'reports are made from logs alone, so that any run can be reported later',
  audit: 'the log knows records only: what needs the engine (rerun) lives in engine/',
};

function sourceFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sourceFiles(join(dir, entry.name))
      : entry.name.endsWith('.ts')
        ? [join(dir, entry.name)]
        : [],
  );
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
}

function folderOf(file: string): string {
  return relative(SRC, file).split('/')[0].replace(/\.ts$/, '');
}

test('imports keep to the directions of ARCHITECTURE.md', () => {
  const wrong: string[] = [];
  for (const file of sourceFiles(SRC)) {
    const from = folderOf(file);
    assert.ok(ALLOWED[from] !== undefined, `src/${from}: say in test/layout/imports.test.ts what it may import`);
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) continue;
      const path = join(dirname(file), target);
      const to = folderOf(path);
      const where = `${relative(SRC, file)} imports ${relative(SRC, path)}`;
      if (to.startsWith('..')) wrong.push(`${where}: src may not import tests or benches`);
      else if (to !== from && !ALLOWED[from].includes(to)) wrong.push(`${where}: ${REMEDY[from] ?? 'wrong direction'}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('no two source files import each other, directly or around', () => {
  const graph = new Map<string, string[]>();
  for (const file of sourceFiles(SRC)) {
    const text = readFileSync(file, 'utf8').replace(/import type [^;]+;/g, '');
    const targets = [...text.matchAll(/from\s+'(\.[^']+)'/g)].map((match) => join(dirname(file), match[1]));
    graph.set(file, targets);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      const cycle = [...path.slice(path.indexOf(file)), file].map((one) => relative(SRC, one)).join(' → ');
      assert.fail(`import cycle: ${cycle}; move what both need to a file below them`);
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const long = sourceFiles(SRC)
    .map((file) => ({ file: relative(SRC, file), lines: readFileSync(file, 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});

test('only the command line reads the process', () => {
  // The dashboard's thread must be closed before any process ends, be it the command line's or not, and before the thread does.
  const hearTheEnd = ['thread.ts', 'worker.ts'].map((file) => join(SRC, 'dashboard', file));
  const wrong = sourceFiles(SRC)
    .filter((file) => folderOf(file) !== 'cli' && !hearTheEnd.includes(file))
    .filter((file) =>
      /\bprocess\.(argv|env|exit|stdout|stderr|on|once|off|exitCode)\b/.test(readFileSync(file, 'utf8')),
    )
    .map((file) => relative(SRC, file));
  assert.deepEqual(wrong, [], 'pass what is needed in as an argument');
});

test('what decides a run reads no clock, no randomness of the machine and no promise', () => {
  const decisive = sourceFiles(SRC).filter(
    (file) =>
      ['book', 'oms', 'risk', 'venue', 'matching'].includes(folderOf(file)) ||
      /engine\/(engine|market|trading\/(?!identity|setup)[\w-]+)\.ts$/.test(file),
  );
  assert.ok(decisive.length >= 5);
  const wrong = decisive
    .filter((file) =>
      /Date\.now|new Date|Math\.random|performance\.now|\bawait\b|\.then\(/.test(readFileSync(file, 'utf8')),
    )
    .map((file) => relative(SRC, file));
  assert.deepEqual(wrong, []);
});
