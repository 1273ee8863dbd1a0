/** The same chord from a thousand members to a million: what one of them costs must not grow with their number. */
import { bullmq } from "../peers.mjs";
import { streamedChord, sumOfStreamedChord } from "./streamed-chord.mjs";

const peers = [bullmq("FlowProducer", "bullmq.mjs", "chord")];

export const scaling = {
  name: "scaling",
  comparisons: [{ n: 1000, peers }, { n: 10_000, peers }, { n: 100_000, peers }, { n: 1_000_000 }],
  repetitions: 3,
  run: async (bench) => {
    const { n, check, now } = bench;
    const startedAt = now();
    const sum = await streamedChord(bench).delay().get();
    check(sum === sumOfStreamedChord(n));
    return { figures: { us_per_node: ((now() - startedAt) / n) * 1e6 } };
  },
};
