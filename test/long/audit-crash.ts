/** Thousands of simulated crashes and power cuts. By hand: `node dist/test/long/audit-crash.js [seeds]`, about a minute. */
import { crashRounds } from '../audit/crash-harness.ts';

const seeds = Number(process.argv[2] ?? 8000);
for (const kind of ['killed process', 'power cut', 'killed process or power cut'] as const) {
  const { resumed, torn } = crashRounds(kind, seeds);
  console.log(`${kind}: ${seeds} runs, resumed ${resumed} times, ${torn} torn tails`);
}
