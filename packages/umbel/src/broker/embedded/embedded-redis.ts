/**
 * A share in the private Redis of a project: started by the first that needs it, shared by all, ended by the last. One
 * rule: a share is a lease and not a connection, so connections may come and go.
 *
 * A process that ends without release leaves its lease and perhaps the server. Both are safe: the lease names a process
 * that is gone, so nobody takes it for a user; the server is adopted by the next user and ended when that one leaves.
 */
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { OperationalError } from "@umbel/core";
import { asError } from "../system-error.ts";
import { releaseBeforeExit } from "./before-exit.ts";
import { type FlowFolder, flowFolder, makeFlowFolder } from "./flow-folder.ts";
import { withLock } from "./lock.ts";
import { probeServer } from "./server-control.ts";
import { bringUp, endOrphan, takeDown } from "./server-life.ts";
import { readServerRecord, type ServerAccess } from "./server-record.ts";
import { addUser, removeUser, restoreUser, sweepUsers, TOUCH_INTERVAL_MS, touchUser, wasEvicted } from "./users.ts";

/** How to take part in a project's Redis. */
export interface AcquireOptions {
  /** The server program; by default the one that findServer gives. */
  readonly binary?: string | undefined;
  /** Ends the waiting for the lock and for the start. */
  readonly signal?: AbortSignal | undefined;
  /** What this user is, for `flow redis status`; by default the name of the script. */
  readonly user?: string | undefined;
  /** Is told when the server is gone and cannot be brought back; by default a process warning. */
  readonly onProblem?: ((error: Error) => void) | undefined;
}

/** What ioredis needs to reach the server, and to have it brought back when it is gone. */
export interface EmbeddedConnectionOptions {
  readonly path: string;
  readonly password: string;
  /** Gives the milliseconds until the next try, or `null` when there is nothing to come back to. */
  readonly retryStrategy: (times: number) => number | null;
}

/** A share in a project's Redis. */
export interface EmbeddedRedis extends ServerAccess {
  /** Options for any number of ioredis connections; a server that is started again is at the same place. */
  readonly connectionOptions: EmbeddedConnectionOptions;
  /**
   * Starts the server again if it is gone; calls at the same time are one.
   * @throws OperationalError when that fails, or `flow redis stop --force` took the server from us, or after release
   */
  ensureRunning(): Promise<void>;
  /**
   * Gives the share back; the last one ends the server and resolves when its process is gone. Safe to repeat. Close the
   * connections first.
   */
  release(): Promise<void>;
}

const MAX_RETRY_MS = 1_000;

/**
 * Gives a share in the Redis of a project, and starts it when it does not run.
 * @param project the project's folder
 * @throws OperationalError when no server can be started or the folder cannot be used; AbortError on `signal`
 */
export async function acquireEmbeddedRedis(project: string, options: AcquireOptions = {}): Promise<EmbeddedRedis> {
  const folder = flowFolder(await realpath(project));
  const name = options.user ?? basename(process.argv[1] ?? "node");
  await makeFlowFolder(folder);
  return withLock(
    folder.path,
    async () => {
      const access = await bringUp(folder, options);
      return new Share(folder, access, { path: await addUser(folder, name), name }, options);
    },
    options,
  );
}

interface Lease {
  readonly path: string;
  readonly name: string;
}

class Share implements EmbeddedRedis {
  readonly socketPath: string;
  readonly password: string;
  readonly connectionOptions: EmbeddedConnectionOptions;
  readonly #folder: FlowFolder;
  readonly #lease: Lease;
  readonly #options: AcquireOptions;
  readonly #touching: NodeJS.Timeout;
  readonly #forgetExit: () => void;
  #bringing: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;
  #isEvicted = false;
  #lastProblem = "";

  constructor(folder: FlowFolder, access: ServerAccess, lease: Lease, options: AcquireOptions) {
    this.socketPath = access.socketPath;
    this.password = access.password;
    this.connectionOptions = {
      path: access.socketPath,
      password: access.password,
      retryStrategy: (times) => this.#retry(times),
    };
    this.#folder = folder;
    this.#lease = lease;
    this.#options = options;
    this.#touching = setInterval(() => {
      touchUser(lease.path).catch((error: unknown) => this.#report(error));
    }, TOUCH_INTERVAL_MS).unref();
    this.#forgetExit = releaseBeforeExit(() => this.release());
  }

  ensureRunning(): Promise<void> {
    this.#bringing ??= this.#bringBack().finally(() => {
      this.#bringing = undefined;
    });
    return this.#bringing;
  }

  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  #retry(times: number): number | null {
    if (this.#releasing !== undefined || this.#isEvicted) return null;
    // ioredis asks for a delay and not for a promise: what it will connect to is brought back meanwhile.
    this.ensureRunning().then(
      () => {
        this.#lastProblem = "";
      },
      (error: unknown) => this.#report(error),
    );
    return Math.min(10 * 2 ** Math.min(times, 10), MAX_RETRY_MS);
  }

  #report(error: unknown): void {
    const problem = asError(error);
    // Each try of each connection fails alike; once is enough.
    if (this.#releasing !== undefined || problem.message === this.#lastProblem) return;
    this.#lastProblem = problem.message;
    if (this.#options.onProblem !== undefined) this.#options.onProblem(problem);
    else process.emitWarning(problem);
  }

  async #bringBack(): Promise<void> {
    // The usual case, one connection that was cut, needs no lock.
    const { kind } = await probeServer(this);
    if (kind === "ready" || kind === "loading") return;
    await makeFlowFolder(this.#folder);
    await withLock(this.#folder.path, async () => {
      if (this.#releasing !== undefined) throw new OperationalError("this share in the project's Redis was released");
      if (await wasEvicted(this.#lease.path)) {
        this.#isEvicted = true;
        throw new OperationalError(
          `\`flow redis stop --force\` ended the Redis of ${this.#folder.project}; start this process again to go on`,
        );
      }
      const access = await bringUp(this.#folder, this.#options, this);
      await restoreUser(this.#lease.path, this.#lease.name);
      if (access.socketPath !== this.socketPath || access.password !== this.password) {
        throw new OperationalError(
          `the Redis of ${this.#folder.project} was set up anew elsewhere; start this process again to use it`,
        );
      }
    });
  }

  async #release(): Promise<void> {
    clearInterval(this.#touching);
    this.#forgetExit();
    // Whoever brings it back at this moment holds the lock; its failure is told to its own callers.
    await this.#bringing?.catch(() => undefined);
    await removeUser(this.#lease.path);
    const record = await readServerRecord(this.#folder.record);
    if (record === undefined) {
      // Stopped by hand, or the folder was removed, and the lock with it: whoever still uses an orphan starts it again.
      await endOrphan(this.socketPath);
      return;
    }
    await withLock(this.#folder.path, async () => {
      const users = await sweepUsers(this.#folder);
      const current = await readServerRecord(this.#folder.record);
      if (users.length === 0 && current !== undefined) await takeDown(this.#folder, current);
    });
  }
}
