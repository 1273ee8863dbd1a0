/** The public names of `@umbel/testing`. What is not listed here is private. */
export { AppEngine, type AppEngineParts } from "./conformance/app-engine.ts";
export { type CommandContext, conformance } from "./conformance/command.ts";
export type { ConformanceEngine, ConformanceRun, ObservedResult } from "./conformance/engine.ts";
export { startCluster, type TestCluster } from "./kit/redis-cluster.ts";
export { deleteKeys, listKeys } from "./kit/redis-keys.ts";
export { startSentinels, type TestSentinels, untilServer } from "./kit/redis-sentinels.ts";
export { freePorts, type ServerOptions, startServer, type TestServer } from "./kit/redis-server.ts";
export { startTlsServer, type TestTlsServer, TLS_PREFIX } from "./kit/redis-tls.ts";
export { openTestRedis, type TestRedis, testRedisUrl } from "./kit/test-redis.ts";
export { defineConformanceTasks } from "./tasks/library.ts";
export { MemoryRecords, type Records, RedisRecords } from "./tasks/records.ts";
