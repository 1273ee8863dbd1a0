/**
 * Makes ioredis connections from a plan. One rule: ioredis is loaded here and only when a connection is wanted, since
 * loading it takes longer than most commands that need none.
 */
import type { Cluster, Redis } from "ioredis";
import type { ConnectionPlan } from "./redis-options.ts";

/** How one connection differs from the others. */
export interface ConnectionTuning {
  /** Shown by `CLIENT LIST`. */
  readonly connectionName?: string;
  /** Whether commands wait while there is no connection; they do by default. */
  readonly enableOfflineQueue?: boolean;
  /** How often a command waits for a new connection; `null`, the default and what BullMQ's workers need, is forever. */
  readonly maxRetriesPerRequest?: number | null;
}

/** Makes connections to one broker. */
export interface Connector {
  /** Makes a connection that opens at once and comes back by itself when it is lost. The caller closes it. */
  connect(tuning?: ConnectionTuning): Redis | Cluster;
  /** Makes a connection that is opened by its `connect()` and never tries twice. The caller closes it. */
  prepareOnce(timeoutMs: number): Redis | Cluster;
}

/** After disconnect() ioredis keeps the process for this long, even where there was no connection; its default is 2 s. */
const DISCONNECT_TIMEOUT_MS = 50;

/** Loads ioredis and gives what makes connections. Opens none. */
export async function loadConnector(plan: ConnectionPlan): Promise<Connector> {
  const { Cluster, Redis } = await import("ioredis");
  if (plan.kind === "redis") {
    return {
      connect: (tuning) => quiet(new Redis({ maxRetriesPerRequest: null, ...plan.options, ...tuning })),
      prepareOnce: (connectTimeout) =>
        quiet(
          new Redis({
            ...plan.options,
            connectTimeout,
            disconnectTimeout: DISCONNECT_TIMEOUT_MS,
            lazyConnect: true,
            maxRetriesPerRequest: 0,
            retryStrategy: null,
            sentinelRetryStrategy: () => null,
          }),
        ),
    };
  }
  const { nodes, nodeOptions, options } = plan;
  return {
    connect: ({ enableOfflineQueue = true, ...tuning } = {}) =>
      quiet(
        new Cluster([...nodes], {
          ...options,
          enableOfflineQueue,
          redisOptions: { maxRetriesPerRequest: null, ...nodeOptions, ...tuning },
        }),
      ),
    prepareOnce: (connectTimeout) =>
      quiet(
        new Cluster([...nodes], {
          ...options,
          lazyConnect: true,
          clusterRetryStrategy: () => null,
          redisOptions: {
            ...nodeOptions,
            connectTimeout,
            disconnectTimeout: DISCONNECT_TIMEOUT_MS,
            maxRetriesPerRequest: 0,
          },
        }),
      ),
  };
}

/** ioredis prints the errors that nobody listens to; a connection that was lost is seen by its commands. */
function quiet(connection: Redis | Cluster): Redis | Cluster {
  connection.on("error", () => undefined);
  return connection;
}
