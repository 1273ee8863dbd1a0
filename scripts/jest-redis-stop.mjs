/** Jest's globalTeardown: ends the server that jest-redis-start.mjs started. */
export default async function stop() {
  await globalThis.umbelTestRedis?.stop();
}
