/**
 * The limits of pre-trade risk as configuration. Decimals may be strings or numbers; money is in the account's currency
 * (engine: the first account's), with at most 6 decimals, quantities in units of the instrument. A limit left out, or
 * null, is none.
 *
 * Where a limit stands is what it binds. Limits of single orders (`orderLimits`): the instrument's own, else the
 * strategy's, the account's, the engine's. Totals (`totalLimits`) bind the scope they stand in: all that are given must
 * hold. `account` and `strategy` are what every account and strategy has that does not say otherwise.
 */
import { z } from 'zod';
import { parseExact } from '../core/decimal.ts';
import { TapeheadError } from '../core/errors.ts';

export const SELF_TRADE_MODES = ['off', 'cancel-newest', 'cancel-oldest', 'cancel-both', 'decrement'] as const;
const LOSS_ACTIONS = ['reducing', 'halted', 'kill'] as const;
export const MICRO_DECIMALS = 6;
const MAX_MS = 86_400_000;

/** A decimal as text: at most `decimals` places; above 0 where `positive`, else 0 or above. */
function decimal(what: string, decimals: number, positive: boolean, most = Number.POSITIVE_INFINITY) {
  const range = `${positive ? 'above 0' : '0 or above'}${most === Number.POSITIVE_INFINITY ? '' : `, at most ${most}`}`;
  const expected = `expected ${what}, ${range}, with at most ${decimals} decimals`;
  return z
    .union([z.string(), z.number()], { error: (issue) => `${show(issue.input)} is not allowed: ${expected}` })
    .transform(String)
    .refine(
      (text) => {
        const value = parseExact(text);
        if (value === null || value.decimals > decimals) return false;
        return (positive ? value.units > 0 : value.units >= 0) && Number(text) <= most;
      },
      { error: (issue) => `${show(issue.input)} is not allowed: ${expected}` },
    );
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function whole(what: string, from: number, to: number) {
  const error = (issue: { input?: unknown }): string =>
    `${show(issue.input)} is not allowed: expected ${what}, a whole number from ${from} to ${to}`;
  return z.number({ error }).int({ error }).min(from, { error }).max(to, { error });
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, {
    error: (issue) => `${show(issue.input)} is not allowed: expected one of ${values.join(', ')}`,
  });
}

