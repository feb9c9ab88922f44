/** What is bundled into the page keeps its licence beside it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Assets } from '../../src/dashboard/assets.ts';
import { repositoryRoot } from '../support/paths.ts';

test('the licences of uPlot and MessagePack are served beside the page that holds their code', () => {
  const assets = new Assets(join(repositoryRoot(), 'dist', 'src', 'dashboard', 'page', 'assets'));
  const request = { method: 'GET', path: '/THIRD-PARTY.txt', query: '', header: () => '', remoteAddress: '127.0.0.1' };
  const reply = assets.reply({ ...request, body: Buffer.alloc(0) });
  assert.equal(reply?.status, 200);
  assert.match(String(reply?.headers?.['Content-Type']), /^text\/plain/);
  const text = String(reply?.body);
  assert.match(text, /Leon Sorokin/);
  assert.match(text, /MessagePack Community/);
});
