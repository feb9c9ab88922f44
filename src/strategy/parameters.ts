/**
 * Parameters of a strategy: what is given (on the command line, in a configuration, in a command while running) against
 * what the definition says. Validated whole or refused whole, with one line that names the parameter.
 */
import { TapeheadError } from '../core/errors.ts';
import type { ParameterSpec, ParameterSpecs, ParameterValue } from './api.ts';
import { canonicalDecimal, isDecimalBelow } from './decimal-text.ts';
import { describe } from './nonsense.ts';
import { suggestion } from './suggest.ts';

export type ParameterValues = Readonly<Record<string, ParameterValue>>;
export type GivenParameters = Readonly<Record<string, unknown>>;

/** Every parameter with its value: the given ones, defaults for the rest. `where` begins the message: "strategy x". */
export function resolveParameters(specs: ParameterSpecs, given: GivenParameters, where: string): ParameterValues {
  refuseUnknown(specs, given, where);
  const values: Record<string, ParameterValue> = {};
  for (const name of Object.keys(specs)) {
    const spec = specs[name];
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value !== undefined) {
      values[name] = checkedValue(spec, value, `${where}: parameter ${name}`);
    } else if (spec.default !== undefined) {
      values[name] = checkedValue(spec, spec.default, `${where}: default of parameter ${name}`);
    } else {
      throw new TapeheadError('USAGE', `${where}: parameter ${name} must be given (${specText(spec)})`);
    }
  }
  return Object.freeze(values);
}

/** The values in force with some changed. */
export function changeParameters(
  specs: ParameterSpecs,
  current: ParameterValues,
  changes: GivenParameters,
  where: string,
): ParameterValues {
  refuseUnknown(specs, changes, where);
  if (Object.keys(changes).length === 0) throw new TapeheadError('USAGE', `${where}: no parameter to change`);
  return resolveParameters(specs, { ...current, ...changes }, where);
}

/**
 * `a=1,b=x` or a JSON object. A piece without `=` goes on with the list before it: `symbols=A,B,levels=3`. Text that holds
 * a comma or must not be split is written in JSON.
 */
export function parseParameterText(specs: ParameterSpecs, text: string, where: string): GivenParameters {
  if (text.trim().startsWith('{')) return parseJsonObject(text, where);
  const given: Record<string, unknown> = Object.create(null);
  const lists = new Map<string, string[]>();
  let last = '';
  for (const piece of text.split(',')) {
    const equals = piece.indexOf('=');
    if (equals < 0) {
      const list = lists.get(last);
      if (list === undefined) {
        throw new TapeheadError('USAGE', `${where}: ${JSON.stringify(piece)} is not of the form name=value`);
      }
      list.push(piece.trim());
      continue;
    }
    last = piece.slice(0, equals).trim();
    const value = piece.slice(equals + 1).trim();
    const spec = Object.hasOwn(specs, last) ? specs[last] : undefined;
    if (Object.hasOwn(given, last)) throw new TapeheadError('USAGE', `${where}: parameter ${last} is given twice`);
    if (spec?.type === 'strings' || spec?.type === 'numbers') lists.set(last, value === '' ? [] : [value]);
    given[last] = spec === undefined ? value : fromText(spec, value, `${where}: parameter ${last}`);
  }
  for (const [name, pieces] of lists) {
    const isNumbers = specs[name].type === 'numbers';
    given[name] = isNumbers ? pieces.map((piece) => numberFrom(piece, `${where}: parameter ${name}`)) : pieces;
  }
  return given;
}

/** What a parameter may be: `whole number, at least 1, default 5`. */
function specText(spec: ParameterSpec): string {
  const parts = [TYPE_TEXT[spec.type]];
  if ('min' in spec && spec.min !== undefined) parts.push(`at least ${spec.min}`);
  if ('max' in spec && spec.max !== undefined) parts.push(`at most ${spec.max}`);
  if ('choices' in spec && spec.choices !== undefined) parts.push(`one of ${spec.choices.join(', ')}`);
  if (spec.default !== undefined)
    parts.push(`default ${Array.isArray(spec.default) ? spec.default.join(',') : spec.default}`);
  return parts.join(', ');
}

export const TYPE_TEXT: Readonly<Record<ParameterSpec['type'], string>> = {
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  string: 'text',
  decimal: 'decimal such as 0.01',
  strings: 'list of texts',
  numbers: 'list of numbers',
};

/** The value as its spec says, canonical and frozen, or a TapeheadError that begins with `what`. */
export function checkedValue(spec: ParameterSpec, value: unknown, what: string): ParameterValue {
  const wrong = (): never => {
    throw new TapeheadError('USAGE', `${what} is ${describe(value)}, but must be: ${specText(spec)}`);
  };
  switch (spec.type) {
    case 'number':
    case 'integer': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return wrong();
      if (spec.type === 'integer' && !Number.isSafeInteger(value)) return wrong();
      if (value < (spec.min ?? value) || value > (spec.max ?? value)) return wrong();
      return value + 0; // never -0, which JSON does not know
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong();
    case 'string':
      if (typeof value !== 'string') return wrong();
      return spec.choices === undefined || spec.choices.includes(value) ? value : wrong();
    case 'decimal': {
      const text = typeof value === 'number' ? String(value) : value;
      const decimal = typeof text === 'string' ? canonicalDecimal(text) : null;
      if (decimal === null) return wrong();
      return spec.min !== undefined && isDecimalBelow(decimal, spec.min) ? wrong() : decimal;
    }
    case 'strings':
      if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return wrong();
      return Object.freeze([...(value as string[])]);
    case 'numbers':
      if (!Array.isArray(value) || !value.every((one) => Number.isFinite(one))) return wrong();
      return Object.freeze((value as number[]).map((one) => one + 0));
  }
}

function refuseUnknown(specs: ParameterSpecs, given: GivenParameters, where: string): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(specs, name)) continue;
    const known = Object.keys(specs);
    const list = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
    throw new TapeheadError('USAGE', `${where}: unknown parameter ${name}${suggestion(name, known) || `; ${list}`}`);
  }
}

function fromText(spec: ParameterSpec, text: string, what: string): unknown {
  if (spec.type === 'number' || spec.type === 'integer') return numberFrom(text, what);
  if (spec.type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new TapeheadError('USAGE', `${what} is ${JSON.stringify(text)}, but must be true or false`);
  }
  return text;
}

function numberFrom(text: string, what: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw new TapeheadError('USAGE', `${what} is ${JSON.stringify(text)}, which is no number`);
}

function parseJsonObject(text: string, where: string): GivenParameters {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TapeheadError('USAGE', `${where}: parameters are no JSON: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as GivenParameters;
  throw new TapeheadError('USAGE', `${where}: parameters are no JSON object`);
}
