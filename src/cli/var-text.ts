/** What `tapehead var` prints for people. */
import type { Contribution } from '../portfolio/methods/attribution.ts';
import type { RiskSettings } from '../portfolio/methods/settings.ts';
import type { AlignReport } from '../portfolio/prices/align.ts';
import { figure, line, percent, type Unit } from './risk-text.ts';
import { count, plural, type Terminal, table } from './terminal.ts';
import type { VarAnswer, VarOptions } from './var.ts';
import type { GreekRow, Greeks } from './var-holdings.ts';

export function portfolioText(
  { portfolio, from, to, result, attribution, greeks }: VarAnswer,
  settings: RiskSettings,
  options: VarOptions,
  terminal: Terminal,
): string {
  if (!result.available) return '';
  const { unit, aligned } = portfolio;
  const level = `${percent(settings.confidence)} %`;
  const { standardError: error } = result;
  const lines = [
    line(`VaR ${level}`, `${terminal.bold(figure(result.var, unit))}${margin(error?.var, unit)}`),
    ...(options.es === true
      ? [line(`ES ${level}`, `${terminal.bold(figure(result.es, unit))}${margin(error?.es, unit)}`)]
      : []),
    line('horizon', horizonText(settings)),
    line('method', methodText(settings)),
    ...(portfolio.book.hasOptions ? [line('revaluation', options.revaluation ?? 'full')] : []),
    line('observations', `${count(result.observations)}, ${from} to ${to}`),
    ...dataLines(aligned.report),
    ...result.notes.map((note) => line('note', note)),
    ...[...aligned.report.notes, ...portfolio.book.notes].map((note) => line('note', note)),
  ];

  let text = `${terminal.bold('tapehead var')}  ${options.prices}\n\n${lines.join('')}`;
  if (attribution !== null) {
    text += `\n${contributionTable('component', attribution.components, result.var, unit)}`;
    for (const [label, rows] of Object.entries(attribution.groups)) {
      text += `\n${contributionTable(label, rows, result.var, unit)}`;
    }
  }
  if (greeks !== null) text += `\n${greekTable(greeks)}`;
  return text;
}

export function eachText(
  answers: readonly VarAnswer[],
  settings: RiskSettings,
  options: VarOptions,
  terminal: Terminal,
): string {
  const level = `${percent(settings.confidence)} %`;
  const header = [
    'column',
    `VaR ${level}`,
    ...(options.es === true ? [`ES ${level}`] : []),
    'observations',
    'from',
    'to',
  ];
  const rows = answers.map(({ portfolio: { aligned, unit }, from, to, result }) => {
    if (!result.available) return [aligned.names[0], 'none', ...(options.es === true ? ['none'] : []), '-', from, to];
    const es = options.es === true ? [figure(result.es, unit)] : [];
    return [aligned.names[0], figure(result.var, unit), ...es, count(result.observations), from, to];
  });
  const notes = answers.flatMap(({ portfolio: { aligned }, result }) =>
    [...(result.available ? result.notes : []), ...aligned.report.notes].map((note) =>
      line('note', `${aligned.names[0]}: ${note}`),
    ),
  );
  const head = `${line('horizon', horizonText(settings))}${line('method', methodText(settings))}`;
  const dropped = answers.reduce((sum, { portfolio }) => sum + portfolio.aligned.report.datesDropped, 0);
  const missing =
    dropped === 0 ? '' : line('missing', `${count(dropped)} values: their dates are left out, column by column`);
  return `${terminal.bold('tapehead var')}  ${options.prices}\n\n${head}${missing}\n${table([header, ...rows])}${notes.length === 0 ? '' : `\n${notes.join('')}`}`;
}

function margin(error: number | undefined, unit: Unit): string {
  return error === undefined ? '' : `  standard error ${figure(error, unit)}`;
}

