/**
 * Single calls while a large group runs: how long somebody else waits. The time is the median of one repetition's calls;
 * the slowest stands beside it. The worker has a process of its own, and so has the peer's.
 */
import { bullmq } from "../peers.mjs";
import { quantile } from "../statistics.mjs";
import { streamedChord, sumOfStreamedChord } from "./streamed-chord.mjs";

/** Between a call's result and the next call. */
const REST_MS = 20;

const peers = [bullmq("addBulk, then add", "bullmq-fairness.mjs", "fairness")];

export const fairness = {
  name: "fairness",
  comparisons: [
    { n: 20_000, peers },
    { n: 1_000_000, peers },
  ],
  repetitions: 3,
  counts: { cpu: false, bytes: false },
  worker: "process",
  run: async (bench) => {
    const {
      n,
      tasks: { add },
      check,
      now,
    } = bench;
    // Two calls before: one that connects is no measure.
    for (let i = 0; i < 2; i += 1) await add.delay(1, 1).get();
    const large = await streamedChord(bench).delay();
    const startedAt = now();
    let hasEnded = false;
    const ending = large.get().then((sum) => {
      hasEnded = true;
      check(sum === sumOfStreamedChord(n));
      return now() - startedAt;
    });
    const times = [];
    while (!hasEnded) {
      const sentAt = now();
      check((await add.delay(1, 2).get()) === 3);
      times.push(now() - sentAt);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    const figures = { calls: times.length, slowest_ms: Math.max(...times) * 1000, whole_run_s: await ending };
    return { seconds: quantile(times, 0.5), figures };
  },
};
