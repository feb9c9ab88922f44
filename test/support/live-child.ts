/**
 * A live run as a process of its own, to be killed or asked to stop (a line on its standard input): paper trading on
 * live-feed-module.ts. Says `up` once its feed has begun. Arguments: the log's directory, the strategy's path, the seed.
 */
import { dirname } from 'node:path';
import { parseLive } from '../../src/config/live-identity.ts';
import { parseTrading } from '../../src/config/trading-identity.ts';
import { Counter } from '../../src/core/counters.ts';
import { failureOf, startLive } from '../../src/engine.ts';
import { prepareStrategy } from '../../src/strategy/load/prepare.ts';

const [dir, strategy, seed] = process.argv.slice(2);
const strategyDir = dirname(strategy);
const { sha256 } = await prepareStrategy(strategy, strategyDir);
const midnightMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const tag = Math.floor(Math.random() * 2 ** 32)
  .toString(16)
  .padStart(8, '0');
try {
  const run = startLive(
    { sessionBase: { hi: 0, lo: 0 } },
    {
      format: 'capture',
      seed: Number(seed),
      sessionMidnightNs: `${midnightMs}000000`,
      symbols: null,
      trading: parseTrading({
        strategies: [{ id: 's', use: strategy, sha256, account: 'main', params: {} }],
        commands: [],
        latched: [],
        risk: { engine: { maxNotional: '100000000', collarPercent: 50 } },
      }),
      live: parseLive({ mode: 'paper', tag, venues: [{ venue: 'binance', symbols: ['TAPEUSDT', 'REELUSDT'] }] }),
    },
    { logDir: dir, strategyDir, speed: 1, threads: 3, pin: false, sync: false },
    { feedModule: new URL('./live-feed-module.js', import.meta.url).href, gateways: [] },
  );
  process.stdin.on('data', () => run.requestStop());
  const looking = setInterval(() => {
    if (run.telemetry.counters[Counter.Messages] === 0) return;
    clearInterval(looking);
    process.stdout.write('up\n');
  }, 1);
  const report = await run.done;
  clearInterval(looking);
  const failure = failureOf(report);
  if (failure !== null) throw failure;
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
