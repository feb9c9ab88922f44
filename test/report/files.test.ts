import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Script } from 'node:vm';
import { report } from '../../src/cli/report.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { Column } from '../../src/report/columns.ts';
import { type ChartSet, chartsOf } from '../../src/report/html/chart-data.ts';
import { amountText } from '../../src/report/money.ts';
import { temporaryFolder } from '../support/command.ts';
import { NaiveReport, naiveText } from '../support/naive-report.ts';
import { plainTerminal } from '../support/plain-terminal.ts';
import { TradingTape } from '../support/trading-log.ts';
import { SESSION_CONFIG, TradingSession } from '../support/trading-session.ts';

interface Written {
  readonly out: string;
  readonly log: string;
  readonly tape: TradingTape;
  read(name: string): string;
}

function writtenReport(t: TestContext, config: unknown = SESSION_CONFIG): Written {
  const folder = temporaryFolder(t);
  const log = join(folder, 'log');
  const tape = new TradingTape(log, config);
  new TradingSession(tape, { seed: 4, steps: 900, rescaleAt: 400, stepNs: 100_000_000 }).run();
  tape.strategyState(2, 1, '</script><b>"ü" & more, quoted', { strategy: 1, cause: tape.seq });
  tape.close();
  const out = join(folder, 'a', 'report');
  assert.equal(report(log, { html: out }, plainTerminal()), 0);
  return { out, log, tape, read: (name) => readFileSync(join(out, name), 'utf8') };
}

/** RFC 4180, as objects by the header's names. */
function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  for (const match of text.matchAll(/([^\n]*)\n/g)) {
    const cells = [...match[1].matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
    rows.push(cells.map((cell) => cell[1]?.replaceAll('""', '"') ?? cell[2]));
  }
  const [head, ...rest] = rows;
  return rest.map((row) => {
    assert.equal(row.length, head.length);
    return Object.fromEntries(head.map((name, i) => [name, row[i]]));
  });
}

test('the page for the terminal says what the JSON says', (t) => {
  const { log } = writtenReport(t);
  const { json } = BacktestReport.of(log);
  const terminal = plainTerminal();
  report(log, {}, terminal);
  const text = terminal.text.replace(/ +/g, ' ');
  const { orders, fills, pnl } = json;
  assert.ok(text.includes(`orders ${orders.orders} = ${orders.filled} filled + ${orders.canceled} canceled`), text);
  assert.ok(text.includes(`fills ${fills.fills} · `));
  for (const one of [...pnl, json.converted!]) {
    assert.ok(text.includes(`net P&L ${amountText(one.net)} ${one.currency} = gross ${amountText(one.gross)}`));
    assert.ok(text.includes(`${one.sharpe!.toFixed(2)} annualised, from ${one.sharpeIntervals} P&L changes`));
  }
  for (const one of json.rejects) assert.ok(text.includes(`${one.count} ${one.action} by ${one.stage}: `));
  for (const one of json.positions)
    assert.ok(text.includes(`\n ${one.symbol} ${one.strategy} ${one.qty} ${one.avgCost}`));
  assert.ok(text.includes('strategy taker halted at 2026-01-02T') && text.includes('Threw Error: onBook threw'));
  assert.ok(text.includes('risk strategy maker limit warning PositionLong (71 of 100)'));
  const printed = plainTerminal();
  report(log, { json: true }, printed);
  assert.deepEqual(JSON.parse(printed.text), JSON.parse(JSON.stringify(json)));
});

test('the report is a page, one JSON object and four CSV files', (t) => {
  const written = writtenReport(t);
  const names = ['equity.csv', 'fills.csv', 'index.html', 'orders.csv', 'positions.csv', 'report.json'];
  assert.deepEqual(readdirSync(written.out).sort(), names);
  assert.deepEqual(
    JSON.parse(written.read('report.json')),
    JSON.parse(JSON.stringify(BacktestReport.of(written.log).json)),
  );
});

