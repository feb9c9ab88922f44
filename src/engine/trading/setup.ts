/** From a run's identity to what the engine trades with: strategies found, checked against their hash, made. */
import type { Latch, TradingIdentity } from '../../config/trading-identity.ts';
import { TapeheadError } from '../../core/errors.ts';
import { instantiate, type PreparedStrategy, prepareStrategy } from '../../strategy/load/prepare.ts';
import type { loadPortfolio } from '../portfolio/setup.ts';
import type { TradingSetup } from './trading.ts';

/**
 * Loads every strategy, and the history of portfolio risk. `strategyDir`: folder that their paths are relative to;
 * `midnight`: the session's, ns since the Unix epoch. Throws USAGE for a strategy that can't be
 * loaded, DIVERGED for one whose sources are not those of the identity.
 */
export async function loadTrading(
  identity: TradingIdentity,
  seed: number,
  strategyDir: string,
  midnight: bigint,
): Promise<TradingSetup> {
  const strategies = [];
  for (const { id, use, sha256, params } of identity.strategies) {
    const prepared = await find(id, use, strategyDir, identity.budgetTicks);
    if (prepared.sha256 !== sha256) {
      throw new TapeheadError(
        'DIVERGED',
        `strategy ${id}: ${use} is not what it was when the run began (sha256 ${prepared.sha256}, then ${sha256}); a rerun needs ` +
          'the very sources that ran',
      );
    }
    strategies.push(instantiate(prepared, params, identity.budgetTicks));
  }
  const portfolio =
    identity.portfolio === undefined ? null : await load(identity.portfolio, strategyDir, seed, midnight);
  return { identity, seed, strategies, portfolio, onLatch: (_latched: readonly Latch[]) => {} };
}

/** What reads price histories is loaded where a run has portfolio risk. */
async function load(...given: Parameters<typeof loadPortfolio>): ReturnType<typeof loadPortfolio> {
  return (await import('../portfolio/setup.ts')).loadPortfolio(...given);
}

async function find(id: string, use: string, strategyDir: string, budgetTicks: number): Promise<PreparedStrategy> {
  try {
    return await prepareStrategy(use, strategyDir, budgetTicks);
  } catch (error) {
    if (!(error instanceof TapeheadError)) throw error;
    throw new TapeheadError(error.code, `strategy ${id}: ${error.message}`);
  }
}
