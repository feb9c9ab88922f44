import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smoke } from '../support/bench-smoke.ts';

test('var has the figures of its C++ program, after every kind of change', async (t) => {
  const report = await smoke(t, 'var');
  const names = report.figures.map(({ name }) => name);
  for (const what of ['one change', 'what an order', 'whole portfolio', 'Monte Carlo']) {
    assert.ok(
      names.some((name) => name.startsWith(what) || name.includes(what)),
      `${what} in ${names.join(', ')}`,
    );
  }
  const isAbsent = report.notes.some((note) => note.startsWith('no C++'));
  assert.equal(
    names.some((name) => name.endsWith('C++')),
    !isAbsent,
  );
});