function horizonText({ horizonDays, horizonRule }: RiskSettings): string {
  const periods = plural(horizonDays, 'period');
  if (horizonDays === 1) return periods;
  return horizonRule === 'sqrt'
    ? `${periods}: one period's figures x sqrt(${horizonDays})`
    : `${periods}, overlapping returns`;
}

export function methodText({ method }: RiskSettings): string {
  switch (method.method) {
    case 'age-weighted':
      return `${method.method}, decay ${method.decay}`;
    case 'filtered':
      return `${method.method}, lambda ${method.lambda}`;
    case 'parametric':
    case 'monte-carlo': {
      const { covariance, distribution } = method;
      const shape =
        distribution.kind === 'gaussian' ? 'Gaussian' : `Student's t with ${distribution.df} degrees of freedom`;
      const lambda = covariance.kind === 'ewma' ? `, lambda ${covariance.lambda}` : '';
      const paths = method.method === 'monte-carlo' ? `, ${count(method.paths)} paths, seed ${method.seed}` : '';
      return `${method.method}, ${shape}, ${covariance.kind} covariance${lambda}, mean ${covariance.mean}${paths}`;
    }
    default:
      return method.method;
  }
}

export function dataLines(report: AlignReport): string[] {
  const { instruments, dates, datesDropped, missingValues, valuesCarried, returnsOverGaps, splitsApplied } = report;
  const lines = [line('instruments', count(instruments))];
  if (missingValues.length > 0) {
    const most = [...missingValues].sort((a, b) => b.values - a.values).slice(0, 3);
    const named = most.map(({ instrument, values }) => `${instrument} ${count(values)}`).join(', ');
    const more = missingValues.length > most.length ? ` and ${missingValues.length - most.length} more` : '';
    lines.push(line('missing', `${named}${more} of ${count(dates)} values`));
  }
  if (valuesCarried > 0) lines.push(line('carried', `${count(valuesCarried)} missing prices: the one before went on`));
  if (datesDropped > 0) {
    lines.push(line('dropped', `${plural(datesDropped, 'date')} of ${count(dates)} on which not all have a value`));
  }
  if (returnsOverGaps > 0) lines.push(line('gaps', `${plural(returnsOverGaps, 'return')} over dropped dates`));
  if (splitsApplied > 0) lines.push(line('splits', `${count(splitsApplied)} applied`));
  return lines;
}

/** Money: what a small move of one factor makes, and for gamma what it adds to the delta. */
function greekTable(greeks: Greeks): string {
  const row = (one: GreekRow): string[] => [
    one.name,
    ...[one.value, one.deltaPerPercent, one.gammaPerPercent, one.vegaPerPoint, one.thetaPerDay, one.rhoPerPoint].map(
      (value) => figure(value, 'money'),
    ),
  ];
  const header = ['greeks', 'value', 'delta 1 %', 'gamma 1 %', 'vega 1 pt', 'theta 1 day', 'rho 1 pt'];
  return table([header, ...greeks.holdings.map(row), row(greeks.total)]);
}

function contributionTable(name: string, rows: readonly Contribution[], total: number, unit: Unit): string {
  const share = (value: number): string => (total === 0 ? '-' : ((value / total) * 100).toFixed(1));
  const sum = (of: (row: Contribution) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const line = (label: string, row: Omit<Contribution, 'name'>): string[] => [
    label,
    figure(row.exposure, unit),
    figure(row.var, unit),
    share(row.var),
    figure(row.es, unit),
    row.incrementalVar === null ? '-' : figure(row.incrementalVar, unit),
  ];
  const all = line('total', {
    exposure: sum((row) => row.exposure),
    var: sum((row) => row.var),
    es: sum((row) => row.es),
    incrementalVar: null,
    incrementalEs: null,
  });
  return table([
    [name, 'exposure', 'VaR', '%', 'ES', 'incremental VaR'],
    ...[...rows].sort((a, b) => b.var - a.var).map((row) => line(row.name, row)),
    all,
  ]);
}
