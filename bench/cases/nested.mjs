/** A chord of chords: as many sums as each has members, and the sum of the sums. */
import { chord } from "umbel";
import { bullmq } from "../peers.mjs";

export const nested = {
  name: "nested",
  comparisons: [{ n: 90_000, peers: [bullmq("FlowProducer", "bullmq-flows.mjs", "nested")] }],
  repetitions: 3,
  run: async ({ n, tasks: { add, total }, check }) => {
    const side = Math.round(Math.sqrt(n));
    const sums = Array.from({ length: side }, (_, row) =>
      chord(
        Array.from({ length: side }, (_, column) => add.s(row, column)),
        total.s(),
      ),
    );
    check((await chord(sums, total.s()).delay().get()) === side * side * (side - 1));
  },
};
