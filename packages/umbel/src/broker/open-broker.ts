/**
 * From a broker to connections. One rule: a broker that was opened has been reached once and can serve Umbel; whatever
 * goes wrong later is a lost connection, never a wrong address.
 */
import { OperationalError } from "@umbel/core";
import type { Cluster, Redis } from "ioredis";
import { type Broker, describeBroker, type MemoryBroker } from "./broker.ts";
import { checkDatabase, checkServer } from "./check-server.ts";
import { type ConnectionTuning, type Connector, loadConnector } from "./connector.ts";
import { acquireEmbeddedRedis } from "./embedded/embedded-redis.ts";
import { findProject } from "./project.ts";
import { type ConnectionPlan, planConnection } from "./redis-options.ts";
import { describeSystemError } from "./system-error.ts";

/** A broker that is a Redis. */
export type RedisBroker = Exclude<Broker, MemoryBroker>;

/** How to open a broker. */
export interface OpenBrokerOptions {
  /** Where `embedded:` looks for the project; the current folder by default. */
  readonly directory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a server that does not answer; 10 s by default. */
  readonly timeoutMs?: number | undefined;
  /** What this process is, for `flow redis status`. */
  readonly user?: string | undefined;
  /** Is told when the embedded server is gone and cannot be brought back; by default a process warning. */
  readonly onProblem?: ((error: Error) => void) | undefined;
}

/** A broker that was reached. */
export interface OpenBroker {
  /** For messages; without a password. */
  readonly address: string;
  readonly isCluster: boolean;
  /** What people should know about the server, such as a wrong eviction policy. */
  readonly warnings: readonly string[];
  /** Makes a connection that opens at once and comes back by itself when it is lost. The caller closes it. */
  connect(tuning?: ConnectionTuning): Redis | Cluster;
  /** Gives the embedded server back, if it is one. Close the connections before it. Safe to repeat. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Reaches a broker, starting the embedded one if need be, and checks that it can serve Umbel.
 * @throws OperationalError when it cannot be reached, refuses us, or is too old; says its address and the cause
 * @throws OptionError when a file that its URL names cannot be read
 */
export async function openBroker(broker: RedisBroker, options: OpenBrokerOptions = {}): Promise<OpenBroker> {
  if (broker.kind !== "embedded") return reach(await planConnection(broker), describeBroker(broker), options);
  const project = await findProject(options.directory ?? process.cwd());
  const share = await acquireEmbeddedRedis(project, options);
  const plan: ConnectionPlan = { kind: "redis", options: { ...share.connectionOptions } };
  try {
    return await reach(plan, `embedded: (${project})`, options, () => share.release());
  } catch (error) {
    await share.release();
    throw error;
  }
}

async function reach(
  plan: ConnectionPlan,
  address: string,
  options: OpenBrokerOptions,
  release?: () => Promise<void>,
): Promise<OpenBroker> {
  const connector = await loadConnector(plan);
  return {
    address,
    isCluster: plan.kind !== "redis",
    warnings: await tryOut(connector, address, plan.kind === "redis" ? (plan.options.db ?? 0) : 0, options),
    connect: (tuning) => connector.connect(tuning),
    close: async () => {
      await release?.();
    },
  };
}

/** Connects once, without a second try, so that a wrong address is told at once. */
async function tryOut(
  connector: Connector,
  address: string,
  db: number,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: OpenBrokerOptions,
): Promise<readonly string[]> {
  signal?.throwIfAborted();
  const connection = connector.prepareOnce(timeoutMs);
  let firstError: unknown;
  // connect() rejects with a mere "Connection is closed"; the reason is in the event before it.
  connection.on("error", (error: unknown) => {
    firstError ??= error;
  });
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const broken = new Promise<never>((_, reject) => {
    // A timer that keeps the process, which AbortSignal.timeout() would let end in the middle of waiting.
    timer = setTimeout(() => {
      isLate = true;
      reject(new Error("timeout"));
    }, timeoutMs);
    // The connect() of a cluster that is down never settles.
    connection.once("end", () => reject(new Error("Connection is closed.")));
    signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
  try {
    const look = async (): Promise<readonly string[]> => {
      await connection.connect();
      const warnings = await checkServer(connection, address);
      await checkDatabase(connection, db, address);
      return warnings;
    };
    return await Promise.race([broken, look()]);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof OperationalError) throw error;
    const cause = firstError ?? error;
    const reason = isLate ? `no answer within ${timeoutMs / 1000} s` : describeRefusal(cause);
    throw new OperationalError(
      `cannot reach Redis at ${address}: ${reason}; start it, or name another broker by --broker or FLOW_BROKER`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    connection.disconnect();
  }
}

function describeRefusal(cause: unknown): string {
  // What a cluster or a set of sentinels says is only that none could be reached; the last one says why.
  const last =
    typeof cause === "object" && cause !== null && "lastNodeError" in cause ? cause.lastNodeError : undefined;
  if (last !== undefined && last !== null) return describeRefusal(last);
  const message = describeSystemError(cause);
  if (message.startsWith("All sentinels are unreachable")) return "none of its sentinels can be reached";
  // ioredis keeps what it was that went wrong with a cluster's nodes to itself.
  if (message === "Connection is closed.") return "no connection";
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(message)) {
    return "the server refuses the user name or password";
  }
  return message.split("\n", 1)[0] ?? message;
}
