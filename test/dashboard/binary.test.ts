/** The websocket library is a rebuilt binary of somebody else's: it is the one that was looked at. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const SHA256 = 'f4fa5d7b697529b45ac8aa3d57385d9af51bc1d2b26aa9f5b68ca4361542e665';
const isThatOne = process.platform === 'linux' && process.arch === 'x64' && process.versions.modules === '115';

test("uWebSockets.js' binary for linux-x64, ABI 115, has the sha256 that was examined", {
  skip: isThatOne ? false : 'another platform or version of Node',
}, () => {
  const folder = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
  const binary = readFileSync(join(folder, 'uws_linux_x64_115.node'));
  assert.equal(createHash('sha256').update(binary).digest('hex'), SHA256);
});
