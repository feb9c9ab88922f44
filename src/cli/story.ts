/** `tapehead log --order` and `--why`: an order's story, and a record's causes. */
import { recordLine } from '../audit/record-text.ts';
import { causeChain } from '../report/cause-chain.ts';
import type { FoundRecord } from '../report/log-scan.ts';
import { type OrderStory, orderStory } from '../report/order-story.ts';
import { storyText } from '../report/story-text.ts';
import type { Terminal } from './terminal.ts';

/** The order with this OrderID or ClOrdID. `checkNames`: CHECK_NAMES of pre-trade risk. */
export function story(
  dir: string,
  id: number,
  checkNames: readonly string[],
  options: { readonly json?: boolean },
  terminal: Terminal,
): number {
  const { story: told, scan } = orderStory(dir, id, checkNames);
  terminal.out(options.json === true ? `${JSON.stringify(storyJson(told))}\n` : storyText(told, scan, terminal));
  return 0;
}

/** Record `seq` and the chain of what led to it. */
export function why(dir: string, seq: number, options: { readonly json?: boolean }, terminal: Terminal): number {
  const { chain } = causeChain(dir, seq);
  if (options.json === true) {
    terminal.out(`${JSON.stringify({ seq, chain: chain.map((record) => record.decoded) })}\n`);
    return 0;
  }
  for (const [i, record] of chain.entries()) {
    const link = i === 0 ? '' : terminal.dim('because of\n');
    terminal.out(`${link}${recordLine(record.decoded)}\n`);
  }
  const root = chain[chain.length - 1];
  terminal.out(terminal.dim(`${rootText(root)}\n`));
  return 0;
}

function rootText(root: FoundRecord): string {
  return root.type < 64 ? 'which came from the market' : 'which came from outside: nothing in the log led to it';
}

function storyJson(told: OrderStory): unknown {
  return {
    ...told,
    steps: told.steps.map(({ kind, record, checks, rejectCode, refusal, money }) => ({
      kind,
      timeNs: record.ns,
      ...record.decoded,
      ...(checks === undefined ? {} : { checks }),
      ...(refusal === undefined ? {} : { rejectCode, refusal }),
      ...money,
    })),
    stages: told.stages.map((stage) => ({ ...stage, spanNs: stage.toNs - stage.fromNs })),
  };
}
