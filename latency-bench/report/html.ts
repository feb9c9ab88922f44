/** A run as one self-contained HTML page: no network, no library, no script. */
import { STYLE } from '../../src/report/html/style.ts';
import { countText, escapeHtml, spanText } from '../../src/report/html/text.ts';
import type { Goal } from '../benchmark.ts';
import { goalsOf, isReached, type Measured, type Run } from '../measured.ts';
import { percent } from '../noise.ts';
import { withUnit } from './columns.ts';
import { sectionOf } from './html-section.ts';
import { htmlTable } from './html-table.ts';
import { BENCH_STYLE } from './style.ts';

export function htmlPage(run: Run): string {
  const { measured } = run;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Latency bench · tapehead</title>
<style>${STYLE}${BENCH_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>Latency bench</h1>
<p class="faint">${escapeHtml(subtitle(run))}</p>
</header>
${warnings(run)}${tiles(run)}${contents(measured)}${goals(run)}${measured.map((one) => sectionOf(one, idOf(one))).join('')}${machine(run)}</main>
</body>
</html>
`;
}

function idOf({ name }: Measured): string {
  return `b-${name.replace(/[^\w-]/g, '-')}`;
}

function subtitle({ machine, startedAt, settings }: Run): string {
  const commit = machine.commit === null ? '' : ` (${machine.commit})`;
  const asked = [
    settings.durationS === null ? '' : `, --duration ${settings.durationS}`,
    settings.rate === null ? '' : `, --rate ${settings.rate}`,
  ].join('');
  const when = `${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC`;
  return `${when}, tapehead ${machine.tapehead}${commit}, Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores${asked}`;
}

function warnings({ settings, interrupted, distrust, measured }: Run): string {
  const lines: string[] = [];
  if (settings.smoke) lines.push('A smoke run: the answers were checked, the figures mean nothing.');
  else lines.push(...distrust.map((why) => `Not to be trusted: ${why}.`));
  if (interrupted) lines.push(`Stopped after ${measured.length} of ${settings.benchmarks.length} benchmarks.`);
  for (const { name, failed } of measured) if (failed !== null) lines.push(`${name} failed: ${failed}`);
  return lines.map((line) => `<p class="warn">${escapeHtml(line)}</p>\n`).join('');
}

function tiles(run: Run): string {
  const { measured, settings, machine, distrust } = run;
  const all = measured.flatMap((one) => goalsOf(one, settings));
  const failed = measured.filter((one) => one.failed !== null).length;
  const reached = all.filter(isReached).length;
  const elapsedNs = measured.reduce((sum, { elapsedMs }) => sum + elapsedMs * 1e6, 0);
  const { jitter } = machine;
  return `<dl class="tiles">${[
    tile(
      'Benchmarks',
      countText(measured.length),
      failed === 0 ? `in ${spanText(elapsedNs)}, every answer checked` : `${failed} failed`,
      failed === 0 ? '' : 'bad',
    ),
    all.length === 0
      ? tile('Goals', '-', settings.smoke ? 'none in a smoke run' : 'none in these benchmarks')
      : tile(
          'Goals reached',
          `${reached} of ${all.length}`,
          `${all.length - reached} missed`,
          reached === all.length ? 'good' : 'bad',
        ),
    tile(
      'Trusted',
      distrust.length === 0 && !settings.smoke ? 'yes' : 'no',
      distrust.length === 0 ? 'the machine was quiet' : 'see above',
      distrust.length === 0 && !settings.smoke ? 'good' : 'bad',
    ),
    tile(
      'A spinning thread lost',
      percent(jitter.lostShare),
      `${countText(jitter.interruptions)} interruptions in ${Math.round(jitter.probedMs)} ms, at most ${spanText(jitter.longestNs)}`,
    ),
    tile('Clock', spanText(machine.clockNs), `a reading, in steps of ${spanText(machine.clockStepNs)}`),
  ].join('')}</dl>\n`;
}

function tile(name: string, value: string, small: string, css = ''): string {
  const sign = css === '' ? '' : ` class="${css}"`;
  return `<div><dt>${escapeHtml(name)}</dt><dd${sign}>${escapeHtml(value)}</dd><dd><small>${escapeHtml(small)}</small></dd></div>`;
}

function contents(measured: readonly Measured[]): string {
  if (measured.length < 2) return '';
  const links = measured.map((one) => `<li><a href="#${idOf(one)}">${escapeHtml(one.name)}</a></li>`);
  return `<nav aria-label="Benchmarks"><ul>${links.join('')}</ul></nav>\n`;
}

function goals({ measured, settings }: Run): string {
  const rows = measured.flatMap((one) => goalsOf(one, settings).map((goal) => goalRow(one, goal)));
  if (rows.length === 0) return '';
  const head = ['goal', '', 'value', 'limit', 'benchmark'];
  return `<h2>Goals</h2>\n${htmlTable('Goals, with what was reached in this run', head, rows, { text: [1, 4] })}`;
}

function goalRow(one: Measured, goal: Goal): string[] {
  const badge = isReached(goal)
    ? '<span class="badge good">✓ reached</span>'
    : '<span class="badge bad">✗ missed</span>';
  const limit = `${goal.better === 'higher' ? '≥' : '≤'} ${withUnit(goal.limit, goal.unit)}`;
  const link = `<a href="#${idOf(one)}">${escapeHtml(one.name)}</a>`;
  return [escapeHtml(goal.name), badge, escapeHtml(withUnit(goal.value, goal.unit)), escapeHtml(limit), link];
}

function machine({ machine, jitterAfter, settings }: Run): string {
  const jitterText = ({ interruptions, probedMs, longestNs, lostShare }: typeof machine.jitter): string =>
    `${interruptions} interruptions in ${Math.round(probedMs)} ms, ${percent(lostShare)} of the time, at most ${spanText(longestNs)}`;
  const shareOf = (share: number | null): string => (share === null ? 'not known' : `${percent(share)} of the cores`);
  const facts: [string, string][] = [
    ['Processor', `${machine.cpu}, ${machine.cores} cores${machine.isVirtual === true ? ', virtual machine' : ''}`],
    ['Memory', `${machine.memoryGb} GB, transparent huge pages: ${machine.hugePages ?? 'not known'}`],
    ['System', machine.system],
    ['tapehead', `${machine.tapehead}${machine.commit === null ? '' : `, commit ${machine.commit}`}`],
    ['Node', `${machine.node}, V8 ${machine.v8}`],
    ['Governor', machine.governor ?? 'not readable'],
    ['Pinning', machine.pinning],
    [
      'Clock',
      `${machine.clockSource ?? 'not known'}, ${machine.clockNs} ns a reading, steps of ${machine.clockStepNs} ns`,
    ],
    ['Load before', machine.loadAverage.join(', ')],
    ['Others before', shareOf(machine.othersShare)],
    ['Stolen before', shareOf(machine.stolenShare)],
    ['Jitter before', jitterText(machine.jitter)],
    ['Jitter after', jitterAfter === null ? 'not measured' : jitterText(jitterAfter)],
    ['Logs', `${machine.tempFolder} (${machine.tempFileSystem})`],
    ['Recording', settings.file ?? 'made for the run, or replay-data/'],
  ];
  const list = facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return `<h2>Machine</h2>\n<dl class="facts">${list.join('\n')}</dl>\n`;
}
