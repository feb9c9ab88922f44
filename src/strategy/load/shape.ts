/** Whether what a module exports is a strategy; each mistake in one line that says what to write instead. */
import { TapeheadError } from '../../core/errors.ts';
import type { AnyStrategyDefinition, ParameterSpec, ParameterSpecs, Strategy } from '../api.ts';
import { canonicalDecimal } from '../decimal-text.ts';
import { describe } from '../nonsense.ts';
import { checkedValue, TYPE_TEXT } from '../parameters.ts';
import { suggestion } from '../suggest.ts';

const DEFINITION_KEYS = ['name', 'description', 'parameters', 'books', 'create'];
const SPEC_KEYS: Readonly<Record<ParameterSpec['type'], readonly string[]>> = {
  number: ['min', 'max'],
  integer: ['min', 'max'],
  boolean: [],
  string: ['choices'],
  decimal: ['min'],
  strings: [],
  numbers: [],
};
const CALLBACKS = ['onStart', 'onInstrument', 'onBook', 'onTrade', 'onOrder', 'onTimer', 'onParameters', 'onStop'];

type Table = Record<string, unknown>;

/** A copy of the definition that its author can't change any more. `where` begins each message: the file. */
export function checkedDefinition(value: unknown, where: string): AnyStrategyDefinition {
  const fail = failing(where);
  if (value === undefined) return fail('no default export: write export default defineStrategy({ ... })');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(
      `the default export is ${describe(value)}, no definition: write export default defineStrategy({ ... })`,
    );
  }
  const { name, description, parameters, books, create } = value as Table;
  for (const key of Object.keys(value)) {
    if (!DEFINITION_KEYS.includes(key)) {
      fail(`the definition has an unknown key, ${key}${suggestion(key, DEFINITION_KEYS) || keysText(DEFINITION_KEYS)}`);
    }
  }
  if (typeof name !== 'string' || !/^[A-Za-z0-9-]{1,32}$/.test(name)) {
    fail(`name is ${describe(name)}: 1-32 letters, digits or '-'`);
  }
  if (description !== undefined && typeof description !== 'string')
    fail(`description is ${describe(description)}, no text`);
  if (books !== undefined && books !== 'touch' && books !== 'depth') {
    fail(`books is ${describe(books)}: 'touch' (the default) or 'depth'`);
  }
  if (parameters === undefined) fail('parameters is missing: write parameters: {} where there are none');
  if (create === undefined)
    fail('create is missing: write create: (parameters) => ({ onBook(ctx, instrument) { ... } })');
  if (typeof create !== 'function') fail(`create is ${describe(create)}, not a function`);
  return Object.freeze({
    name: name as string,
    ...(description === undefined ? {} : { description: description as string }),
    parameters: checkedSpecs(parameters, where),
    books: (books ?? 'touch') as 'touch' | 'depth',
    create: create as AnyStrategyDefinition['create'],
  });
}

function checkedSpecs(value: unknown, where: string): ParameterSpecs {
  const fail = failing(where);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(`parameters is ${describe(value)}, no object of parameters`);
  }
  const specs: Record<string, ParameterSpec> = {};
  for (const [name, spec] of Object.entries(value)) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
      fail(`${JSON.stringify(name)} is no name for a parameter: a letter, then letters, digits and '_'`);
    }
    specs[name] = checkedSpec(spec, `${where}: parameter ${name}`);
  }
  return Object.freeze(specs);
}

function checkedSpec(value: unknown, what: string): ParameterSpec {
  const fail = failing(what);
  if (typeof value !== 'object' || value === null) return fail(`is ${describe(value)}, write { type: 'number' }`);
  const spec = value as Table;
  const types = Object.keys(TYPE_TEXT);
  if (typeof spec.type !== 'string' || !Object.hasOwn(TYPE_TEXT, spec.type)) {
    const near = typeof spec.type === 'string' ? suggestion(spec.type, types) : '';
    return fail(`has type ${describe(spec.type)}${near || `: one of ${types.join(', ')}`}`);
  }
  const type = spec.type as ParameterSpec['type'];
  const keys = ['type', 'default', 'text', ...SPEC_KEYS[type]];
  for (const key of Object.keys(spec)) {
    if (!keys.includes(key))
      fail(`of type ${type} has an unknown key, ${key}${suggestion(key, keys) || keysText(keys)}`);
  }
  if (spec.text !== undefined && typeof spec.text !== 'string') fail(`has a text that is ${describe(spec.text)}`);
  for (const bound of ['min', 'max']) checkBound(spec[bound], type, bound, fail);
  if (typeof spec.min === 'number' && typeof spec.max === 'number' && spec.min > spec.max) {
    fail(`has min ${spec.min} above max ${spec.max}`);
  }
  const { choices } = spec;
  if (choices !== undefined) {
    const isList = Array.isArray(choices) && choices.length > 0 && choices.every((one) => typeof one === 'string');
    if (!isList) fail('has choices that are no list of texts');
  }
  const copy: Table = { ...spec };
  if (Array.isArray(choices)) copy.choices = Object.freeze([...choices]);
  if (spec.default !== undefined) copy.default = checkedValue(spec as ParameterSpec, spec.default, `${what}: default`);
  return Object.freeze(copy) as unknown as ParameterSpec;
}

function checkBound(bound: unknown, type: string, name: string, fail: (text: string) => never): void {
  if (bound === undefined) return;
  const isRight =
    type === 'decimal' ? typeof bound === 'string' && canonicalDecimal(bound) !== null : Number.isFinite(bound);
  if (!isRight)
    fail(`has a ${name} that is ${describe(bound)}, no ${type === 'decimal' ? 'decimal in quotes' : 'number'}`);
}

/** What `create` returned: an object whose functions named on... are callbacks that exist. */
export function checkedStrategy(value: unknown, where: string): Strategy<never> {
  const fail = failing(where);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(`create returned ${describe(value)}, no object with callbacks`);
  }
  const strategy = value as Table;
  if (typeof strategy.then === 'function') fail('create returned a promise: it runs in one go, without promises');
  for (const name of namesOf(strategy)) {
    if (CALLBACKS.includes(name)) continue;
    const meant = CALLBACKS.some((callback) => callback.toLowerCase() === name.toLowerCase().replaceAll('_', ''));
    if (!meant && !/^on[A-Z]/.test(name)) continue;
    const near = suggestion(name, CALLBACKS) || keysText(CALLBACKS);
    fail(`the strategy has ${name}, which nobody calls${near}`);
  }
  let callbacks = 0;
  for (const name of CALLBACKS) {
    if (strategy[name] === undefined) continue;
    callbacks++;
    if (typeof strategy[name] !== 'function') fail(`${name} is ${describe(strategy[name])}, not a function`);
  }
  if (callbacks === 0) fail(`the strategy has no callback${keysText(CALLBACKS)}`);
  return strategy as Strategy<never>;
}

/** Its own names and those of its classes. */
function namesOf(value: object): string[] {
  const names: string[] = [];
  for (let one = value; one !== null && one !== Object.prototype; one = Object.getPrototypeOf(one) as object) {
    names.push(...Object.getOwnPropertyNames(one));
  }
  return names;
}

function keysText(keys: readonly string[]): string {
  return ` (there are ${keys.join(', ')})`;
}

function failing(where: string): (text: string) => never {
  return (text) => {
    throw new TapeheadError('USAGE', `${where}: ${text}`);
  };
}
