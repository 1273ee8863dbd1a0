/** Tasks that wait, side by side: all alike, or one in a hundred among many that do nothing. */
import { group } from "umbel";
import { bullmq } from "../peers.mjs";

/** What each of n tasks waits, milliseconds. */
const pauses = {
  mixed: (i) => (i % 100 === 50 ? 200 : 0),
  async5ms: () => 5,
  async50ms: () => 50,
};

export const mixed = sleepCase("mixed", [{ n: 5000, concurrency: 50 }]);
export const async5ms = sleepCase("async5ms", [
  { n: 200, concurrency: 100 },
  { n: 5000, concurrency: 100 },
]);
export const async50ms = sleepCase("async50ms", [{ n: 1000, concurrency: 100 }]);

function sleepCase(name, comparisons) {
  const peers = [bullmq("addBulk + Worker", "bullmq-sleeps.mjs", name)];
  return {
    name,
    comparisons: comparisons.map((comparison) => ({ ...comparison, peers })),
    run: async ({ n, tasks: { pause }, check }) => {
      const result = await group(Array.from({ length: n }, (_, i) => pause.s(pauses[name](i), i)))
        .delay()
        .get();
      check(result.length === n && result.every((value, i) => value === i));
    },
  };
}
