/** Stories of orders, told by a thread of their own: reading a long log takes longer than a dashboard may stand still. */
import { Worker } from 'node:worker_threads';

export interface StoryAsked {
  readonly logDirectory: string;
  readonly orderId: number;
  readonly checkNames: readonly string[];
}

/** One at a time: the others wait. */
let before: Promise<unknown> = Promise.resolve();
let waiting = 0;
const MOST_WAITING = 8;

/** The story as `tapehead log --order` tells it, a line each; where there is none, one line that says so. */
export function storyLines(
  logDirectory: string,
  orderId: number,
  checkNames: readonly string[],
): Promise<readonly string[]> {
  if (waiting >= MOST_WAITING) return Promise.resolve(['too many stories are asked for; ask again']);
  waiting++;
  const story = before.then(() => tell({ logDirectory, orderId, checkNames }));
  before = story
    .catch(() => {}) // said to whoever asked; the next one may have better luck
    .then(() => {
      waiting--;
    });
  return story;
}

function tell(asked: StoryAsked): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./story-worker.js', import.meta.url), { workerData: asked });
    worker.once('message', (lines: readonly string[]) => resolve(lines));
    worker.once('error', (error) => resolve([`the story can't be told: ${error.message}`]));
    worker.once('exit', () => resolve(["the story can't be told"]));
  });
}
