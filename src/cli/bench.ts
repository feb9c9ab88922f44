/** `tapehead bench`: hands over to latency-bench/, which is a program of its own beside the engine. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TapeheadError } from '../core/errors.ts';

export interface BenchOptions {
  readonly file?: string;
  readonly smoke?: boolean;
  readonly json?: boolean;
}

export function bench(names: readonly string[], options: BenchOptions): Promise<number> {
  const program = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));
  if (!existsSync(program)) {
    return Promise.reject(new TapeheadError('NO_FILE', `${program} is not there: npm run build compiles it`));
  }
  const args = [...names];
  if (options.file !== undefined) args.push('--file', options.file);
  if (options.smoke === true) args.push('--smoke');
  if (options.json === true) args.push('--json');
  return new Promise((resolve, reject) => {
    // The benchmarks print; a SIGINT reaches both processes, and the child ends itself.
    const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