/** An object that names what it knows when it is given what it does not. */
function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key ${(issue.keys as string[]).join(', ')}: expected ${Object.keys(shape).join(', ')}`
        : `${show(issue.input)} is not allowed: expected an object`,
  });
}

/** In micro-units below 2^53. */
const MAX_MONEY = 9_000_000_000;
const money = decimal('an amount of money', MICRO_DECIMALS, true, MAX_MONEY).nullable().optional();
const qty = decimal('a quantity', 12, false).nullable().optional();
const percent = decimal('a percentage', 4, true, 1000).nullable().optional();
const ms = whole('milliseconds', 1, MAX_MS);
const rate = strict({ max: whole('a number of messages', 1, 1_000_000), perMs: ms })
  .nullable()
  .optional();
const pause = strict({ max: whole('a number of fills', 1, 100_000), perMs: ms, pauseMs: ms })
  .nullable()
  .optional();
const names = z.array(
  z.string({ error: (issue) => `${show(issue.input)} is not allowed: expected a name` }).min(1, 'expected a name'),
  { error: (issue) => `${show(issue.input)} is not allowed: expected a list of names` },
);

const orderShape = {
  maxQty: decimal('a quantity', 12, true).nullable().optional(),
  maxNotional: money,
  /** Of the average traded quantity per interval (`averageVolume`). */
  maxVolumePercent: percent,
  collarPercent: percent,
  /** In ticks of the instrument (its price steps). */
  collarTicks: whole('a number of ticks', 1, 1e9).nullable().optional(),
  /** The touch must have been confirmed so recently. */
  maxReferenceAgeMs: ms.nullable().optional(),
};

const positionShape = { maxLong: qty, maxShort: qty };

const totalShape = {
  ...positionShape,
  maxGross: money,
  maxNet: money,
  maxCredit: money,
  maxLoss: money,
  maxDrawdown: money,
  /** What reaching maxLoss or maxDrawdown does, beside being reported. */
  onLoss: oneOf(LOSS_ACTIONS).optional(),
};

const messageShape = {
  messageRate: rate,
  cancelRate: rate,
  repeatedExecutions: pause,
  /** The same order (instrument, side, quantity, price) again within this time is refused. */
  repeatedOrderMs: ms.nullable().optional(),
};

const engineLimits = strict({ ...orderShape, ...totalShape, maxVar: money });
const accountLimits = strict({ ...orderShape, ...totalShape, selfTrade: oneOf(SELF_TRADE_MODES).optional() });
const permissionShape = {
  /** Instruments it may trade, by symbol; left out: all. */
  symbols: names.optional(),
  sides: z.array(oneOf(['buy', 'sell'])).optional(),
  orderTypes: z.array(oneOf(['limit', 'market', 'stop', 'stop-limit', 'pegged'])).optional(),
};
const strategyLimits = strict({ ...orderShape, ...totalShape, ...messageShape, ...permissionShape });
const instrumentLimits = strict({
  ...orderShape,
  messageRate: rate,
  engine: strict(positionShape).optional(),
  account: strict(positionShape).optional(),
  strategy: strict(positionShape).optional(),
});

export const riskSchema = strict({
  /** A limit used to this degree is reported, once per crossing; again only after its use fell by the hysteresis. */
  warnPercent: whole('a percentage', 1, 100).default(70),
  warnHysteresisPercent: whole('a percentage', 0, 50).default(5),
  /** What positions are valued at. */
  mark: oneOf(['mid', 'microprice']).default('mid'),
  /** What prices are compared with: the mid, or the touch that the order would trade with. */
  collarAgainst: oneOf(['mid', 'touch']).default('mid'),
  averageVolume: strict({
    intervalMs: ms.default(60_000),
    intervals: whole('a number of intervals', 1, 1440).default(10),
  }).prefault({}),
  /** Of the instrument, all strategies together. */
  instrumentMessageRate: rate,
  restricted: names.default([]),
  engine: engineLimits.prefault({}),
  account: accountLimits.prefault({}),
  strategy: strategyLimits.prefault({}),
  accounts: z.record(z.string(), accountLimits).default({}),
  strategies: z.record(z.string(), strategyLimits).default({}),
  instruments: z.record(z.string(), instrumentLimits).default({}),
}).prefault({});

export type RiskConfig = z.output<typeof riskSchema>;
export type AccountLimits = z.output<typeof accountLimits>;
export type StrategyLimits = z.output<typeof strategyLimits>;
export type Rate = { readonly max: number; readonly perMs: number };
export type LossAction = (typeof LOSS_ACTIONS)[number];

/** Throws USAGE with one line: where, which key, what is wrong, what is allowed. */
export function parseRiskConfig(value: unknown, where: string): RiskConfig {
  const result = riskSchema.safeParse(value);
  if (result.success) return result.data;
  throw new TapeheadError('USAGE', `${where}: ${problemOf(result.error)}`);
}

/** What is wrong about names: limits of accounts or strategies that there are not. Null when nothing is. */
export function unknownName(
  config: RiskConfig,
  accounts: readonly string[],
  strategies: readonly string[],
): string | null {
  for (const [key, known] of [
    ['accounts', accounts],
    ['strategies', strategies],
  ] as const) {
    const unknown = Object.keys(config[key]).find((name) => !known.includes(name));
    if (unknown !== undefined)
      return `${key}.${unknown}: there is no such name: expected ${known.join(', ') || 'none'}`;
  }
  return null;
}

/**
 * The configuration with one limit changed (`strategies.mm.maxLoss`, `engine.maxGross`, `instruments.BRK.B.maxQty`), or
 * the text of what is wrong with it. `null` takes the limit away; a rate may be written as "100/1000" (messages per ms),
 * repeated executions as "5/1000/2000" (fills, ms, pause in ms).
 */
export function withLimit(config: RiskConfig, path: string, value: unknown): RiskConfig | string {
  const keys = keysOf(path);
  if (keys.includes('__proto__')) return `${path}: there is no such limit`;
  const copy = structuredClone(config) as Record<string, unknown>;
  let at = copy;
  for (const key of keys.slice(0, -1)) {
    const inner = (Object.hasOwn(at, key) ? at[key] : null) ?? {};
    if (typeof inner !== 'object') return `${path}: there is no such limit`;
    at[key] = inner;
    at = inner as Record<string, unknown>;
  }
  at[keys[keys.length - 1]] = rateOf(value);
  const result = riskSchema.safeParse(copy);
  return result.success ? result.data : problemOf(result.error);
}

function rateOf(value: unknown): unknown {
  const match = typeof value === 'string' ? /^(\d+)\/(\d+)(?:\/(\d+))?$/.exec(value) : null;
  if (match === null) return value;
  const rate = { max: Number(match[1]), perMs: Number(match[2]) };
  return match[3] === undefined ? rate : { ...rate, pauseMs: Number(match[3]) };
}

/** The keys of a path. Names of instruments, and only they, may hold dots. */
function keysOf(path: string): string[] {
  const keys = path.split('.');
  if (keys[0] !== 'instruments' || keys.length <= 3) return keys;
  const inner = ['messageRate', 'engine', 'account', 'strategy'].includes(keys[keys.length - 2]) ? 2 : 1;
  return ['instruments', keys.slice(1, -inner).join('.'), ...keys.slice(-inner)];
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : '';
  return `${issue.path.length === 0 ? '' : `${issue.path.join('.')}: `}${issue.message}${more}`;
}
