/** `tapehead bench`: hands over to latency-bench/, which is a program of its own beside the engine. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { TapeheadError } from '../core/errors.ts';

export interface BenchOptions {
  readonly smoke?: boolean;
  readonly duration?: number;
  readonly rate?: number;
  readonly schedule?: string;
  readonly file?: string;
  readonly out?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

export function bench(names: readonly string[], options: BenchOptions): Promise<number> {
  const args = [...names];
  for (const name of ['smoke', 'list', 'json'] as const) if (options[name] === true) args.push(`--${name}`);
  for (const name of ['duration', 'rate', 'schedule', 'file', 'out'] as const) {
    const value = options[name];
    // With "=", a value that begins with a dash is still a value.
    if (value !== undefined) args.push(`--${name}=${value}`);
  }
  return handOver(args);
}

/** `tapehead bench compare`. */
export function benchCompare(a: string, b: string, options: { readonly json?: boolean }): Promise<number> {
  return handOver(['compare', ...(options.json === true ? ['--json'] : []), '--', a, b]);
}

function handOver(args: readonly string[]): Promise<number> {
  const program = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));
  if (!existsSync(program)) {
    return Promise.reject(new TapeheadError('NO_FILE', `${program} is not there: npm run build compiles it`));
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
    // The benchmarks print what they have and remove their folders: this process stays until they have done so. From a
    // terminal a signal reaches both processes; the child takes the second one for the same request.
    const pass = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', pass);
      process.off('SIGTERM', pass);
      resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal]));
    });
  });
}
