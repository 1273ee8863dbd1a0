/** Jest's globalSetup of the projects that need Redis: one private server a run, its URL in `UMBEL_TEST_REDIS`, its program for those who start more. */
import { startServer } from "./redis.mjs";

export default async function start() {
  const server = await startServer();
  process.env.UMBEL_TEST_REDIS = server.url;
  process.env.UMBEL_TEST_REDIS_SERVER = server.program;
  globalThis.umbelTestRedis = server;
}
