/**
 * A chord of a million additions, its members taken one by one, and one worker in a process of its own. The client's growth
 * is the most memory it held above what it held before.
 */
import { bullmq } from "../peers.mjs";
import { streamedChord, sumOfStreamedChord } from "./streamed-chord.mjs";

export const million = {
  name: "million",
  comparisons: [{ n: 1_000_000, peers: [bullmq("addBulk + Worker", "bullmq.mjs", "group")] }],
  repetitions: 3,
  worker: "process",
  isWatched: true,
  run: async (bench) => {
    const { n, check, now } = bench;
    const rssBefore = process.memoryUsage.rss();
    const startedAt = now();
    const submission = streamedChord(bench).delay();
    await submission;
    const storedAt = now();
    check((await submission.get()) === sumOfStreamedChord(n));
    return {
      figures: {
        nodes_per_s: n / (now() - startedAt),
        stored_after_s: storedAt - startedAt,
        client_growth_mb: (process.resourceUsage().maxRSS * 1024 - rssBefore) / 1e6,
      },
    };
  },
};
