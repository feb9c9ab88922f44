/** A chart that was not to be seen while its last numbers came shows them when it is seen again. */
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launch, noBrowser, openPage, until } from '../../support/browser.ts';
import { DashboardRig } from '../../support/dashboard-rig.ts';
import { DashboardScene } from '../../support/dashboard-scene.ts';

let browser: Browser;
const options = { skip: noBrowser };

before(async () => {
  if (noBrowser === false) browser = await launch();
});
after(async () => {
  if (noBrowser === false) await browser.close();
});

const PICTURE = `document.querySelector('#pnl canvas').toDataURL()`;

test('what came while a chart was hidden is drawn when it is shown, though nothing more comes', options, async () => {
  const hello = { strategies: ['maker'], currency: 'USD' };
  const rig = await DashboardRig.start({}, undefined, { hasBegun: true, hasPage: true, hello });
  const scene = new DashboardScene(rig.view.model, 2, 5, 4);
  for (let i = 0; i < 30; i++) scene.step();
  try {
    const { page } = await openPage(browser, rig.opened, { height: 2000 });
    await until(
      page,
      `document.querySelector('#pnl canvas') !== null && document.querySelector('#fills tbody tr') !== null`,
    );
    await until(page, `(window.before = ${PICTURE}).length > 0`);
    await page.evaluate(`document.querySelector('#pnl .plot').style.display = 'none'`);
    const fills = await page.evaluate<string>(`document.querySelector('#fills tbody tr').textContent`);
    for (let i = 0; i < 60; i++) scene.step(1e9);
    await until(page, `document.querySelector('#fills tbody tr').textContent !== ${JSON.stringify(fills)}`);
    await page.waitForTimeout(600); // the panel draws four times a second
    await page.evaluate(`document.querySelector('#pnl .plot').style.display = ''`);
    await until(page, `${PICTURE} !== window.before`, 3_000);
    await page.context().close();
  } finally {
    await rig.close();
  }
});
