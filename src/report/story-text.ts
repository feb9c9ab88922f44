/** An order's story as text: what led to it, what each check said, each state, report and fill, how long each part took. */
import { type DecodedRecord, recordLine } from '../audit/record-text.ts';
import { duration, plural, table } from '../core/text.ts';
import type { LogScan } from './log-scan.ts';
import type { CheckVerdict, OrderStory, StoryStep } from './order-story.ts';

/** How words are set off: a terminal's colours, or not at all. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  bad(text: string): string;
}

/** Names of checks are wrapped at this width. */
const WIDTH = 110;
/** ClOrdIDs of a chain that are shown one by one. */
const MAX_IDS = 8;
const INDENT = ' '.repeat(37);

/** The story as lines, a newline behind each. */
export function storyText(told: OrderStory, scan: LogScan, paint: Paint): string {
  const ids = told.clOrdIds.length === 0 ? '' : `   ClOrdID ${chainText(told.clOrdIds)}`;
  const head = [told.strategy, told.side, told.symbol].filter((text) => text !== '').join(' ');
  const lines = [`${paint.bold(`order ${told.orderId}`)}  ${head}   ${told.status}${ids}\n`];
  if (told.sameClOrdId !== 0) lines.push(paint.dim(`the ClOrdID of this number is order ${told.sameClOrdId}'s\n`));
  lines.push('\n');
  const startNs = told.steps[0].record.ns;
  let day = '';
  let checksBefore = '';
  for (const step of told.steps) {
    const { record } = step;
    const [date, clock] = clockOf(scan.time(record.ns));
    if (date !== day) {
      if (date !== '') lines.push(`  ${paint.dim(date)}\n`);
      day = date;
    }
    const since = `+${duration(record.ns - startNs)}`.padStart(10);
    const kind = step.kind.padEnd(7);
    lines.push(`  ${clock} ${paint.dim(since)}  ${paint.bold(kind)} ${stepText(step, paint)}`);
    lines.push(paint.dim(`   seq ${record.seq}\n`));
    if (step.checks === undefined) continue;
    const checks = checkLines(step.checks, paint);
    if (checks !== checksBefore) lines.push(checks); // a replace goes through the same ones again and again
    checksBefore = checks;
  }
  if (told.stages.length > 0) {
    const rows = told.stages.map(({ name, fromNs, toNs }) => [name, signed(toNs - fromNs)]);
    lines.push('\n', table([['stage', 'took'], ...rows]));
  }
  return lines.join('');
}

/** The first and the last few of a long chain. */
function chainText(ids: readonly number[]): string {
  const shown = ids.length <= MAX_IDS ? ids : [...ids.slice(0, 3), '…', ...ids.slice(-3)];
  return `${shown.join(' → ')}${ids.length <= MAX_IDS ? '' : ` (${ids.length} requests)`}`;
}

/** `2026-01-02T09:30:00.1Z` → date and time of day; a log without a day has only the latter. */
function clockOf(time: string): [string, string] {
  const [date, clock] = time.split('T');
  return clock === undefined ? ['', time] : [date, clock.replace('Z', '')];
}

function stepText(step: StoryStep, paint: Paint): string {
  const plain = withoutZeros(step.record.decoded);
  const decoded = withUnits(plain);
  switch (step.kind) {
    case 'cause':
      return recordBody(plain);
    case 'intent':
      return intentText(decoded);
    case 'risk':
      return step.refusal === undefined ? acceptedText(step, decoded) : paint.bad(refusedText(step, decoded));
    case 'state':
      return stateText(step, decoded);
    case 'report':
      return reportText(step, decoded, paint);
    default:
      return fillText(step, decoded);
  }
}

/** Decimals as short as they can be: venues that state eight decimals rarely need them. */
function withoutZeros(decoded: DecodedRecord): DecodedRecord {
  const entries = Object.entries(decoded).map(([name, value]) => {
    const isDecimal = typeof value === 'string' && /^-?\d+\.\d+$/.test(value);
    return [name, isDecimal ? value.replace(/\.?0+$/, '') : value];
  });
  return Object.fromEntries(entries) as DecodedRecord;
}

/** With ticks and lots in place of the prices and quantities of an instrument that is not known. */
function withUnits(decoded: DecodedRecord): DecodedRecord {
  const fields: Record<string, DecodedRecord[string]> = { ...decoded };
  for (const [name, value] of Object.entries(decoded)) {
    const unit = /(Ticks|Lots)$/.exec(name)?.[1];
    if (unit !== undefined) fields[name.slice(0, -unit.length)] ??= `${value} ${unit.toLowerCase()}`;
  }
  return fields as DecodedRecord;
}

/** A record as `tapehead log` prints it, without its number and time. */
function recordBody(decoded: DecodedRecord): string {
  const line = recordLine(decoded).replace(/\s+/g, ' ').trim();
  return line.slice(line.indexOf(decoded.time) + decoded.time.length + 1);
}

