/**
 * Portfolio risk as configuration: where the history of prices is, how VaR and expected shortfall are estimated from it,
 * what options and sectors there are, which shocks are tested, and what the figures are held against.
 */
import { z } from 'zod';

const MAX_MONEY = 1e15;
const name = z.string().min(1).max(64);
const symbol = z.string().min(1).max(24);
const share = (what: string) =>
  z
    .number({ error: `expected ${what}` })
    .gt(0)
    .max(1);

/** soft: a warning at that level. hard: what would add to it is refused; what takes from it is allowed. */
const limit = z
  .strictObject({
    soft: z.number().positive().max(MAX_MONEY).optional(),
    hard: z.number().positive().max(MAX_MONEY).optional(),
  })
  .refine(({ soft, hard }) => soft !== undefined || hard !== undefined, 'give soft, hard or both')
  .refine(({ soft, hard }) => soft === undefined || hard === undefined || soft <= hard, 'soft is above hard');

/** In the engine's currency; concentration in percent of the gross exposure; delta, gamma, vega as `tapehead var` prints them. */
const limits = z.strictObject({
  var: limit.optional(),
  es: limit.optional(),
  stressLoss: limit.optional(),
  gross: limit.optional(),
  net: limit.optional(),
  sector: limit.optional(),
  concentrationPercent: limit.optional(),
  delta: limit.optional(),
  gamma: limit.optional(),
  vega: limit.optional(),
  drawdown: limit.optional(),
});

const option = z.strictObject({
  underlier: symbol,
  right: z.enum(['call', 'put']),
  style: z.enum(['european', 'american']).default('european'),
  strike: z.number().positive(),
  /** ISO 8601, with a zone. */
  expiry: z.iso.datetime({ offset: true }),
  rate: z.number().min(-1).max(1),
  /** Cost of carry: rate less dividend yield; 0 for options on futures. Left out: the rate. */
  carry: z.number().min(-1).max(1).optional(),
  volatility: z.number().positive().max(20),
});

/** Percent by symbol; `*` is every symbol that is not named. */
const scenario = z.strictObject({
  name,
  movesPercent: z.record(z.string(), z.number().min(-100).max(1000)),
});

const settings = {
  method: z
    .enum(['historical', 'age-weighted', 'filtered', 'parametric', 'cornish-fisher', 'monte-carlo'])
    .default('historical'),
  confidence: z.number().min(0.5).max(0.9999).default(0.99),
  horizonDays: z.number().int().min(1).max(1000).default(1),
  /** Observations; the history's last. */
  window: z.number().int().min(2).max(100_000).default(500),
  /** Of age-weighted. */
  decay: share('a decay above 0, at most 1').default(0.98),
  /** Of filtered, and of EWMA covariances. */
  lambda: share('a lambda above 0, at most 1').default(0.94),
  covariance: z.enum(['sample', 'unbiased', 'ewma', 'ledoit-wolf', 'ledoit-wolf-cc']).default('sample'),
  /** Degrees of freedom of Student's t; left out: Gaussian. */
  df: z.number().gt(2).max(1000).nullable().default(null),
  paths: z.number().int().min(100).max(100_000).default(10_000),
};

/** Milliseconds of the engine's time. */
const ms = (least: number) => z.number().int().min(least).max(3_600_000);

const common = {
  /** History of prices (or returns): CSV, gzip or Parquet, a column per symbol. */
  history: z.string().min(1),
  holdsReturns: z.boolean().default(false),
  missing: z.enum(['drop', 'refuse', 'carry']).default('drop'),
  ...settings,
  /** Column of the history, by symbol; left out: the column of the symbol's name. */
  columns: z.record(symbol, z.string()).default({}),
  sectors: z.record(name, z.array(symbol).min(1)).default({}),
  options: z.record(symbol, option).default({}),
  stress: z.array(scenario).max(64).default([]),
  limits: limits.default({}),
  /** Figures are asked for so often while time passes, and when positions changed. */
  everyMs: ms(1).default(100),
  /** Replay: they take effect so long after they were asked for, as they would with a worker beside the engine. */
  latencyMs: ms(0).default(1),
  /** Older figures are none. */
  maxAgeMs: ms(1).default(2000),
};

/** In the file of --config. */
export const portfolioFileSchema = z.strictObject(common);
/** In the identity of a run: with the hash of the history, so that a rerun needs the very same. */
export const portfolioSchema = z.strictObject({ ...common, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export type PortfolioFile = z.output<typeof portfolioFileSchema>;
export type PortfolioIdentity = z.output<typeof portfolioSchema>;
export type PortfolioLimits = z.output<typeof limits>;
