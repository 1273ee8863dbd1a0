/** What sending a large group costs its caller: until all of it is stored. No worker runs. */
import { group } from "umbel";
import { bullmq } from "../peers.mjs";

export const submit100k = {
  name: "submit100k",
  comparisons: [{ n: 100_000, peers: [bullmq("addBulk", "bullmq-memory.mjs", "memory-waiting")] }],
  repetitions: 3,
  worker: "none",
  run: async ({ n, tasks: { add }, check, now }) => {
    const startedAt = now();
    const handle = await group(Array.from({ length: n }, (_, i) => add.s(i, i))).delay();
    const seconds = now() - startedAt;
    check((await handle.state()) === "PENDING" && (await handle.results()).length === n);
    return { seconds };
  },
};
