/**
 * A Redis for this repository's own commands. One rule: a server that we did not start is never used, and port 6379
 * never opened.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const flow = join(root, "packages/umbel/bin/flow.js");
const finder = join(root, "packages/umbel/dist/broker/find-server.js");

/** Gives the path of a redis-server, or `undefined`; looks where the `flow` command looks. */
export async function findServer() {
  if (!existsSync(finder)) throw new Error("nothing is built yet; run `npm run build`");
  const { findServer } = await import(pathToFileURL(finder).href);
  return (await findServer())?.path;
}

/** Makes sure that there is a redis-server, by `flow redis install` where there is none; ends the process if that fails. */
export async function ensureServer() {
  try {
    if ((await findServer()) !== undefined) return;
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  console.error("no redis-server found; running `flow redis install`");
  // Its output goes to stderr: stdout is for what was asked for.
  const { status } = spawnSync(process.execPath, [flow, "redis", "install"], { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

// The shell holds the server and outlives us by a moment: when our end of its stdin closes, even by `kill -9`, it ends
// the server and removes the folder.
const KEEPER =
  'trap "" INT TERM; "$0" "$1/redis.conf" & server=$!; cat >/dev/null; kill $server 2>/dev/null; wait $server; rm -rf "$1"';

/**
 * Starts a server of our own: unix socket in a short temporary folder, nothing kept.
 * @param port where it listens on this machine too; nowhere unless said
 * @returns its URL, the program, and `stop`, which resolves when server and folder are gone
 */
export async function startServer({ port = 0 } = {}) {
  const binary = await findServer();
  if (binary === undefined) throw new Error("no redis-server found; run `npx flow redis install`");
  // A socket's path may have 107 bytes: a long TMPDIR is no place for it.
  const folder = mkdtempSync(join(tmpdir().length < 60 ? tmpdir() : "/tmp", "umbel-jest-"));
  const socket = join(folder, "redis.sock");
  const settings = [
    "bind 127.0.0.1",
    `port ${port}`,
    `unixsocket ${socket}`,
    "unixsocketperm 600",
    `dir ${folder}`,
    `logfile ${join(folder, "redis.log")}`,
    "appendonly no",
    'save ""',
    // Each page of the guide has one (docs.test.ts); a number beyond the last would be database 0.
    "databases 64",
    "maxmemory-policy noeviction",
    "maxclients 4096",
  ];
  writeFileSync(join(folder, "redis.conf"), `${settings.join("\n")}\n`);
  const keeper = spawn("sh", ["-c", KEEPER, binary, folder], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = new Promise((resolve) => keeper.once("close", resolve));
  const stop = async () => {
    keeper.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (!(await answersPing(socket, 10_000))) {
    await stop();
    throw new Error(`${binary} did not answer within 10 s; run it by hand to see why`);
  }
  return { url: `unix://${socket}`, program: binary, stop };
}

async function answersPing(socket, timeoutMs) {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    if (await pings(socket)) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}

function pings(socket) {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.once("error", () => resolve(false));
    connection.once("connect", () => connection.write("PING\r\n"));
    connection.once("data", (reply) => {
      connection.destroy();
      resolve(reply.toString().startsWith("+PONG"));
    });
  });
}
