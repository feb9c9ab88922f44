/**
 * What determines a run that trades, beside the recording: strategies, accounts, limits, venue. It stands in the log's
 * configuration with every default filled in, so that a rerun needs nothing else but the strategies' own files.
 */
import { z } from 'zod';
import { TapeheadError } from '../core/errors.ts';
import { riskSchema } from '../risk/risk-config.ts';
import { venueConfigSchema } from '../venue/venue-config.ts';
import { commandSchema } from './commands.ts';
import { oneLine } from './one-line.ts';
import { portfolioFileSchema, portfolioSchema } from './portfolio-config.ts';

/** At most so many strategies, and so many accounts. */
const MAX_STRATEGIES = 64;
/** Ticks (loop turns and calls) that one callback of a user's strategy may take. */
const DEFAULT_BUDGET_TICKS = 1_000_000;

const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'expected 1-32 letters, digits, - or _');
const positiveDecimal = z
  .union([z.string(), z.number().transform(String)])
  .refine(
    (text) => /^\d{1,15}(\.\d{1,12})?$/.test(text) && Number(text) > 0,
    'expected a positive decimal such as "0.01"',
  );
const currency = z.string().regex(/^[A-Z0-9]{2,10}$/, 'expected a currency such as USD');

/** Of an instrument, by the venue's name for it; `*` is what the others have. */
const terms = z.strictObject({
  tick: positiveDecimal.optional(),
  lot: positiveDecimal.optional(),
  multiplier: positiveDecimal.optional(),
  currency: currency.optional(),
});

const params = z.record(z.string(), z.unknown()).default({});

const common = {
  accounts: z
    .array(z.strictObject({ name: identifier, currency }))
    .min(1)
    .max(MAX_STRATEGIES)
    .default([{ name: 'main', currency: 'USD' }]),
  budgetTicks: z.number().int().min(1000).max(1e12).default(DEFAULT_BUDGET_TICKS),
  /** Units of the account's currency per unit of this one. */
  fx: z.record(currency, positiveDecimal).default({}),
  /** Instruments that hold the same thing, for strategies that look across venues. */
  groups: z.record(identifier, z.array(z.string()).min(1)).default({}),
  instruments: z.record(z.string(), terms).default({}),
  risk: riskSchema,
  venue: venueConfigSchema.default(venueConfigSchema.parse({})),
};

/** A time of the session (HH:MM:SS[.ns]) or ISO 8601, as text; resolved against the recording's day. */
const at = z.string().min(1);

/** What a user writes in the file of --config. */
const configFileSchema = z.strictObject({
  ...common,
  portfolio: portfolioFileSchema.optional(),
  strategies: z
    .array(
      z.strictObject({ id: identifier.optional(), use: z.string().min(1), account: identifier.optional(), params }),
    )
    .max(MAX_STRATEGIES)
    .default([]),
  commands: z.array(z.intersection(z.looseObject({ at }), z.unknown())).default([]),
});
export type ConfigFile = z.output<typeof configFileSchema>;

const tradingSchema = z.strictObject({
  ...common,
  portfolio: portfolioSchema.optional(),
  strategies: z
    .array(
      z.strictObject({
        id: identifier,
        /** A shipped strategy's name, or the path of a module as the user gave it. */
        use: z.string().min(1),
        /** Of a user's sources; null for a shipped strategy. */
        sha256: z.string().nullable(),
        account: identifier,
        params,
      }),
    )
    .max(MAX_STRATEGIES),
  commands: z.array(z.strictObject({ atNs: z.number(), command: commandSchema })),
  /** Kill switches that were latched when the run began. */
  latched: z.array(
    z.strictObject({ scope: z.enum(['engine', 'account', 'strategy', 'instrument']), name: z.string() }),
  ),
});
export type TradingIdentity = z.output<typeof tradingSchema>;
export type Latch = TradingIdentity['latched'][number];

/** Reads the trading part of a log's configuration. Throws an Error with one line. */
export function parseTrading(value: unknown): TradingIdentity {
  const result = tradingSchema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(oneLine('trading', result.error));
}

/** Reads a configuration file's content. Throws USAGE with one line. */
export function parseConfigFile(value: unknown, where: string): ConfigFile {
  const result = configFileSchema.safeParse(value);
  if (!result.success) throw new TapeheadError('USAGE', oneLine(where, result.error));
  return result.data;
}
