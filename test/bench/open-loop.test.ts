/** Load on a schedule: rates, distributions, and that waiting is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopTime, OpenLoop } from '../../latency-bench/open-loop/open-loop.ts';
import { LatencyRecorder } from '../../latency-bench/open-loop/recorder.ts';
import {
  Bursts,
  FixedRate,
  Poisson,
  Prelude,
  Recorded,
  type Schedule,
} from '../../latency-bench/open-loop/schedule.ts';

function take(schedule: Schedule, count: number): Float64Array {
  const times = new Float64Array(count);
  assert.equal(schedule.fill(times, count), count);
  return times;
}

test('a fixed rate gives equal gaps, without drift over a day', () => {
  const schedule = new FixedRate(3);
  const times = take(schedule, 7);
  assert.deepEqual([...times].map(Math.round), [0, 333333333, 666666667, 1e9, 1333333333, 1666666667, 2e9]);
  for (let i = 0; i < 86_400 * 3; i += 1000) schedule.fill(new Float64Array(1000), 1000);
  const [next] = take(schedule, 1);
  assert.equal(Math.round(next / 1e9), Math.round((7 + 260_000) / 3));
});

test('Poisson arrivals have the mean rate, exponential gaps, and are the same for the same seed', () => {
  for (const seed of [1, 2, 99]) {
    const count = 200_000;
    const times = take(new Poisson(50_000, seed), count);
    assert.deepEqual(times, take(new Poisson(50_000, seed), count));
    const meanNs = times[count - 1] / count;
    assert.ok(Math.abs(meanNs - 20_000) < 200, `seed ${seed}: mean gap ${meanNs}`);
    const gaps = times.map((ns, i) => ns - (i === 0 ? 0 : times[i - 1]));
    const beyond = (means: number): number => gaps.filter((gap) => gap > means * 20_000).length / count;
    for (const means of [0.1, 1, 3]) {
      assert.ok(Math.abs(beyond(means) - Math.exp(-means)) < 0.005, `seed ${seed}: ${means} means: ${beyond(means)}`);
    }
  }
  assert.notDeepEqual(take(new Poisson(50_000, 1), 5), take(new Poisson(50_000, 2), 5));
});

test('bursts come together and keep the mean rate; one that overlaps the next is refused', () => {
  assert.deepEqual([...take(new Bursts(1000, 3, 10), 7)], [0, 10, 20, 3e6, 3e6 + 10, 3e6 + 20, 6e6]);
  assert.throws(() => new Bursts(1e9, 10, 100), RangeError);
});

test('a recording keeps its own timing, by a factor, never backwards, and ends', () => {
  const schedule = new Recorded(Float64Array.of(500, 700, 600, 1500), 2);
  const times = new Float64Array(10);
  assert.equal(schedule.fill(times, 3), 3);
  assert.deepEqual([...times.subarray(0, 3)], [0, 100, 100]);
  assert.equal(schedule.fill(times, 10), 1);
  assert.equal(times[0], 500);
  assert.equal(schedule.fill(times, 10), 0);
});

test('a prelude gives its messages at its own rate; the schedule begins behind the last of them', () => {
  const schedule = new Prelude(new FixedRate(1e8), 3, new FixedRate(1e6));
  const times = new Float64Array(10);
  assert.equal(schedule.fill(times, 10), 3);
  assert.deepEqual([...times.subarray(0, 3)], [0, 10, 20]);
  assert.equal(schedule.fill(times, 2), 2);
  assert.deepEqual([...times.subarray(0, 2)], [20, 1020]);
  assert.equal(schedule.beganNs, 20);
});

/** A clock that moves by `tick` whenever nobody works, and by as much as the work takes. */
class FakeTime {
  ns = 1e6;

  readonly clock = (): number => this.ns;
  readonly idle = (): void => {
    this.ns += 10;
  };
}

/** The consumer needs 100 ns a message and stalls for `stallNs` at message `at`. */
function run(stallNs: number, at: number): { recorder: LatencyRecorder; loop: OpenLoop; starts: number[] } {
  const time = new FakeTime();
  const loop = new OpenLoop(new FixedRate(1e6), time.clock, time.idle); // one every 1,000 ns
  const recorder = new LatencyRecorder();
  const starts: number[] = [];
  loop.endNs = 20_000;
  loop.begin();
  while (loop.next()) {
    starts.push(loop.times[LoopTime.Start] - loop.startNs);
    time.ns += 100 + (loop.sent === at ? stallNs : 0);
    loop.times[LoopTime.End] = time.ns;
    recorder.record(loop.times);
  }
  return { recorder, loop, starts };
}

test('no message goes out before its time, and a stall delays none longer than it has to', () => {
  const { starts, loop } = run(5_000, 4);
  assert.equal(loop.sent, 20);
  // Message 4 (due at 3,000) ends at 8,100: those due at 4,000 to 8,000 go out one behind the other, then time is kept.
  assert.deepEqual(starts.slice(0, 11), [0, 1000, 2000, 3000, 8100, 8200, 8300, 8400, 8500, 9000, 10_000]);
});

test('coordinated omission, by hand: the five that waited for the stall are in the response times, one in the service times', () => {
  const { recorder } = run(5_000, 4);
  const slow = (histogram: typeof recorder.service): number => {
    let found = 0;
    histogram.forEachBucket((lowNs, _highNs, count) => {
      if (lowNs > 150) found += count;
    });
    return found;
  };
  assert.equal(slow(recorder.service), 1, 'a closed loop would report this one only');
  assert.equal(slow(recorder.response), 6);
  // Due at 3,000: 5,100. Due at 4,000 .. 8,000, done at 8,200 .. 8,600: 4,200, 3,300, 2,400, 1,500, 600.
  const within = (value: number, expected: number): void =>
    assert.ok(Math.abs(value / expected - 1) < 0.002, `${value}`);
  within(recorder.response.maxNs, 5_100);
  within(recorder.response.quantile(19 / 20), 4_200);
  within(recorder.response.quantile(15 / 20), 600);
  within(recorder.response.quantile(14 / 20), 100);
  assert.equal(recorder.service.quantile(19 / 20), 100);
});

test('without a stall service and response are the same', () => {
  const { recorder } = run(0, 1);
  assert.deepEqual(recorder.service.summary(), recorder.response.summary());
});

test('times beyond the end of the run are left for the next', () => {
  const time = new FakeTime();
  const loop = new OpenLoop(new FixedRate(1e6), time.clock, time.idle);
  loop.endNs = 3_000;
  loop.begin();
  while (loop.next());
  assert.equal(loop.sent, 3);
  loop.endNs = 4_000;
  assert.ok(loop.next());
  assert.equal(loop.times[LoopTime.Intended] - loop.startNs, 3_000);
});
