/** A project folder of a test's own, and users of its Redis in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** A user in a process of its own. */
export interface UserProcess {
  readonly child: ChildProcess;
  /** Pid of the server it uses. */
  readonly serverPid: number;
  readonly socketPath: string;
  /** Sends a line and gives the reply. */
  ask(line: string): Promise<unknown>;
  /** Sends a line without waiting for a reply. */
  tell(line: string): void;
  /** Resolves when the process is gone. */
  exited(): Promise<void>;
}

/** A project folder of its own. */
export class TestProject {
  readonly path: string;
  readonly #users: ChildProcess[] = [];

  /** @param name the folder's last part, for odd names */
  constructor(name = "project") {
    this.path = join(realpathSync(mkdtempSync(join(tmpdir(), "umbel-test-"))), name);
  }

  /**
   * Starts a user and waits until it has a connection.
   * @param program made of user-process.ts
   */
  async startUser(program: string): Promise<UserProcess> {
    const child = spawn(process.execPath, [program, this.path], { stdio: ["pipe", "pipe", "inherit"] });
    this.#users.push(child);
    const exited = once(child, "exit").then(() => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const read = async (): Promise<unknown> => {
      const line = await lines.next();
      if (line.done === true) throw new Error("the user process ended without a reply");
      const reply: unknown = JSON.parse(line.value);
      return reply;
    };
    const tell = (line: string) => void child.stdin.write(`${line}\n`);
    const first = await read();
    if (typeof first !== "object" || first === null || !("ready" in first && "socketPath" in first)) {
      throw new Error(`the user process said ${JSON.stringify(first)}`);
    }
    return {
      child,
      serverPid: Number(first.ready),
      socketPath: String(first.socketPath),
      ask: (line) => {
        tell(line);
        return read();
      },
      tell,
      exited: () => exited,
    };
  }

  /** The leases that lie there. */
  leases(): string[] {
    const folder = join(this.path, ".flow/users");
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  /** Whatever is left of a server: locks, the record, the socket's folder. */
  traces(socketPath: string): string[] {
    const names = existsSync(join(this.path, ".flow")) ? readdirSync(join(this.path, ".flow")) : [];
    const left = names.filter((name) => name.startsWith("lock") || name === "redis.json" || name.endsWith(".conf"));
    return [...left, ...this.leases(), ...(existsSync(dirname(socketPath)) ? [socketPath] : [])];
  }

  /** Ends what a failed test left and removes the folder. */
  async clean(): Promise<void> {
    for (const user of this.#users) user.kill("SIGKILL");
    const record = join(this.path, ".flow/redis.json");
    if (existsSync(record)) {
      const [, pid] = /"pid": (\d+)/.exec(readFileSync(record, "utf8")) ?? [];
      if (pid !== undefined && isRunning(Number(pid))) process.kill(Number(pid), "SIGKILL");
    }
    rmSync(dirname(this.path), { recursive: true, force: true });
  }
}

/** Whether there is a process with this pid that is no zombie. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = process.platform === "linux" ? readFileSync(`/proc/${pid}/stat`, "latin1") : "";
  return !stat.includes(") Z ");
}

/** Resolves when the claim holds. */
export async function until(claim: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await claim())) {
    if (performance.now() > end) throw new Error(`waited 15 s in vain until ${what}`);
    await sleep(10);
  }
}
