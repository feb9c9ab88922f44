/** Parameters: given against specified, whole or not at all, with one canonical form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import type { ParameterSpec, ParameterSpecs } from '../../src/strategy/api.ts';
import { canonicalDecimal, isDecimalBelow, parseUnits } from '../../src/strategy/decimal-text.ts';
import { changeParameters, parseParameterText, resolveParameters } from '../../src/strategy/parameters.ts';
import { addDefinition, FakeEngine } from './support.ts';

/** Keys in alphabetical order: equal values give equal bytes. */
function canonical(values: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))));
}

const SPECS: ParameterSpecs = {
  symbol: { type: 'string' },
  qtyLots: { type: 'integer', default: 1, min: 1, max: 100 },
  edge: { type: 'number', default: 0.5, min: 0 },
  live: { type: 'boolean', default: false },
  mode: { type: 'string', default: 'fast', choices: ['fast', 'slow'] },
  tick: { type: 'decimal', default: '0.01', min: '0' },
  symbols: { type: 'strings', default: [] },
  levels: { type: 'numbers', default: [1, 2] },
};

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof TapeheadError && error.code === 'USAGE', String(error));
    assert.ok(!error.message.includes('\n'));
    return error.message;
  }
  return 'accepted';
}

test('defaults fill what is not given, in the order of the specs', () => {
  const values = resolveParameters(SPECS, { symbol: 'X' }, 'strategy s');
  assert.deepEqual(values, {
    symbol: 'X',
    qtyLots: 1,
    edge: 0.5,
    live: false,
    mode: 'fast',
    tick: '0.01',
    symbols: [],
    levels: [1, 2],
  });
  assert.deepEqual(Object.keys(values), Object.keys(SPECS));
  assert.ok(Object.isFrozen(values) && Object.isFrozen(values.levels));
});

test('what is given wrongly is refused by name', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{}, /^strategy s: parameter symbol must be given \(text\)$/],
    [{ symbol: 5 }, /^strategy s: parameter symbol is 5 \(a number\), but must be: text$/],
    [{ symbol: 'X', qtyLot: 5 }, /^strategy s: unknown parameter qtyLot \(did you mean qtyLots\?\)$/],
    [{ symbol: 'X', zzzzzz: 5 }, /unknown parameter zzzzzz; it has symbol, qtyLots, edge/],
    [
      { symbol: 'X', qtyLots: 0.5 },
      /qtyLots is 0.5 \(a number\), but must be: whole number, at least 1, at most 100, default 1$/,
    ],
    [{ symbol: 'X', qtyLots: 0 }, /at least 1/],
    [{ symbol: 'X', qtyLots: 101 }, /at most 100/],
    [{ symbol: 'X', qtyLots: '5' }, /qtyLots is "5" \(a string\)/],
    [{ symbol: 'X', qtyLots: 2 ** 53 }, /whole number/],
    [{ symbol: 'X', edge: Number.NaN }, /edge is NaN/],
    [{ symbol: 'X', edge: Number.POSITIVE_INFINITY }, /edge is Infinity/],
    [{ symbol: 'X', edge: null }, /edge is null/],
    [{ symbol: 'X', live: 1 }, /live is 1 \(a number\), but must be: true or false/],
    [{ symbol: 'X', mode: 'quick' }, /mode is "quick" .* one of fast, slow/],
    [{ symbol: 'X', tick: '1e-3' }, /tick is "1e-3" .* decimal such as 0.01/],
    [{ symbol: 'X', tick: 1e-7 }, /tick is 1e-7/],
    [{ symbol: 'X', tick: '-0.01' }, /at least 0/],
    [{ symbol: 'X', symbols: 'A' }, /symbols is "A"/],
    [{ symbol: 'X', symbols: ['A', 5] }, /symbols is an array, but must be: list of texts/],
    [{ symbol: 'X', levels: [1, Number.NaN] }, /levels is an array, but must be: list of numbers/],
    [JSON.parse('{"symbol":"X","__proto__":1}'), /unknown parameter __proto__/],
    [{ symbol: 'X', constructor: 1 }, /unknown parameter constructor/],
  ];
  for (const [given, expected] of cases) {
    assert.match(
      refusal(() => resolveParameters(SPECS, given, 'strategy s')),
      expected,
    );
  }
});

