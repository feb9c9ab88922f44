/** The thread of DiskThread. */
import { readlinkSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import { DiskControl, DiskState, type DiskThreadData } from './disk-thread.ts';
import { nodeFs, writeFully } from './log-fs.ts';

const data = workerData as DiskThreadData;
const control = new DiskControl(data.control);
const bytes = new Uint8Array(data.blocks);

/** This thread's number in the system; 0 where it does not say. */
function threadNumber(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch {
    return 0;
  }
}

/** The state that the job under way ends in. */
function work(): number {
  const { fd, offset, length, position, sync } = control.job();
  try {
    writeFully(nodeFs, fd, bytes, offset, length, position);
  } catch (error) {
    control.putError(messageOf(error));
    return DiskState.WriteFailed;
  }
  try {
    if (sync) nodeFs.datasync(fd);
  } catch (error) {
    control.putError(messageOf(error));
    return DiskState.SyncFailed;
  }
  return DiskState.Done;
}

control.start(threadNumber());
for (let state = control.state(); state !== DiskState.Ended; state = control.state()) {
  if (state === DiskState.Busy) control.become(work());
  else control.sleep(state);
}
