/**
 * Keeps what is not the same in a rerun away from strategies: while strategy code runs, the clocks, the randomness and the
 * schedulers of the machine throw, by name, and say what the context has instead. Outside of strategy code they work as
 * ever. This finds mistakes; it is no sandbox against an author who means harm.
 *
 * The globals are replaced once per thread, by `installGuard`; then a callback costs two writes of a flag. A use that the
 * strategy catches is still on record in `guard.violation`, and halts it.
 */

export class NonDeterministicError extends Error {
  override readonly name = 'NonDeterministic';
}

class Guard {
  /** Strategy code is running. */
  active = false;
  /** The first use of something forbidden since it was last set to null. */
  violation: NonDeterministicError | null = null;
  /** A failure of the engine inside a verb: the host passes it on, whatever the strategy makes of it. */
  fatal: unknown = null;

  record(what: string, instead: string): NonDeterministicError {
    const error = new NonDeterministicError(`${what} is not the same in a rerun: ${instead}`);
    this.violation ??= error;
    return error;
  }

  refuse(what: string, instead: string): never {
    throw this.record(what, instead);
  }
}

export const guard = new Guard();

const CLOCK = 'use ctx.nowNs';
const RANDOM = 'use ctx.random';
const LATER = 'use ctx.setTimer and onTimer';
const INPUT = 'a strategy reads nothing but its context; what it needs goes into its parameters';
const MEMORY = 'when memory is collected differs from run to run';
const PLACE = "the machine's time zone and language differ from place to place";
const CODE = 'write the code in the strategy file';

type Callable = (...values: unknown[]) => unknown;
type Holder = Record<string, unknown>;

let installed = false;

/** Replaces the globals of this thread; again does nothing. */
export function installGuard(): void {
  if (installed) return;
  installed = true;
  const globals = globalThis as unknown as Holder;
  const process = globals.process as Holder & { hrtime: Callable & Holder };

  replaceDate(globals);
  replaceFunction(Math as unknown as Holder, 'Math.', 'random', RANDOM);
  replaceFunction(globals.performance as Holder, 'performance.', 'now', CLOCK);
  const hrtime = process.hrtime;
  replaceFunction(process, 'process.', 'hrtime', CLOCK);
  const bigint = hrtime.bigint as Callable;
  (process.hrtime as unknown as Holder).bigint = guarded(bigint, 'process.hrtime.bigint', CLOCK, hrtime);
  for (const name of ['uptime', 'cpuUsage', 'memoryUsage']) replaceFunction(process, 'process.', name, CLOCK);
  for (const name of ['nextTick']) replaceFunction(process, 'process.', name, LATER);
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) {
    replaceFunction(globals, '', name, LATER);
  }
  replaceFunction(
    Promise.prototype as unknown as Holder,
    'Promise.',
    'then',
    'callbacks run to completion; use ctx.setTimer',
  );
  const crypto = globals.crypto as Holder | undefined;
  if (crypto !== undefined) {
    const { getRandomValues, randomUUID } = crypto as { getRandomValues: Callable; randomUUID: Callable };
    defineOn(crypto, 'getRandomValues', guarded(getRandomValues, 'crypto.getRandomValues', RANDOM, crypto));
    defineOn(crypto, 'randomUUID', guarded(randomUUID, 'crypto.randomUUID', RANDOM, crypto));
  }
  if (typeof globals.fetch === 'function') replaceFunction(globals, '', 'fetch', INPUT);
  for (const name of ['wait', 'waitAsync']) {
    if (name in Atomics) replaceFunction(Atomics as unknown as Holder, 'Atomics.', name, LATER);
  }
  replaceLocal();
  replaceConstructor(globals, 'WeakRef', MEMORY);
  replaceConstructor(globals, 'FinalizationRegistry', MEMORY);
  replaceCodeConstructors(globals);
}

