/** Additions side by side, and their list. */
import { group as groupOf } from "umbel";
import { bullmq, celery } from "../peers.mjs";

export const group = {
  name: "group",
  comparisons: [
    { n: 10_000, quick: 5000, peers: [bullmq("addBulk + Worker", "bullmq.mjs", "group"), celery("group")] },
  ],
  run: async ({ n, tasks: { add }, check }) => {
    const result = await groupOf(Array.from({ length: n }, (_, i) => add.s(i, i)))
      .delay()
      .get();
    check(result.length === n && result.every((value, i) => value === 2 * i));
  },
};
