/**
 * More Redis servers than the one of a Jest run, for tests of many and of their failures. One rule: a server ends with
 * whoever started it, even by `kill -9`, and leaves no files.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** One server of a test, on a port of this machine alone. */
export interface TestServer {
  readonly port: number;
  /** Its files. */
  readonly folder: string;
  /** Ends it as a lost machine does; its files stay until `stop`. */
  kill(): void;
  /** Starts one that was killed again, with the files that it left. */
  revive(): Promise<void>;
  /** Lets it stand still as a machine that is cut off does: connections stay open, nothing is answered. */
  freeze(): void;
  /** Ends that. */
  thaw(): void;
  /** Resolves when it has ended and its files are gone. Safe to repeat. */
  stop(): Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  readonly port: number;
  /** Lines of its configuration beside those that every test wants. */
  readonly settings?: readonly string[];
  /** Files that are there before it starts, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether it is a sentinel. */
  readonly isSentinel?: boolean;
}

// As in scripts/redis.mjs: when our end of its stdin closes, the shell ends the server and removes the folder. For each line
// that it reads it starts the server, and says its process id.
const KEEPER = `trap "" INT TERM; folder=$1; flag=$2; server=
while read -r _; do "$0" "$folder/redis.conf" $flag >>"$folder/log" 2>&1 & server=$!; echo $server; done
kill -9 $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$folder"`;

/** Gives ports that are free, each with one 10,000 above for a cluster's own talk. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 15_000 + Math.floor(Math.random() * 35_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) ports.add(port);
  }
  return [...ports];
}

/** Starts a server with the program that serves this Jest run. It may take a moment before it answers. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const { port, settings = [], files = {}, isSentinel = false } = options;
  const program = process.env.UMBEL_TEST_REDIS_SERVER;
  if (program === undefined) throw new Error("UMBEL_TEST_REDIS_SERVER is not set; run the tests by `npm test`");
  const folder = mkdtempSync("/tmp/umbel-node-");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const usual = ["bind 127.0.0.1", `port ${port}`, `dir ${folder}`];
  if (!isSentinel) usual.push('save ""', "appendonly no", "repl-diskless-sync yes", "repl-diskless-sync-delay 0");
  writeFileSync(join(folder, "redis.conf"), `${[...usual, ...settings].join("\n")}\n`);
  const args = ["-c", KEEPER, program, folder, isSentinel ? "--sentinel" : ""];
  const keeper = spawn("sh", args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(keeper, "close");
  const lines = createInterface(keeper.stdout);
  let pid = 0;
  const start = (): Promise<void> =>
    new Promise((resolve) => {
      lines.once("line", (line) => {
        pid = Number(line);
        resolve();
      });
      keeper.stdin.write("start\n");
    });
  await start();
  const tell = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
  };
  return {
    port,
    folder,
    kill: () => tell("SIGKILL"),
    revive: start,
    freeze: () => tell("SIGSTOP"),
    thaw: () => tell("SIGCONT"),
    stop: async () => {
      keeper.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  const isListening = await listening;
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
