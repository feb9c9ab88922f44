/** ITCH decode + every book on one thread, beside the C++ reference on the same file. */
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  type Figure,
  type Goal,
  type Json,
} from '../benchmark.ts';
import { benchItchBook, type ItchBookResult } from '../itch-book.ts';
import { type ReferenceRun, runItchBook } from '../reference.ts';

const ROUNDS = 5;
const UNIT = 'ns/message';

export const benchmark: Benchmark = {
  name: 'itch-book',
  summary: 'ITCH 5.0 decode and order-by-order books of every stock, one thread',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const file = await context.itchFile();
  const { itchBook, absent } = await context.reference();
  const rounds = context.smoke ? 1 : ROUNDS;
  const ours: ItchBookResult[] = [];
  const theirs: ReferenceRun[] = [];
  let failure = absent;
  if (!context.smoke) {
    context.progress('warming up');
    await benchItchBook({ file: file.path, runs: 1 });
  }
  for (let round = 1; round <= rounds; round++) {
    const mine = await benchItchBook({ file: file.path, runs: 1 });
    check(
      ours.length === 0 || mine.checksum === ours[0].checksum,
      `two runs gave books ${ours[0]?.checksum} and ${mine.checksum}`,
    );
    ours.push(mine);
    context.progress(`round ${round} of ${rounds}: ours ${mine.nsPerMessage.toFixed(1)} ${UNIT}`);
    if (itchBook === null || failure !== null) continue;
    try {
      theirs.push(await runItchBook(itchBook, file.path));
      context.progress(
        `round ${round} of ${rounds}: C++  ${theirs[theirs.length - 1].nsPerMessage.toFixed(1)} ${UNIT}`,
      );
    } catch (error) {
      // It trusts its input: a recording that begins mid-day, or sparse order numbers, make it crash.
      failure = String(error);
    }
  }
  return result(file, ours, theirs, failure);
}

function result(
  file: { path: string; origin: string },
  ours: readonly ItchBookResult[],
  theirs: readonly ReferenceRun[],
  failure: string | null,
): BenchResult {
  const { messages, checksum, hasKernel } = ours[0];
  const all = ours.map(({ nsPerMessage }) => nsPerMessage);
  const nsPerMessage = Math.min(...all);
  const figures: Figure[] = [{ name: 'tapehead', unit: UNIT, better: 'lower', runs: all }];
  const notes = [
    `file: ${file.origin}, ${messages} messages`,
    hasKernel ? 'books: WebAssembly kernel' : 'books: TypeScript alone, the kernel is not there',
  ];
  const goals: Goal[] = [];
  let reference: Json = null;
  if (theirs.length === 0) {
    notes.push(`no C++ beside it: ${failure}`, `checksum of all final books ${checksum}`);
  } else {
    const runs = theirs.map((one) => one.nsPerMessage);
    const ratio = nsPerMessage / Math.min(...runs);
    check(theirs[0].messages === messages, `${messages} messages, the C++ reference counts ${theirs[0].messages}`);
    check(theirs[0].checksum === checksum, `final books ${checksum}, the C++ reference has ${theirs[0].checksum}`);
    figures.push({ name: 'C++ reference', unit: UNIT, better: 'lower', runs });
    goals.push({ name: 'of the time of the C++ reference', value: ratio, unit: 'x', limit: 0.9, better: 'lower' });
    reference = { nsPerMessage: Math.min(...runs), nsPerMessageAll: runs, checksum: theirs[0].checksum, ratio };
    notes.push(
      `${ratio.toFixed(2)} times the C++ time, best against best; same checksum of all final books: ${checksum}`,
    );
  }
  const details = {
    file: file.path,
    origin: file.origin,
    messages,
    nsPerMessage,
    nsPerMessageAll: all,
    checksum,
    reference,
  };
  return { figures, latencies: [], goals, notes, topology: 'one thread', details };
}