/** `Date()` and `new Date()` read the clock; with arguments they don't. */
function replaceDate(globals: Holder): void {
  const Original = Date;
  const refuse = (): never => guard.refuse('Date', CLOCK);
  const replacement = new Proxy(Original, {
    apply: (target, self, values) => (guard.active ? refuse() : Reflect.apply(target, self, values)),
    construct: (target, values, newTarget) =>
      guard.active && values.length === 0 ? refuse() : Reflect.construct(target, values, newTarget),
  });
  const now = Original.now;
  defineOn(Original as unknown as Holder, 'now', guarded(now as Callable, 'Date.now', CLOCK, Original));
  defineOn(Original.prototype as unknown as Holder, 'constructor', replacement);
  defineOn(globals, 'Date', replacement);
}

/** What the machine's time zone or language decides. */
function replaceLocal(): void {
  const date = Date.prototype as unknown as Holder;
  for (const name of Object.getOwnPropertyNames(date)) {
    const isLocal = /^(get|set)(?!UTC|Time$)|^to(Locale|DateString|TimeString|String)/.test(name);
    if (isLocal) replaceFunction(date, 'Date.prototype.', name, `${PLACE}; there are UTC methods`);
  }
  for (const [owner, prototype] of [
    ['Number', Number.prototype],
    ['BigInt', BigInt.prototype],
    ['Array', Array.prototype],
    ['String', String.prototype],
  ] as const) {
    const holder = prototype as unknown as Holder;
    for (const name of ['toLocaleString', 'localeCompare', 'toLocaleUpperCase', 'toLocaleLowerCase']) {
      if (Object.hasOwn(prototype, name)) replaceFunction(holder, `${owner}.prototype.`, name, PLACE);
    }
  }
}

function replaceConstructor(globals: Holder, name: string, instead: string): void {
  const original = globals[name] as (new () => object) & { prototype: Holder };
  const replacement = new Proxy(original, {
    construct: (target, values, newTarget) =>
      guard.active ? guard.refuse(name, instead) : Reflect.construct(target, values, newTarget),
  });
  defineOn(original.prototype, 'constructor', replacement);
  defineOn(globals, name, replacement);
}

/** Code made from text has no ticks: neither `Function` nor the constructors of other kinds of functions. */
function replaceCodeConstructors(globals: Holder): void {
  const samples = [() => {}, async () => {}, function* () {}, async function* () {}];
  for (const sample of samples) {
    const prototype = Object.getPrototypeOf(sample) as Holder;
    const original = prototype.constructor as new () => object;
    const what = original.name;
    const replacement = new Proxy(original, {
      apply: (target, self, values) =>
        guard.active ? guard.refuse(what, CODE) : Reflect.apply(target as unknown as Callable, self, values),
      construct: (target, values, newTarget) =>
        guard.active ? guard.refuse(what, CODE) : Reflect.construct(target, values, newTarget),
    });
    defineOn(prototype, 'constructor', replacement);
    if (what === 'Function') defineOn(globals, 'Function', replacement);
  }
}

function replaceFunction(holder: Holder, prefix: string, name: string, instead: string): void {
  const original = holder[name] as Callable;
  defineOn(holder, name, guarded(original, prefix + name, instead, null));
}

/** `self`: what the original is called on, or null for what the replacement is called on. */
function guarded(original: Callable, what: string, instead: string, self: unknown): Callable {
  const replacement =
    original.length === 0
      ? function (this: unknown): unknown {
          if (guard.active) guard.refuse(what, instead);
          return original.call(self ?? this);
        }
      : function (this: unknown, ...values: unknown[]): unknown {
          if (guard.active) guard.refuse(what, instead);
          return Reflect.apply(original, self ?? this, values);
        };
  // Properties of the original (setTimeout's promisified form, hrtime.bigint) stay where they were.
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  return replacement;
}

function defineOn(holder: Holder, name: string, value: unknown): void {
  const old = Object.getOwnPropertyDescriptor(holder, name);
  Object.defineProperty(holder, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: old?.enumerable ?? false,
  });
}
