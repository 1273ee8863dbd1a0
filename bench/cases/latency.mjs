/** Single calls, each sent when the result of the one before is here. Both sides make 20 calls first, as the peer does. */
import { bullmq, celery } from "../peers.mjs";
import { quantile } from "../statistics.mjs";

export const latency = {
  name: "latency",
  comparisons: [
    { n: 500, quick: 200, peers: [bullmq("add to QueueEvents", "bullmq.mjs", "latency"), celery("latency")] },
  ],
  prepare: async ({ tasks: { add } }) => {
    for (let i = 0; i < 20; i += 1) await add.delay(i, 1).get();
  },
  run: async ({ n, tasks: { add }, check, now }) => {
    const times = [];
    for (let i = 0; i < n; i += 1) {
      const sentAt = now();
      check((await add.delay(i, 1).get()) === i + 1);
      times.push((now() - sentAt) * 1000);
    }
    return { figures: { p50_ms: quantile(times, 0.5), p95_ms: quantile(times, 0.95), p99_ms: quantile(times, 0.99) } };
  },
};
