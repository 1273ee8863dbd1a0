/** Additions side by side, and the sum of their list. */
import { chord as chordOf } from "umbel";
import { bullmq, celery } from "../peers.mjs";

export const chord = {
  name: "chord",
  comparisons: [{ n: 10_000, quick: 5000, peers: [bullmq("FlowProducer", "bullmq.mjs", "chord"), celery("chord")] }],
  run: async ({ n, tasks: { add, total }, check }) => {
    const header = Array.from({ length: n }, (_, i) => add.s(i, i));
    check((await chordOf(header, total.s()).delay().get()) === n * (n - 1));
  },
};
