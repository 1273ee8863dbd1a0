/** `flow doctor`: examines what workflows stand on. One rule: it changes nothing without `--fix`, and then only what nobody can use. */

import type { CanvasEngine } from "@umbel/canvas";
import { type App, censorText } from "@umbel/core";
import { findBroker } from "../../broker/lookup.ts";
import type { RedisBroker } from "../../broker/open-broker.ts";
import { cleanUp } from "../clean-up.ts";
import type { CommandContext } from "../context.ts";
import { errorScreen, exitCodeOf } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BrokerOptions, withEngine } from "../open-runs.ts";
import { versions } from "./show-env.ts";

/** The options of `flow doctor`, as commander gives them. */
export interface DoctorOptions extends BrokerOptions {
  readonly fix?: boolean;
  readonly report?: boolean;
}

/** What was found of one thing. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "note" | "bad";
  readonly text: string;
}

const SIGNS = { ok: "✔", note: "·", bad: "✘" } as const;

/** A clock that is so far from the server's makes delays start late or early, milliseconds. */
const MOST_SKEW_MS = 1000;
const SLOW_MS = 20;
const PINGS = 20;
const MOST_ABANDONED = 1000;

/** Prints what was found; exit code 1 when something is wrong. */
export async function examine(context: CommandContext, options: DoctorOptions): Promise<ExitCode> {
  const { terminal } = context;
  const findings: Finding[] = [examineNode()];
  let exitCode: ExitCode = EXIT.done;
  try {
    await withEngine(context, options, async (engine, app) => {
      findings.push(...(await examineServer(context, app)));
      findings.push(...(await examineRuns(engine, app, options.fix === true)));
      const { examineWork } = await import("./examine-work.ts");
      findings.push(...(await examineWork(context, engine, app, options.fix === true)));
    });
  } catch (error) {
    findings.push({ what: "broker", state: "bad", text: errorScreen(error, { debug: context.debug }) });
    exitCode = exitCodeOf(error);
  }
  if (options.report === true)
    for (const [name, version] of versions()) terminal.result(`${name.padEnd(12)} ${version}`);
  for (const { what, state, text } of findings) {
    const shown = options.report === true ? censorText(text) : text;
    terminal.result(`${SIGNS[state]} ${what.padEnd(12)} ${shown}`);
  }
  if (exitCode !== EXIT.done) return exitCode;
  return findings.some(({ state }) => state === "bad") ? EXIT.failed : EXIT.done;
}

function examineNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOld = major < 20 || (major === 20 && minor < 19);
  if (isOld) return { what: "Node", state: "bad", text: `${process.versions.node}; 20.19 or newer is needed` };
  return { what: "Node", state: "ok", text: process.versions.node };
}

async function examineServer({ terminal, signal }: CommandContext, app: App): Promise<readonly Finding[]> {
  const { broker } = findBroker({ environment: process.env, appBroker: app.conf.brokerUrl });
  if (broker.kind === "memory")
    return [{ what: "broker", state: "note", text: "memory: ends with each process, and needs no Redis" }];
  const { openBroker } = await import("../../broker/open-broker.ts");
  const redisBroker: RedisBroker = broker;
  const open = await openBroker(redisBroker, { user: "flow doctor", signal, onProblem: () => undefined });
  try {
    const connection = open.connect({ givesUp: true });
    if ("nodes" in connection) return [{ what: "broker", state: "ok", text: `${open.address}, a cluster` }];
    const info = readInfo(await connection.info());
    const findings: Finding[] = [
      {
        what: "broker",
        state: "ok",
        text: `${open.address}, ${info.get("valkey_version") === undefined ? `Redis ${info.get("redis_version")}` : `Valkey ${info.get("valkey_version")}`}`,
      },
      examineEviction(info),
      examinePersistence(info, broker.kind),
      examineMemory(info),
      await examineLatency(connection),
      await examineClock(connection),
    ];
    connection.disconnect();
    return findings;
  } finally {
    await cleanUp(terminal, [() => open.close()]);
  }
}

