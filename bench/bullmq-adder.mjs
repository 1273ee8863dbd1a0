/** A worker of a BullMQ peer in a process of its own: adds `a` and `b`. Says `ready`, and ends at the next message. */
import { Worker } from "bullmq";
import { Redis } from "ioredis";

const [, , name, port, concurrency] = process.argv;
const connection = new Redis({ port: Number(port), maxRetriesPerRequest: null });
const worker = new Worker(name, async ({ data: { a, b } }) => a + b, { connection, concurrency: Number(concurrency) });
worker.on("error", (error) => console.error(error));
await worker.waitUntilReady();
process.on("message", async () => {
  await worker.close();
  await connection.quit();
  process.send({});
  process.disconnect();
});
process.send("ready");
