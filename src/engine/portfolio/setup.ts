/** From a run's configuration to its model of portfolio risk: the history read and checked against its hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PortfolioFile, PortfolioIdentity } from '../../config/portfolio-config.ts';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { type ModelSource, portfolioModel } from '../../portfolio/live/model.ts';
import type { PortfolioModel } from '../../portfolio/live/portfolio-state.ts';
import type { CovarianceSettings } from '../../portfolio/math/covariance.ts';
import type { MethodSettings } from '../../portfolio/methods/settings.ts';
import { align } from '../../portfolio/prices/align.ts';
import { historyOf } from '../../portfolio/prices/history.ts';
import { readTable } from '../../portfolio/prices/table.ts';

/** What determines the run: the file, and the hash of its history. Builds the model once, to check it. Throws one line. */
export async function resolvePortfolio(
  file: PortfolioFile,
  folder: string,
  seed: number,
  base: BaseMidnight,
): Promise<PortfolioIdentity> {
  const identity = { ...file, sha256: hashOf(resolve(folder, file.history)) };
  await loadPortfolio(identity, folder, seed, base);
  return identity;
}

/** The session's midnight, ns since the Unix epoch: option expiries are counted from it. */
export type BaseMidnight = bigint;

/** `folder`: that of the strategies, which the history's path is relative to. Throws USAGE or DIVERGED, one line. */
export async function loadPortfolio(
  identity: PortfolioIdentity,
  folder: string,
  seed: number,
  base: BaseMidnight,
): Promise<PortfolioModel> {
  const path = resolve(folder, identity.history);
  if (hashOf(path) !== identity.sha256) {
    throw new TapeheadError(
      'DIVERGED',
      `portfolio: ${path} is not what it was when the run began; a rerun needs the very history that ran`,
    );
  }
  const history = historyOf(await readTable(path), {
    names: null,
    isReturns: identity.holdsReturns,
    from: null,
    to: null,
  });
  const aligned = align(history, { isReturns: identity.holdsReturns, missing: identity.missing, splits: [] });
  return portfolioModel(sourceOf(identity, aligned.names, aligned.scenarios, seed, base));
}

function sourceOf(
  identity: PortfolioIdentity,
  names: readonly string[],
  scenarios: ModelSource['scenarios'],
  seed: number,
  base: BaseMidnight,
): ModelSource {
  const { confidence, horizonDays, window, columns, sectors } = identity;
  const options = Object.entries(identity.options).map(([symbol, option]) => {
    const { underlier, right, style, strike, expiry, rate, carry, volatility } = option;
    const expiryNs = Number(BigInt(Date.parse(expiry)) * 1_000_000n - base);
    return [symbol, { underlier, right, style, strike, expiryNs, rate, carry: carry ?? rate, volatility }] as const;
  });
  const stress = identity.stress.map(({ name, movesPercent }) => ({
    name,
    moves: Object.fromEntries(Object.entries(movesPercent).map(([symbol, percent]) => [symbol, percent / 100])),
  }));
  return {
    names,
    scenarios,
    settings: { method: methodOf(identity, seed), confidence, horizonDays, horizonRule: 'sqrt', window },
    columns,
    sectors,
    options: Object.fromEntries(options),
    stress,
  };
}

function methodOf(identity: PortfolioIdentity, seed: number): MethodSettings {
  const { method, decay, lambda, df, paths } = identity;
  // As `tapehead var` has it where it is not told otherwise.
  const mean = identity.covariance === 'ewma' ? 'zero' : 'sample';
  const covariance: CovarianceSettings = { kind: identity.covariance, lambda, mean };
  const distribution = df === null ? ({ kind: 'gaussian' } as const) : ({ kind: 'student-t', df } as const);
  switch (method) {
    case 'age-weighted':
      return { method, decay };
    case 'filtered':
      return { method, lambda };
    case 'parametric':
      return { method, covariance, distribution };
    case 'monte-carlo':
      return { method, covariance, distribution, paths, seed };
    case 'historical':
    case 'cornish-fisher':
      return { method };
  }
}

function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    throw new TapeheadError('NO_FILE', `portfolio: the history can't be read: ${messageOf(error)}`);
  }
}