function readInfo(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

function examineEviction(info: ReadonlyMap<string, string>): Finding {
  const policy = info.get("maxmemory_policy") ?? "unknown";
  if (policy === "noeviction") return { what: "eviction", state: "ok", text: "noeviction" };
  return {
    what: "eviction",
    state: "bad",
    text: `${policy}: when memory is full, Redis forgets runs; set \`maxmemory-policy noeviction\``,
  };
}

function examinePersistence(info: ReadonlyMap<string, string>, kind: string): Finding {
  if (info.get("aof_enabled") === "1") {
    const failed = info.get("aof_last_write_status") !== "ok";
    return failed
      ? { what: "persistence", state: "bad", text: "the append-only file could not be written; see the server's log" }
      : { what: "persistence", state: "ok", text: "append-only file" };
  }
  const text =
    "no append-only file: a restart of Redis loses what is newer than its last snapshot; set `appendonly yes`";
  return { what: "persistence", state: kind === "embedded" ? "bad" : "note", text };
}

function examineMemory(info: ReadonlyMap<string, string>): Finding {
  const most = Number(info.get("maxmemory") ?? 0);
  const used = Number(info.get("used_memory") ?? 0);
  const shown = `${info.get("used_memory_human") ?? "?"} used${most > 0 ? ` of ${info.get("maxmemory_human")}` : ", no limit set"}`;
  if (most > 0 && used > most * 0.9)
    return {
      what: "memory",
      state: "bad",
      text: `${shown}: new runs will soon be refused; raise \`maxmemory\`, or lower \`resultExpires\``,
    };
  return { what: "memory", state: "ok", text: shown };
}

interface Server {
  ping(): Promise<unknown>;
  time(): Promise<readonly (string | number)[]>;
}

async function examineLatency(server: Server): Promise<Finding> {
  const times: number[] = [];
  for (let count = 0; count < PINGS; count += 1) {
    const began = performance.now();
    await server.ping();
    times.push(performance.now() - began);
  }
  times.sort((one, other) => one - other);
  const median = times[Math.floor(PINGS / 2)] ?? 0;
  const text = `a round trip takes ${median.toFixed(1)} ms, ${(times.at(-1) ?? 0).toFixed(1)} ms at worst`;
  if (median < SLOW_MS) return { what: "latency", state: "ok", text };
  return {
    what: "latency",
    state: "bad",
    text: `${text}: each step of a chain takes at least one; let workers run nearer to Redis`,
  };
}

async function examineClock(server: Server): Promise<Finding> {
  const before = Date.now();
  const [seconds, micros] = await server.time();
  const here = (before + Date.now()) / 2;
  const skew = Math.round(here - (Number(seconds) * 1000 + Number(micros) / 1000));
  if (Math.abs(skew) < MOST_SKEW_MS)
    return { what: "clock", state: "ok", text: `${Math.abs(skew)} ms from the server's` };
  return {
    what: "clock",
    state: "bad",
    text: `${Math.abs(skew)} ms ${skew > 0 ? "before" : "behind"} the server's: delays begin late; let both be set by NTP`,
  };
}

async function examineRuns(engine: CanvasEngine, app: App, fix: boolean): Promise<readonly Finding[]> {
  const count = { going: 0, paused: 0 };
  const abandoned: string[] = [];
  for await (const { id, state } of app.runs.all({ state: ["STARTED", "PAUSED", "ABANDONED"] })) {
    if (state === "ABANDONED") abandoned.push(id);
    else count[state === "PAUSED" ? "paused" : "going"] += 1;
    if (abandoned.length >= MOST_ABANDONED) break;
  }
  const findings: Finding[] = [{ what: "runs", state: "ok", text: `${count.going} going on, ${count.paused} paused` }];
  if (abandoned.length === 0) return findings;
  if (!fix) {
    return [
      ...findings,
      {
        what: "abandoned",
        state: "bad",
        text: `${abandoned.length}: the commands that ran them are gone; cancel them by: flow doctor --fix`,
      },
    ];
  }
  for (const id of abandoned) await engine.runs.cancel(id);
  return [
    ...findings,
    { what: "abandoned", state: "note", text: `${abandoned.length} cancelled; go on with them by: flow resume RUN` },
  ];
}
