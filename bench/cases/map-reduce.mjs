/** Squares of n numbers in chunks of 100, one job a chunk, and the sum of them all. */
import { bullmq } from "../peers.mjs";

const CHUNK = 100;

export const mapReduce = {
  name: "map-reduce",
  comparisons: [{ n: 100_000, peers: [bullmq("FlowProducer", "bullmq-flows.mjs", "map-reduce")] }],
  run: async ({ n, tasks: { square, totalOfLists }, check }) => {
    const items = Array.from({ length: n }, (_, i) => [i]);
    const result = await square.chunks(items, CHUNK).pipe(totalOfLists.s()).delay().get();
    check(result === ((n - 1) * n * (2 * n - 1)) / 6);
  },
};
