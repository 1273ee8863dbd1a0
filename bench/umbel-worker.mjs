/**
 * A worker of our side in a process of its own, forked by a case. One rule: it says `ready`, and answers `stop` with what it
 * has cost: `cpu`, seconds since it was ready, and `rss`, the most memory it held, bytes.
 */
import { startWorker } from "@umbel/canvas";
import { makeApp } from "./umbel-tasks.mjs";

const [, , port, concurrency] = process.argv;
const { app } = makeApp(port);
const worker = await startWorker(app, app.engine, { queues: ["default"], concurrency: Number(concurrency) });
const before = process.cpuUsage();
process.on("message", async () => {
  const { user, system } = process.cpuUsage(before);
  await worker.close();
  await app.close();
  process.send({ cpu: (user + system) / 1e6, rss: process.resourceUsage().maxRSS * 1024 });
  process.disconnect();
});
process.send("ready");
