/** A pair of small LOBSTER files, written by hand. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { EventFlag } from '../../src/core/event.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { LobsterFeed } from '../../src/feed/lobster/feed.ts';
import type { SeenEvent } from '../support/event-probe.ts';
import { Recordings, type Run, runFeed } from './support.ts';

/** Prices in dollars x 10,000 are long; tests count in cents from 100. */
export const MESSAGES = [
  '34200.1,1,11,100,1000000,1', //        a bid at 100.00
  '34200.25,1,12,50,1000100,-1', //       an ask at 100.01, pushes 100.04 out of the window of 2
  '34200.250000001,4,12,20,1000100,-1',
  '34201.5,5,0,10,1000050,1', //          hidden bid executed
  '34202,2,11,30,1000000,1',
  '34203,3,12,30,1000100,-1', //          100.04 is shown again
  '34204,6,-1,500,1000200,-1', //         cross
  '34205,7,0,0,-1,-1', //                 halt
  '34206,7,0,0,0,-1',
  '34207,7,0,0,1,-1',
];
export const ROWS = [
  '1000200,10,1000000,100,1000400,7,999900,5',
  '1000100,50,1000000,100,1000200,10,999900,5',
  '1000100,30,1000000,100,1000200,10,999900,5',
  '1000100,30,1000000,100,1000200,10,999900,5',
  '1000100,30,1000000,70,1000200,10,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
];

export const PAIR = 'ABC_2020-01-30_34200000_57600000';

export async function replay(
  t: TestContext,
  messages: readonly string[] | string,
  rows: readonly string[] | string | null,
  chunkBytes?: number,
): Promise<Run> {
  const files = new Recordings(t);
  const text = (lines: readonly string[] | string) => (typeof lines === 'string' ? lines : `${lines.join('\n')}\n`);
  const message = files.write(`${PAIR}_message_2.csv`, text(messages));
  if (rows !== null) files.write(`${PAIR}_orderbook_2.csv`, text(rows));
  const recording = await detectRecording([message]);
  assert.equal(recording.lobster[0].orderbook === null, rows === null);
  return runFeed(
    new LobsterFeed(recording.lobster, { symbols: null, ...(chunkBytes === undefined ? {} : { chunkBytes }) }),
  );
}

export const brief = (event: SeenEvent) => [event.name, event.side, event.flags, event.price, event.qty, event.orderId];

/** The messages' own lists of events. */
export function byMessage(events: readonly SeenEvent[]): SeenEvent[][] {
  const groups: SeenEvent[][] = [[]];
  for (const event of events) {
    groups.at(-1)!.push(event);
    if ((event.flags & EventFlag.Last) !== 0) groups.push([]);
  }
  assert.equal(groups.pop()?.length, 0, 'the last event of the run ends a message');
  return groups;
}
