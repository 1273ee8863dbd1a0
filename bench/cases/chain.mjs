/** Additions one after another. Celery's chains cost the square of their length, so it has a short one. */
import { chain as chainOf } from "umbel";
import { bullmq, celery } from "../peers.mjs";

export const chain = {
  name: "chain",
  comparisons: [
    { n: 1000, quick: 1000, peers: [bullmq("nested flow", "bullmq.mjs", "chain")] },
    { n: 300, peers: [celery("chain")] },
  ],
  run: async ({ n, tasks: { add }, check }) => {
    const steps = Array.from({ length: n }, (_, i) => (i === 0 ? add.s(0, 1) : add.s(1)));
    check(
      (await chainOf(...steps)
        .delay()
        .get()) === n,
    );
  },
};