test('the rows of the CSV files add up to the report', (t) => {
  const written = writtenReport(t);
  const { json } = BacktestReport.of(written.log);
  const naive = new NaiveReport(written.tape.written, new Map([[1, 50n]]));
  const orders = parseCsv(written.read('orders.csv'));
  assert.equal(orders.length, json.orders.orders);
  assert.equal(orders.filter((row) => row.status === 'Filled').length, json.orders.filled);
  assert.equal(orders.filter((row) => row.reject_stage === 'risk').length, json.orders.rejectedByRisk);
  const fills = parseCsv(written.read('fills.csv'));
  assert.equal(fills.length, json.fills.fills + json.fills.busts);
  for (const [key, held] of naive.holdings) {
    const strategy = ['maker', 'taker'][held.strategy];
    const symbol = ['BTCUSDT', 'ESZ6'][held.instrument];
    const own = fills.filter((row) => row.strategy === strategy && row.symbol === symbol);
    const sum = (of: (row: Record<string, string>) => bigint): bigint =>
      own.reduce((total, row) => total + of(row), 0n);
    assert.equal(
      sum((row) => units(row.fee)),
      held.fees,
    );
    assert.equal(
      sum((row) => units(row.realised)),
      held.realised,
    );
    assert.equal(
      sum((row) => (row.side === 'buy' ? 1n : -1n) * units(row.qty)),
      held.qty,
    );
    const position = parseCsv(written.read('positions.csv')).find(
      (row) => row.strategy === strategy && row.symbol === symbol,
    )!;
    assert.equal(position.net, naiveText(naive.net(key)));
    assert.equal(position.qty, own[own.length - 1].position);
  }
  const equity = parseCsv(written.read('equity.csv'));
  assert.equal(equity.length, json.marks.count);
  const last = equity[equity.length - 1];
  for (const pnl of json.pnl) assert.ok(Math.abs(Number(last[`net_${pnl.currency}`]) - Number(pnl.net)) < 1e-6);
});

test('the page stands alone: no address, valid script and data, text that cannot break out', (t) => {
  const html = writtenReport(t).read('index.html');
  assert.doesNotMatch(html, /https?:|src=|@import|url\(/);
  const scripts = [...html.matchAll(/<script(?: type="application\/json" id="chart-data")?>([\s\S]*?)<\/script>/g)];
  assert.equal(scripts.length, 2);
  const charts = JSON.parse(scripts[0][1]) as ChartSet;
  new Script(scripts[1][1]);
  assert.ok(html.includes('&lt;/script&gt;&lt;b&gt;&quot;ü&quot; &amp; more'));
  for (const { id } of charts.charts) assert.ok(html.includes(`<canvas id="${id}"`), id);
  const titles = [
    'Net P&L of all currencies, in USDT',
    'Net P&L, USD',
    'Drawdown, USD',
    'Net P&L, USDT',
    'Drawdown, USDT',
  ];
  for (const symbol of ['BTCUSDT', 'ESZ6']) titles.push(`${symbol}: fills on price`, `${symbol}: inventory`);
  assert.deepEqual(charts.charts.map((chart) => chart.title).sort(), titles.sort());
  // Every element that is opened is closed, in order.
  const open: string[] = [];
  const body = html.replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/g, '');
  for (const [, close, name, rest] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (['meta', 'path', 'br'].includes(name) || rest.endsWith('/')) continue;
    if (close === '/') assert.equal(open.pop(), name);
    else open.push(name);
  }
  assert.deepEqual(open, []);
});

test('names from the log are text in the page, whatever they hold', (t) => {
  const evil = '<img src=x onerror=alert(1)>';
  const config = {
    trading: { strategies: [{ id: evil }, { id: "'; drop" }], accounts: [{ name: 'a', currency: evil }] },
  };
  const html = writtenReport(t, config).read('index.html');
  assert.doesNotMatch(html, /<img/);
});

test('a line that is thinned for its chart keeps every peak, its least, greatest and last value', (t) => {
  const { log } = writtenReport(t);
  const made = BacktestReport.of(log);
  // Many more marks than a chart has buckets, with peaks and troughs of one mark each.
  const timeNs = new Column();
  const values = new Column();
  for (let i = 0; i < 50_000; i++) {
    timeNs.push(made.pass.startNs + i * 1e5);
    values.push(i % 997 === 500 ? 1000 + i : i % 991 === 400 ? -1000 - i : Math.sin(i / 300) * 10);
  }
  const { marks } = made.pass;
  Object.assign(marks, { timeNs });
  for (const one of [...marks.curves, ...marks.mids]) Object.assign(one, { values });
  const [line] = chartsOf(made).charts[0].lines;
  assert.ok(line.v.length < 6000, String(line.v.length));
  const shown = new Set(line.v);
  for (let i = 0; i < 50_000; i++) if (Math.abs(values.get(i)) > 100) assert.ok(shown.has(values.get(i)), `mark ${i}`);
  assert.equal(line.v[line.v.length - 1], Number(values.get(49_999).toPrecision(10)));
  assert.ok(line.t.every((time, i) => i === 0 || time >= line.t[i - 1]));
});

test('a log without trading makes a page that says so', (t) => {
  const folder = temporaryFolder(t);
  new TradingTape(join(folder, 'log')).close();
  const terminal = plainTerminal();
  report(join(folder, 'log'), { html: join(folder, 'out') }, terminal);
  assert.match(terminal.text, /the log holds no trading: it was made without a strategy/);
  assert.match(readFileSync(join(folder, 'out', 'index.html'), 'utf8'), /The log holds no trading/);
});

/** Decimal text in units of 10^-12. */
function units(text: string): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(`${whole}${fraction.padEnd(12, '0')}`);
}
