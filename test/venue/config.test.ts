/** The venue's configuration: what is refused, in one line each, and latency files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TapeheadError } from '../../src/core/errors.ts';
import { inlineLatencyFiles, parseVenueConfig } from '../../src/venue/venue-config.ts';

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  }
  return assert.fail('not refused');
}

test('an empty configuration is a whole one', () => {
  const config = parseVenueConfig({});
  assert.deepEqual(config, parseVenueConfig(undefined));
  assert.deepEqual(config.entryLatency, { model: 'constant', ns: 500_000 });
  assert.deepEqual(parseVenueConfig(JSON.parse(JSON.stringify(config))), config, 'it may stand in the identity');
});

for (const [what, value, expected] of [
  ['an unknown key', { latency: 5 }, /^venue: .*latency/],
  ['an unknown key inside', { fees: { tier: [] } }, /^venue\.fees: .*tier/],
  ['a wrong type', { horizonNs: '5' }, /^venue\.horizonNs: /],
  ['a fraction of a ns', { entryLatency: { model: 'constant', ns: 1.5 } }, /^venue\.entryLatency\.ns: /],
  ['NaN', { horizonNs: Number.NaN }, /^venue\.horizonNs: /],
  ['an unknown model', { entryLatency: { model: 'magic' } }, /^venue\.entryLatency\.model: /],
  ['a recorded entry latency', { entryLatency: { model: 'recorded' } }, /^venue\.entryLatency\.model: /],
  ['bounds the wrong way round', { entryLatency: { model: 'uniform', minNs: 5, maxNs: 4 } }, /maxNs is below minNs/],
  ['no values', { entryLatency: { model: 'sequence', valuesNs: [] } }, /^venue\.entryLatency\.valuesNs: /],
  [
    'times that go back',
    { entryLatency: { model: 'interpolated', timesNs: [2, 1], valuesNs: [1, 1] } },
    /timesNs goes back/,
  ],
  ['a model without its exponent', { queueModel: { model: 'power' } }, /^venue\.queueModel\.n: /],
  [
    'a fee that is a number',
    { fees: { tiers: [{ makerBps: 1, takerBps: '1' }] } },
    /^venue\.fees\.tiers\.0\.makerBps: /,
  ],
  ['a fee too fine', { fees: { tiers: [{ makerBps: '0.00001', takerBps: '1' }] } }, /basis points/],
  [
    'tiers out of order',
    {
      fees: {
        tiers: [
          { makerBps: '1', takerBps: '1' },
          { makerBps: '1', takerBps: '1' },
        ],
      },
    },
    /tier 1/,
  ],
  ['tiers from above zero', { fees: { tiers: [{ fromNotional: '5', makerBps: '1', takerBps: '1' }] } }, /begin at "0"/],
  ['a probability above one', { rejects: { newProbability: 1.1 } }, /^venue\.rejects\.newProbability: /],
  ['not an object', 5, /^venue: /],
] as const) {
  test(`${what} is refused`, () => {
    assert.match(
      message(() => parseVenueConfig(value)),
      expected,
    );
  });
}

test('a latency file becomes values: one column, time and latency, round trips', () => {
  const files: Record<string, string> = {
    one: 'latency_ns\n100\n200\n',
    two: '# recorded\n1000,7\n2000,9\n',
    three:
      'req,exch,resp\n1723161600000000100,1723161600000000150,1723161600000000190\n1723161600000001000,1723161600000001020,1723161600000001090\n',
  };
  const file = (name: string, draw: string) => ({ model: 'file', file: name, draw });
  const inline = (value: object) => parseVenueConfig(inlineLatencyFiles(value, (name) => files[name]));
  const config = inline({ feedLatency: file('one', 'sequence'), entryLatency: file('two', 'interpolate') });
  assert.deepEqual(config.feedLatency, { model: 'sequence', valuesNs: [100, 200] });
  assert.deepEqual(config.entryLatency, { model: 'interpolated', timesNs: [1000, 2000], valuesNs: [7, 9] });
  const trips = inline({ entryLatency: file('three', 'interpolate'), responseLatency: file('three', 'interpolate') });
  assert.deepEqual(trips.entryLatency, { model: 'interpolated', timesNs: [100, 1000], valuesNs: [50, 20] });
  assert.deepEqual(trips.responseLatency, { model: 'interpolated', timesNs: [150, 1020], valuesNs: [40, 70] });
});

for (const [text, draw, expected] of [
  ['1,2\n3\n', 'sequence', /^f: line 2: expected 1, 2 or 3 columns/],
  ['1\n-5\n', 'sequence', /^f: line 2: latency -5/],
  ['1\nx\n', 'sequence', /^f: line 2: expected whole numbers/],
  ['5\n', 'interpolate', /^f: line 1: "interpolate" needs a time/],
  ['5,1\n4,1\n', 'interpolate', /^f: line 2: times go back/],
  ['\n# nothing\n', 'sequence', /f has no latencies/],
] as const) {
  test(`a latency file is refused: ${JSON.stringify(text)}`, () => {
    const value = { entryLatency: { model: 'file', file: 'f', draw } };
    assert.match(
      message(() => inlineLatencyFiles(value, () => text)),
      expected,
    );
  });
}

test('a latency file that is not there is named', () => {
  const value = { entryLatency: { model: 'file', file: 'gone.csv' } };
  const fail = (): string => {
    throw new Error('ENOENT');
  };
  assert.match(
    message(() => inlineLatencyFiles(value, fail)),
    /^venue\.entryLatency\.file: gone\.csv can't be read: ENOENT/,
  );
});