test('text of the command line becomes typed values', () => {
  const parse = (text: string): unknown => ({ ...parseParameterText(SPECS, text, '--params') });
  assert.deepEqual(parse('symbol=BTCUSDT,qtyLots=5'), { symbol: 'BTCUSDT', qtyLots: 5 });
  assert.deepEqual(parse(' symbol = X , edge = -1.5e-3, live=true '), { symbol: 'X', edge: -0.0015, live: true });
  assert.deepEqual(parse('symbols=A,B,levels=3,4.5,tick=0.10'), {
    symbols: ['A', 'B'],
    levels: [3, 4.5],
    tick: '0.10',
  });
  assert.deepEqual(parse('symbols=,symbol=a=b'), { symbols: [], symbol: 'a=b' });
  assert.deepEqual(parse('{"symbol":"a,b","levels":[1]}'), { symbol: 'a,b', levels: [1] });
  assert.deepEqual(parse('unknown=5'), { unknown: '5' });
  const cases: [string, RegExp][] = [
    ['symbol', /^--params: "symbol" is not of the form name=value$/],
    ['symbol=X,Y', /^--params: "Y" is not of the form name=value$/],
    ['qtyLots=five', /^--params: parameter qtyLots is "five", which is no number$/],
    ['qtyLots=', /is "", which is no number/],
    ['qtyLots=0x10', /no number/],
    ['live=yes', /^--params: parameter live is "yes", but must be true or false$/],
    ['levels=1,x', /levels is "x", which is no number/],
    ['symbol=X,symbol=Y', /symbol is given twice/],
    ['{"a":', /parameters are no JSON: /],
    ['{"a":1', /parameters are no JSON: /],
    ['', /"" is not of the form/],
  ];
  for (const [text, expected] of cases)
    assert.match(
      refusal(() => parse(text)),
      expected,
    );
});

test('the canonical form does not depend on how the values were given', () => {
  const given = [
    { symbol: 'X', tick: '0.010', edge: 0, levels: [0, 1] },
    { levels: [-0, 1], edge: -0, tick: 0.01, symbol: 'X', qtyLots: 1 },
    parseParameterText(SPECS, 'tick=00.01,levels=0,1,edge=0.0,symbol=X', ''),
  ];
  const forms = given.map((one) => canonical(resolveParameters(SPECS, one, '')));
  assert.deepEqual(new Set(forms).size, 1);
  assert.equal(
    forms[0],
    '{"edge":0,"levels":[0,1],"live":false,"mode":"fast","qtyLots":1,"symbol":"X","symbols":[],"tick":"0.01"}',
  );
  assert.deepEqual(resolveParameters(SPECS, JSON.parse(forms[0]), ''), resolveParameters(SPECS, given[0], ''));
});

test('a change is applied whole or not at all, and the strategy sees it validated', () => {
  const engine = new FakeEngine();
  const seen: unknown[] = [];
  addDefinition(engine, {
    name: 'changing',
    parameters: { a: { type: 'integer', default: 1, max: 10 }, b: { type: 'string', default: 'x' } },
    create: () => ({ onParameters: (_ctx, values) => void seen.push(values) }),
  });
  addDefinition(engine, {
    name: 'fixed',
    parameters: { a: { type: 'integer', default: 1 } },
    create: () => ({ onStop() {} }),
  });
  const { host } = engine;
  assert.equal(host.setParameters(0, { a: 2 }), 'strategy changing is not running');
  host.start();
  assert.equal(host.setParameters(0, { a: 2 }), null);
  assert.deepEqual(seen, [{ a: 2, b: 'x' }]);
  assert.match(host.setParameters(0, { b: 'y', a: 11 }) ?? '', /^strategy changing: parameter a is 11/);
  assert.match(host.setParameters(0, { b: 'y', c: 1 }) ?? '', /unknown parameter c/);
  assert.match(host.setParameters(0, {}) ?? '', /no parameter to change/);
  assert.deepEqual([host.parametersOf(0), seen.length], [{ a: 2, b: 'x' }, 1]);
  assert.equal(host.setParameters(0, { b: 'y' }), null);
  assert.deepEqual(host.parametersOf(0), { a: 2, b: 'y' });
  assert.match(host.setParameters(1, { a: 2 }) ?? '', /^strategy fixed takes no new parameters while it runs/);
  assert.deepEqual(engine.halts, []);
});

