/**
 * `npm run test:long`: runs every `*.long.js` beside this file in turn, each in its own process, prints a line for each
 * and adds a row for each to test/long/RESULTS.md. Arguments choose scripts by the start of their name.
 *
 * A long script exits 0 when it passed, prints its seed as `seed N` if it has one, and what it did as its last line.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../support/paths.ts';

const SUFFIX = '.long.js';
const results = join(repositoryRoot(), 'test', 'long', 'RESULTS.md');
const folder = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);

const scripts = readdirSync(folder)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length))
  .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
  .sort();

if (!existsSync(results)) {
  const title = '# Results of the long tests\n\nAdded by `npm run test:long`, newest last.\n\n';
  appendFileSync(
    results,
    `${title}| date | Node | machine | script | result | s | what it did |\n|---|---|---|---|---|---|---|\n`,
  );
}

let failed = 0;
for (const name of scripts) {
  const start = Date.now();
  const run = spawnSync(process.execPath, [join(folder, `${name}${SUFFIX}`)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  const seconds = Math.round((Date.now() - start) / 1000);
  const ok = run.status === 0;
  if (!ok) failed++;
  const lines = run.stdout.trim().split('\n');
  const seed = lines.map((line) => /\bseed (\S+)/.exec(line)?.[1]).find((found) => found !== undefined);
  const last = `${seed === undefined ? '' : `seed ${seed}; `}${lines[lines.length - 1]}`;
  const result = ok ? 'passed' : `FAILED (${run.signal ?? run.status})`;
  console.log(`${ok ? 'ok    ' : 'not ok'} ${name} ${seconds} s: ${last}`);
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? process.arch}, load ${loadavg()[0].toFixed(1)}`;
  const cells = [
    new Date(start).toISOString().slice(0, 10),
    process.version,
    machine,
    name,
    result,
    String(seconds),
    last,
  ];
  appendFileSync(results, `| ${cells.map((cell) => cell.replaceAll('|', '/').trim()).join(' | ')} |\n`);
}
console.log(`${scripts.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && scripts.length > 0 ? 0 : 1;