function intentText(d: DecodedRecord): string {
  const clOrdId = d.clOrdId === undefined ? '' : `, ClOrdID ${d.clOrdId}`; // a replace or cancel gets its own once it is sent
  if (d.action !== 'new' && d.action !== 'replace') return `${d.action}${clOrdId}`;
  const at = d.price === undefined ? '' : ` at ${d.price}`;
  if (d.action === 'replace') return `replace with ${d.qty}${at}${clOrdId}`;
  const extras = [
    d.timeInForce,
    Array.isArray(d.flags) ? d.flags.join('+') : undefined,
    d.stopPrice === undefined ? undefined : `stop ${d.stopPrice}`,
    d.displayQty === undefined ? undefined : `showing ${d.displayQty}`,
    d.peg === undefined ? undefined : `pegged to ${d.peg} ${d.pegOffsetTicks} ticks`,
    d.parent === undefined ? undefined : `child of parent ${d.parent}`,
    d.group === undefined ? undefined : `group ${d.group} (${d.groupKind})`,
  ];
  const how = extras.filter((text) => text !== undefined).join(', ');
  return `new ${d.ordType}: ${d.side} ${d.qty} ${d.symbol}${at}, ${how}${clOrdId}`;
}

function acceptedText(step: StoryStep, d: DecodedRecord): string {
  const checks = step.checks ?? [];
  const warned = checks.filter((one) => one.verdict === 'warned').map((one) => one.name);
  const near = Number(d.limit) > 0 ? `; the nearest to its limit: ${d.value} of ${d.limit}` : '';
  const warning = warned.length === 0 ? '' : `; near their limit: ${warned.join(', ')}`;
  if (checks.length === 0) return `${d.action} accepted`;
  return `${d.action} accepted by ${plural(checks.length, 'check')}${near}${warning}`;
}

function refusedText(step: StoryStep, d: DecodedRecord): string {
  const check = step.checks?.[step.checks.length - 1];
  if (check === undefined) return `${d.action} refused before the checks: ${step.rejectCode} ${step.refusal}`;
  const figures = d.value === 0 && d.limit === 0 ? '' : `, value ${d.value}, limit ${d.limit}`;
  return `${d.action} refused at ${check.name}: ${step.rejectCode} ${step.refusal}${figures}`;
}

function stateText(step: StoryStep, d: DecodedRecord): string {
  const change = d.before === undefined ? `${d.ordStatus} as before` : `${d.before} → ${d.ordStatus}`;
  const average = d.avgPxTicks === undefined ? '' : `, average ${averagePrice(d)}`;
  const outcome = d.outcome === 'applied' || d.outcome === 'local' ? '' : `; the report was not applied: ${d.outcome}`;
  const refusal = step.refusal === undefined ? '' : `; ${step.rejectCode} ${step.refusal}`;
  return `${change}, executed ${d.cumQty}, open ${d.leavesQty}${average}${refusal}${outcome}`;
}

/** AvgPx as a price: the record's own price says how many ticks make one. */
function averagePrice(d: DecodedRecord): string {
  const ticksPerUnit = Number(d.priceTicks) / Number(d.price);
  if (!(ticksPerUnit > 0)) return `${d.avgPxTicks} ticks`;
  return String(Number((Number(d.avgPxTicks) / ticksPerUnit).toPrecision(12)));
}

function reportText(step: StoryStep, d: DecodedRecord, paint: Paint): string {
  const parts = [String(d.execType)];
  if (d.lastQty !== undefined) parts.push(`${d.lastQty} at ${d.lastPx}`);
  if (d.liquidity !== undefined) parts.push(`as ${d.liquidity}`);
  if (d.fillReason !== undefined) parts.push(String(d.fillReason));
  if (d.orderQty !== undefined && d.execType !== 'New' && d.execType !== 'Trade')
    parts.push(`now ${d.orderQty}${d.price === undefined ? '' : ` at ${d.price}`}`);
  if (d.queueAhead !== undefined) parts.push(`${d.queueAhead} ahead in the queue`);
  if (d.refExecId !== undefined) parts.push(`of execution ${d.refExecId}`);
  parts.push(`at the venue ${clockOf(String(d.venueTime))[1]}`);
  const text = parts.join(', ');
  return step.refusal === undefined ? text : `${text}; ${paint.bad(`${step.rejectCode} ${step.refusal}`)}`;
}

function fillText({ money }: StoryStep, d: DecodedRecord): string {
  const isBust = Number(d.lastQtyLots) < 0;
  const verb = isBust ? `taken back: ${d.side}` : d.side === 'buy' ? 'bought' : 'sold';
  const as = d.liquidity === undefined ? '' : ` as ${d.liquidity}`;
  const figures =
    money === undefined ? '' : `, fee ${money.fee}, realised ${money.realised} ${money.currency}`.trimEnd();
  return `${verb} ${d.lastQty} at ${d.lastPx}${as}; position ${d.position}${figures}`;
}

/** Every check by name: those that passed in one paragraph. */
function checkLines(checks: readonly CheckVerdict[], paint: Paint): string {
  const passed = checks.filter((one) => one.verdict !== 'refused').map((one) => one.name);
  if (passed.length === 0) return '';
  const lines: string[] = [];
  let line = 'passed:';
  for (const [i, name] of passed.entries()) {
    const word = ` ${name}${i < passed.length - 1 ? ',' : ''}`;
    if (INDENT.length + line.length + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(7);
    }
    line += word;
  }
  lines.push(line);
  return lines.map((text) => paint.dim(`${INDENT}${text}\n`)).join('');
}

function signed(ns: number): string {
  return ns < 0 ? `-${duration(-ns)}` : duration(ns);
}
