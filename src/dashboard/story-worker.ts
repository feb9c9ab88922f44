/** Entry of the thread that tells the story of one order. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import { orderStory } from '../report/order-story.ts';
import { type Paint, storyText } from '../report/story-text.ts';
import type { StoryAsked } from './story.ts';

const PLAIN: Paint = { bold: (text) => text, dim: (text) => text, bad: (text) => text };

function linesOf({ logDirectory, orderId, checkNames }: StoryAsked): readonly string[] {
  try {
    const { story, scan } = orderStory(logDirectory, orderId, checkNames);
    return storyText(story, scan, PLAIN).trimEnd().split('\n');
  } catch (error) {
    return [messageOf(error)]; // a damaged log, or no such order (in what is on the disk by now)
  }
}

parentPort?.postMessage(linesOf(workerData as StoryAsked));