test('fuzz: any values against any specs are resolved to what the specs say, or refused in one line', (t) => {
  const seed = 20261122;
  t.diagnostic(`seed ${seed}`);
  const random = new Prng(seed);
  const pick = <T>(values: readonly T[]): T => values[random.below(values.length)];
  const anything = (): unknown =>
    pick<unknown>([
      0,
      -0,
      1,
      5,
      -1,
      0.5,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      '',
      'x',
      '1',
      '-1.50',
      '0x1',
      '1e5',
      'true',
      true,
      false,
      null,
      undefined,
      [],
      [1, 'a'],
      ['a', 'b'],
      [1, 2],
      [Number.NaN],
      {},
      { a: 1 },
      () => 1,
      5n,
      Symbol.iterator,
    ]);
  const anySpec = (): ParameterSpec =>
    pick<ParameterSpec>([
      { type: 'number' },
      { type: 'number', min: 0, max: 5 },
      { type: 'integer', default: 3, min: 1 },
      { type: 'integer' },
      { type: 'boolean' },
      { type: 'boolean', default: true },
      { type: 'string' },
      { type: 'string', choices: ['x', '1'] },
      { type: 'decimal', min: '-1.5' },
      { type: 'decimal', default: '2' },
      { type: 'strings' },
      { type: 'numbers', default: [] },
    ]);
  const fitting = (spec: ParameterSpec | undefined): unknown => {
    const values = {
      number: [-0, 1, 2.5],
      integer: [1, 3],
      boolean: [true, false],
      string: ['x', '1'],
      decimal: ['-1.50', 2, '007'],
    };
    const lists = { strings: [[], ['a', 'b']], numbers: [[], [1, -0]] };
    return spec === undefined ? undefined : pick<unknown>({ ...values, ...lists }[spec.type]);
  };
  let accepted = 0;
  for (let i = 0; i < 20_000; i++) {
    const specs: Record<string, ParameterSpec> = {};
    for (const name of ['a', 'b', 'c'].slice(0, random.below(4))) specs[name] = anySpec();
    const given: Record<string, unknown> = {};
    for (const name of ['a', 'b', 'c', 'd'])
      if (random.below(20) < (name === 'd' ? 1 : 18))
        given[name] = random.below(8) === 0 ? anything() : fitting(specs[name]);
    let values: Readonly<Record<string, unknown>>;
    try {
      values = resolveParameters(specs, given, 'strategy s');
    } catch (error) {
      assert.ok(error instanceof TapeheadError && !error.message.includes('\n'), String(error));
      continue;
    }
    accepted++;
    assert.deepEqual(Object.keys(values), Object.keys(specs));
    for (const [name, spec] of Object.entries(specs))
      assert.ok(fits(spec, values[name]), `${name} ${JSON.stringify(spec)}`);
    const text = canonical(values);
    assert.equal(canonical(resolveParameters(specs, JSON.parse(text), '')), text, 'canonical is canonical');
    if (Object.keys(specs).length > 0) assert.deepEqual(changeParameters(specs, values as never, values, ''), values);
  }
  assert.ok(accepted > 2_500 && accepted < 19_000, `${accepted} accepted`);
  t.diagnostic(`${accepted} accepted`);
});

/** An independent reading of the specs. */
function fits(spec: ParameterSpec, value: unknown): boolean {
  switch (spec.type) {
    case 'number':
    case 'integer':
      return (
        typeof value === 'number' &&
        Math.abs(value) < Number.POSITIVE_INFINITY &&
        !Object.is(value, -0) &&
        (spec.type === 'number' || (value % 1 === 0 && Math.abs(value) < 2 ** 53)) &&
        !(spec.min !== undefined && value < spec.min) &&
        !(spec.max !== undefined && value > spec.max)
      );
    case 'boolean':
      return value === true || value === false;
    case 'string':
      return typeof value === 'string' && (spec.choices === undefined || spec.choices.indexOf(value) >= 0);
    case 'decimal':
      return (
        typeof value === 'string' &&
        /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/.test(value) &&
        !(spec.min !== undefined && Number(value) < Number(spec.min))
      );
    case 'strings':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'numbers':
      return Array.isArray(value) && value.every((one) => typeof one === 'number' && one - one === 0);
  }
}

test('decimals become units exactly, or not at all', (t) => {
  const seed = 5;
  t.diagnostic(`seed ${seed}`);
  assert.equal(parseUnits('100.25', 2), 10_025);
  assert.equal(parseUnits('100.25', 4), 1_002_500);
  assert.equal(parseUnits('100.250', 2), 10_025);
  assert.equal(parseUnits('-0.5', 1), -5);
  assert.equal(parseUnits('-0', 1), 0);
  for (const wrong of [
    '100.251',
    '',
    '.5',
    '5.',
    '1e3',
    '+1',
    ' 1',
    '1 ',
    '0x1',
    '١',
    '1_0',
    'NaN',
    '9007199254740993',
  ]) {
    assert.ok(Number.isNaN(parseUnits(wrong, 2)), wrong);
  }
  const random = new Prng(seed);
  for (let i = 0; i < 5_000; i++) {
    const decimals = random.below(9);
    const units = random.below(2) === 0 ? random.u32() : -random.u32();
    const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
    const cut = digits.length - decimals;
    const text = `${units < 0 ? '-' : ''}${digits.slice(0, cut)}${decimals > 0 ? `.${digits.slice(cut)}` : ''}`;
    assert.equal(parseUnits(text, decimals), units);
    const other = random.u32();
    assert.equal(isDecimalBelow(text, String(other)), Number(text) < other);
    const canonical = canonicalDecimal(text) ?? '';
    assert.equal(parseUnits(canonical, decimals), units);
    assert.equal(canonicalDecimal(canonical), canonical);
  }
});
