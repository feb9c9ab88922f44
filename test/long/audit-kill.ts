/** 200 SIGKILLs of processes that write a log. By hand: `node dist/test/long/audit-kill.js [kills] [seed]`, minutes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killRounds } from '../audit/kill-harness.ts';

const [kills = '200', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), 'tapehead-kill-'));
console.log(`seed ${seed}`);
try {
  console.log(await killRounds(root, Number(kills), Number(seed)));
} finally {
  rmSync(root, { recursive: true, force: true });
}
