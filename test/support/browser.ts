/** The dashboard's page in a real browser, for tests. Where there is no Chromium, they are skipped by name. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Opened } from '../../src/dashboard/messages.ts';
import type { DashboardRole } from '../../src/dashboard/protocol.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What `skip` of a test takes: false, or why. */
export const noBrowser: string | false = existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}`;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

export interface PageOptions {
  readonly role?: DashboardRole;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

/** Signs in and waits for the panels. Errors of the page and of its content policy go into `errors`. */
export async function openPage(
  browser: Browser,
  opened: Opened,
  { role = 'admin', width = 1280, height = 800, scheme = 'light' }: PageOptions = {},
): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // The page asks whether it is signed in; the browser reports that it is not.
    if (message.type() === 'error' && !message.text().includes('401')) errors.push(message.text());
  });
  await signIn(page, opened, role);
  return { page, errors };
}

export async function signIn(page: Page, opened: Opened, role: DashboardRole = 'admin'): Promise<void> {
  await page.goto(opened.url);
  await page.fill('#token', opened.madeUp?.[role] ?? '');
  await page.press('#token', 'Enter');
  await page.waitForSelector('#ladder');
}

/** Waits until the expression holds in the page. (Playwright's own waiting evaluates text in a way the page's policy forbids.) */
export async function until(page: Page, expression: string, timeoutMs = 20_000): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (!(await page.evaluate<boolean>(`Boolean(${expression})`))) {
    if (performance.now() > untilMs) throw new Error(`waited ${timeoutMs} ms in vain for ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
