/** The page over a finished log of a run that did not trade: moments of it by number, by keys and by dragging. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { Opened } from '../../../src/dashboard/messages.ts';
import { launch, noBrowser, openPage, until } from '../../support/browser.ts';
import { temporaryFolder } from '../../support/command.ts';
import { repositoryRoot } from '../../support/paths.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const EQUITIES = join(repositoryRoot(), 'replay-data', 'equities-session.itch50.gz');

let browser: Browser;
const options = { skip: noBrowser };

before(async () => {
  if (noBrowser === false) browser = await launch();
});
after(async () => {
  if (noBrowser === false) await browser.close();
});

/** Runs `tapehead` until `act` is done with the dashboard that it serves. */
async function withDashboard(args: readonly string[], act: (opened: Opened) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    let text = '';
    const opened = await new Promise<Opened>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        text += chunk.toString();
        const url = /dashboard at (http:\S+)/.exec(text)?.[1];
        const tokens = /token to view\s+(\S+)\s[\s\S]*token to trade\s+(\S+)\s[\s\S]*token to admin\s+(\S+)\s/.exec(
          text,
        );
        if (url === undefined || tokens === null) return;
        const [, view, trade, admin] = tokens;
        resolve({ url, madeUp: { view, trade, admin }, library: '', remark: '' });
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
    });
    await act(opened);
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

test('a finished log is looked at from moment to moment; panels say why they are empty', options, async (t) => {
  const log = join(temporaryFolder(t), 'log');
  const replay = spawn(process.execPath, [MAIN, 'replay', EQUITIES, '--log', log], { stdio: 'ignore' });
  assert.equal(await new Promise((resolve) => replay.once('exit', resolve)), 0);
  await withDashboard(['dashboard', log], async (opened) => {
    const { page, errors } = await openPage(browser, opened, { role: 'view' });
    await page.waitForSelector('#watch tbody tr');
    assert.equal(await page.isHidden('#kill'), true);
    assert.match((await page.textContent('#positions .empty')) ?? '', /does not trade: books only/);
    assert.match((await page.textContent('#latency .empty')) ?? '', /finished log has none/);
    const seek = async (time: string): Promise<void> => {
      const [hours, minutes] = time.split(':').map(Number);
      const ms = (hours * 60 + minutes) * 60_000 + 30_000; // shown is the last record before
      await page.fill('#moment', String(ms));
      await until(page, `document.querySelector('.moment').textContent.startsWith('${time}')`);
    };
    // The middle of the book as a number: how many decimals are shown may grow with what was seen.
    const middle = "Number(document.querySelector('#ladder .middle').textContent.split(' ')[1].replaceAll(',', ''))";
    const seekFrom = async (before: number, time: string): Promise<number> => {
      await seek(time);
      await until(page, `${middle} !== ${before}`);
      return page.evaluate<number>(middle);
    };
    await until(page, `${middle} > 0`);
    const morning = await seekFrom(await page.evaluate<number>(middle), '10:12');
    const afternoon = await seekFrom(morning, '14:30');
    assert.equal(await seekFrom(afternoon, '10:12'), morning);

    // With keys alone: to the slider, a minute and a second at a time, and from anywhere on the page.
    const moment = async (time: string): Promise<void> => {
      await until(page, `document.querySelector('#moment').getAttribute('aria-valuetext') === '${time}.000'`);
    };
    await seek('10:12');
    await page.keyboard.press('s');
    assert.equal(await page.evaluate('document.activeElement.id'), 'moment');
    for (const [key, time] of [
      ['PageUp', '10:13:30'],
      ['PageDown', '10:12:30'],
      ['ArrowRight', '10:12:31'],
      ['[', '10:12:30'],
    ] as const) {
      await page.keyboard.press(key);
      await moment(time);
    }
    for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp');
    await until(page, "document.querySelector('.moment').textContent.startsWith('10:15')");
    await page.keyboard.press('Home');
    await until(page, `document.querySelector('#moment').value === document.querySelector('#moment').min`);
    await until(page, `document.querySelector('.moment').textContent < '04'`);

    // Dragged: what is shown follows while the button is still down.
    const track = await page.locator('#moment').boundingBox();
    assert.ok(track !== null);
    const y = track.y + track.height / 2;
    await page.mouse.move(track.x + 8, y);
    await page.mouse.down();
    const seen: string[] = [];
    for (const share of [0.35, 0.5, 0.7]) {
      await page.mouse.move(track.x + track.width * share, y, { steps: 3 });
      await until(page, `document.querySelector('.moment').textContent > '${seen.at(-1) ?? '04'}'`);
      seen.push((await page.textContent('.moment')) ?? '');
    }
    await page.mouse.up();
    await until(page, `${middle} > 0`);
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});
