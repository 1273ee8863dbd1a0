/**
 * Makes ioredis connections from a plan. One rule: ioredis is loaded here and only when a connection is wanted, since
 * loading it takes longer than most commands that need none.
 */
import type { Cluster, ClusterOptions, Redis } from "ioredis";
import { PLAIN } from "./given-connection.ts";
import type { ClusterPlan, ConnectionPlan, NodeOptions } from "./redis-options.ts";

/** How one connection differs from the others. */
export interface ConnectionTuning {
  /** Shown by `CLIENT LIST`. */
  readonly connectionName?: string;
  /**
   * Whether commands fail when the server stays away: after a few tries, or where another server may take over, after about
   * half a minute. By default they wait for ever, as workers do.
   */
  readonly givesUp?: boolean;
}

/** Makes connections to one broker. */
export interface Connector {
  /** Makes a connection that opens at once and comes back by itself when it is lost. The caller closes it. */
  connect(tuning?: ConnectionTuning): Redis | Cluster;
  /** Makes a connection that is opened by its `connect()` and never tries twice. The caller closes it. */
  prepareOnce(timeoutMs: number): Redis | Cluster;
}

/** How often a command waits for a new connection to the only server before it fails. */
const FEW_TRIES = 3;

/** Where another server may take over: the longest wait between two tries, milliseconds; so many make half a minute. */
const LONGEST_WAIT_MS = 500;
const MANY_TRIES = 65;

/** What a cluster that has lost a node does with a command: how long it waits before it asks another one, milliseconds. */
const REDIRECT_WAIT_MS = 250;
const MANY_REDIRECTIONS = 120;
/** An hour of them; who waits for ever begins again then. */
const ENDLESS_REDIRECTIONS = 14_400;

/** How long a server that others may replace may be silent when it was asked; longer than BullMQ lets one wait for a job. */
const SILENT_MS = 20_000;

/** How long a node is waited for that is asked which nodes there are, milliseconds; then another is asked. */
const REFRESH_MS = 2000;

/** A try of a cluster asks all nodes it knows, which takes its time. */
const HALF_A_MINUTE_MS = 30_000;

/** How long a cluster rests that was away for half a minute before it is tried again, milliseconds. */
const REST_MS = 1000;

/** After disconnect() ioredis keeps the process for this long, even where there was no connection; its default is 2 s. */
const DISCONNECT_TIMEOUT_MS = 50;

