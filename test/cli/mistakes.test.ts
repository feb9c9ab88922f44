/** What a user's mistake looks like: one line, a non-zero exit, never a stack trace. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { isOneLine, tapehead, temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

const EQUITIES = join(repositoryRoot(), 'replay-data/equities-session.itch50.gz');

test('a missing file, a directory, an empty file and a file of something else', async (t) => {
  const root = temporaryFolder(t);
  isOneLine(await tapehead(['replay', join(root, 'none.itch')]), /none\.itch/);
  mkdirSync(join(root, 'folder'));
  isOneLine(await tapehead(['replay', join(root, 'folder')]), /folder/);
  writeFileSync(join(root, 'empty'), '');
  isOneLine(await tapehead(['replay', join(root, 'empty')]), /empty/);
  writeFileSync(join(root, 'letter.txt'), 'Dear exchange,\nplease send data.\n');
  isOneLine(await tapehead(['replay', join(root, 'letter.txt')]), /letter\.txt/);
  isOneLine(await tapehead(['book', EQUITIES, '--symbol', 'TAPPE']), /TAPPE/);
});

test('options that make no sense', async () => {
  isOneLine(await tapehead(['replay', EQUITIES, '--speed', 'fast']), /--speed/);
  isOneLine(await tapehead(['replay', EQUITIES, '--threads', '7']), /--threads/);
  isOneLine(await tapehead(['replay', EQUITIES, '--format', 'fix']), /--format/);
  isOneLine(await tapehead(['replay', EQUITIES, '--log', '']), /--log/);
  isOneLine(await tapehead(['book', EQUITIES, '--symbol', 'TAPE', '--at', '0']), /--at/);
  isOneLine(await tapehead(['book', EQUITIES, '--symbol', 'TAPE', '--every']), /--csv/);
  isOneLine(await tapehead(['book', EQUITIES, '--symbol', 'TAPE', '--at', '99999999']), /256,702/);
  isOneLine(await tapehead(['bench', 'nothing-like-it']), /itch-book/);
});

test('a time that no timer holds is refused, instead of being over at once', async () => {
  const result = await tapehead(['live', '--venue', 'binance=BTCUSDT', '--url', 'ws://127.0.0.1:1', '--for', '1000h']);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /--for.*24 days/);
});

test('output that can not be written is one line', { skip: existsSync('/dev/full') ? false : 'no /dev/full' }, () => {
  const full = openSync('/dev/full', 'w');
  const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
  const args = [main, 'book', EQUITIES, '--symbol', 'TAPE', '--at', '20000', '--every', '--csv'];
  const result = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  closeSync(full);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /^tapehead: the output can't be written: ENOSPC.*\n$/);
});

test('a typo in a command is answered with the command meant', async () => {
  const result = await tapehead(['reply', EQUITIES]);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /Did you mean replay\?/);
});

test('a recording with a damaged message names file and byte offset, and its log is closed', async (t) => {
  const root = temporaryFolder(t);
  const bytes = gunzipSync(readFileSync(EQUITIES));
  let offset = 0;
  for (let i = 0; i < 5000; i++) offset += 2 + bytes.readUInt16BE(offset);
  bytes[offset + 2] = '?'.charCodeAt(0);
  const file = join(root, 'damaged.itch');
  writeFileSync(file, bytes);
  const result = await tapehead(['replay', file, '--log', join(root, 'log')]);
  isOneLine(result, new RegExp(`damaged\\.itch.*${offset}`));
  assert.equal((await tapehead(['verify', join(root, 'log')])).code, 0);
  assert.equal((await tapehead(['rerun', join(root, 'log')])).code, 0);
});

test('a recording cut in its last message is replayed up to there and says so', async (t) => {
  const root = temporaryFolder(t);
  const bytes = gunzipSync(readFileSync(EQUITIES));
  let offset = 0;
  for (let i = 0; i < 5000; i++) offset += 2 + bytes.readUInt16BE(offset);
  const file = join(root, 'cut.itch');
  writeFileSync(file, bytes.subarray(0, offset + 7));
  const result = await tapehead(['replay', file, '--log', join(root, 'log'), '--json']);
  assert.equal(result.code, 0);
  assert.match(result.stderr, /cut\.itch ends inside/);
  const summary = JSON.parse(result.stdout);
  assert.equal(summary.messages, 5000);
  assert.match(summary.truncated, /cut\.itch/);
});

test('a log directory in use, closed, or of something else is not written into', async (t) => {
  const root = temporaryFolder(t);
  const dir = join(root, 'log');
  assert.equal((await tapehead(['replay', EQUITIES, '--symbols', 'REEL', '--log', dir])).code, 0);
  isOneLine(await tapehead(['replay', EQUITIES, '--log', dir]), /log/);
  mkdirSync(join(root, 'photos'));
  writeFileSync(join(root, 'photos', 'cat.jpg'), 'meow');
  isOneLine(await tapehead(['replay', EQUITIES, '--log', join(root, 'photos')]), /cat\.jpg/);
  isOneLine(await tapehead(['verify', join(root, 'photos')]), /photos/);
  isOneLine(await tapehead(['rerun', join(root, 'nowhere')]), /nowhere/);
  isOneLine(await tapehead(['log', dir, '--type', 'Adds']), /Adds/);
  isOneLine(await tapehead(['log', dir, '--seq', 'x']), /--seq/);
});

test('help names every command and option; --version is the package version', async () => {
  const help = await tapehead(['--help']);
  for (const command of ['replay', 'book', 'verify', 'rerun', 'log', 'recover', 'bench', 'simulate']) {
    assert.match(help.stdout, new RegExp(`^  ${command}\\b`, 'm'));
    assert.equal((await tapehead([command, '--help'])).code, 0);
  }
  const { version } = JSON.parse(readFileSync(join(repositoryRoot(), 'package.json'), 'utf8'));
  assert.equal((await tapehead(['--version'])).stdout.trim(), version);
});