/** Loads ioredis and gives what makes connections. Opens none. */
export async function loadConnector(plan: ConnectionPlan): Promise<Connector> {
  const { Cluster, Redis } = await import("ioredis");
  if (plan.kind !== "redis") return clusterConnector(plan, Cluster);
  const { options } = plan;
  // A primary that others may replace says when it is none any more; the connection is then made anew, and tried again.
  const hasSentinels = options.sentinels !== undefined && options.sentinels !== null;
  const failover: NodeOptions = hasSentinels
    ? { retryStrategy: waitBefore, socketTimeout: SILENT_MS, reconnectOnError: isReadonly }
    : {};
  return {
    connect: ({ connectionName, givesUp = false } = {}) =>
      quiet(
        new Redis({
          ...options,
          ...failover,
          ...(connectionName === undefined ? {} : { connectionName }),
          maxRetriesPerRequest: givesUp ? (hasSentinels ? MANY_TRIES : FEW_TRIES) : null,
        }),
      ),
    prepareOnce: (connectTimeout) =>
      quiet(
        new Redis({
          ...options,
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

function clusterConnector(plan: ClusterPlan, Constructor: typeof Cluster): Connector {
  const open = (options: ClusterOptions, nodeOptions: NodeOptions): Cluster => {
    const own = { ...PLAIN, ...options };
    if (plan.kind === "like") return plan.connection.duplicate([], { ...own, redisOptions: nodeOptions });
    return new Constructor([...plan.nodes], {
      ...plan.options,
      ...own,
      redisOptions: { ...plan.nodeOptions, ...nodeOptions },
    });
  };
  const make = (options: ClusterOptions, nodeOptions: NodeOptions): Cluster => endsForGood(open(options, nodeOptions));
  return {
    connect: ({ connectionName, givesUp = false } = {}) => {
      const patience = givesUp ? new Patience() : undefined;
      const cluster = make(
        {
          clusterRetryStrategy: (times) => (patience?.isOver(times) === true ? null : waitBefore(times)),
          maxRedirections: givesUp ? MANY_REDIRECTIONS : ENDLESS_REDIRECTIONS,
          retryDelayOnClusterDown: REDIRECT_WAIT_MS,
          retryDelayOnFailover: REDIRECT_WAIT_MS,
          slotsRefreshTimeout: REFRESH_MS,
        },
        {
          ...(connectionName === undefined ? {} : { connectionName }),
          maxRetriesPerRequest: givesUp ? FEW_TRIES : null,
          socketTimeout: SILENT_MS,
        },
      );
      patience?.guard(cluster);
      return quiet(cluster);
    },
    prepareOnce: (connectTimeout) =>
      quiet(
        make(
          { lazyConnect: true, clusterRetryStrategy: () => null },
          { connectTimeout, disconnectTimeout: DISCONNECT_TIMEOUT_MS, maxRetriesPerRequest: 0 },
        ),
      ),
  };
}

/** Lets commands that wait for a cluster fail when it was away for too long, and looks for it again after that. */
class Patience {
  #isOver = false;
  /** When it was tried in vain for the first time, on the clock of `performance`. */
  #awaySince = 0;

  /** @param times how often the cluster was tried in vain */
  isOver(times: number): boolean {
    if (times <= 1) this.#awaySince = performance.now();
    this.#isOver = performance.now() - this.#awaySince > HALF_A_MINUTE_MS;
    return this.#isOver;
  }

  guard(cluster: Cluster): void {
    // Only the end of a cluster fails what waits for it; disconnect() by its owner is an end, too.
    cluster.on("end", () => {
      if (!this.#isOver) return;
      this.#isOver = false;
      const timer = setTimeout(() => {
        cluster.off("disconnecting", stop);
        // Not by its status: the last of its nodes may say so later, and it is "close" then and not "end".
        cluster.connect().catch(() => undefined);
      }, REST_MS).unref();
      const stop = (): void => clearTimeout(timer);
      cluster.once("disconnecting", stop);
    });
  }
}

/**
 * Lets commands fail that are sent over a cluster's connection when it is closed, as ioredis means to: it takes the end of its second node for
 * a state of its own, `close` after `end`, in which it keeps commands for ever. One that a node has just sent elsewhere, such as a worker's
 * wait for a job, is sent again then, and who waits for it to close the worker would wait for ever.
 */
function endsForGood(cluster: Cluster): Cluster {
  let hasEnded = false;
  cluster.on("connecting", () => {
    hasEnded = false;
  });
  cluster.on("end", () => {
    hasEnded = true;
  });
  cluster.on("close", () => {
    if (hasEnded) cluster.status = "end";
  });
  // A node that is named to it while it ends would be one more to wait for, and nobody would end it.
  cluster.on("+node", (node: Redis) => {
    if (ENDING.has(cluster.status)) node.disconnect();
  });
  // BullMQ waits for jobs over a connection that it makes by this.
  const duplicate = cluster.duplicate.bind(cluster);
  cluster.duplicate = (...args) => endsForGood(duplicate(...args));
  return cluster;
}

const ENDING: ReadonlySet<string> = new Set(["disconnecting", "close", "end"]);

function waitBefore(times: number): number {
  return Math.min(times * 50, LONGEST_WAIT_MS);
}

/** @returns 2, by which ioredis sends the command again */
function isReadonly(error: Error): false | 2 {
  return error.message.startsWith("READONLY") ? 2 : false;
}

/** ioredis prints the errors that nobody listens to; a connection that was lost is seen by its commands. */
function quiet<Connection extends Redis | Cluster>(connection: Connection): Connection {
  connection.on("error", () => undefined);
  return connection;
}
