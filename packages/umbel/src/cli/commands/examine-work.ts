/** What `flow doctor` finds of workers, queues and what was left. One rule: a queue that lives workers serve is never touched. */
import {
  type CanvasEngine,
  expireKeys,
  type QueueSurvey,
  type Survey,
  surveyRedis,
  type WorkerInfo,
} from "@umbel/canvas";
import { type App, parseSeconds } from "@umbel/core";
import { findBroker, placesOf } from "../../broker/lookup.ts";
import { cleanUp } from "../clean-up.ts";
import type { CommandContext } from "../context.ts";
import { readVersion } from "../version.ts";
import type { Finding } from "./examine.ts";

/** Queues of `flow run` and `flow console`, which end with them. */
const PRIVATE = /^(?:run|console)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Looks at workers, queues and keys; with `fix` deletes what nobody can use. @throws OperationalError */
export async function examineWork(
  { terminal, signal }: CommandContext,
  engine: CanvasEngine,
  app: App,
  fix: boolean,
): Promise<readonly Finding[]> {
  const { broker } = findBroker({ environment: process.env, ...placesOf(app) });
  if (broker.kind === "memory") return [];
  const { openBroker } = await import("../../broker/open-broker.ts");
  const open = await openBroker(broker, { user: "flow doctor", signal, onProblem: () => undefined });
  try {
    const connection = open.connect({ givesUp: true });
    const survey = await surveyRedis(connection, app.conf.prefix);
    const { lifeSigns, queues } = await engine.runtime();
    // Asked for last: a worker is alive before its queue is there.
    const workers = await lifeSigns.alive();
    const served = new Set(workers.flatMap((worker) => worker.queues));
    const left = survey.queues.filter(({ name }) => PRIVATE.test(name) && !served.has(name));
    if (fix) {
      for (const { name } of left) await queues.obliterate(name);
      const inMs = parseSeconds(app.conf.resultExpires, "setting `resultExpires`") * 1000;
      await expireKeys(connection, survey.orphans, inMs);
    }
    connection.disconnect();
    return [...workersFound(workers, survey), ...queuesFound(survey.queues, served), ...leftFound(left, survey, fix)];
  } finally {
    await cleanUp(terminal, [() => open.close()]);
  }
}

function workersFound(workers: readonly WorkerInfo[], { overdue }: Survey): readonly Finding[] {
  const findings: Finding[] = workers.map(({ name, version, queues, tasks }) => {
    const own = readVersion();
    const isOther = version !== "" && version !== own;
    const shown = queues.map((queue) => (PRIVATE.test(queue) ? "a run of its own" : queue)).join(", ");
    const text = `${name} serves ${shown} (${tasks.length} ${tasks.length === 1 ? "task" : "tasks"})`;
    if (!isOther) return { what: "worker", state: "ok", text };
    return {
      what: "worker",
      state: "bad",
      text: `${text} and runs umbel ${version}, here it is ${own}; start it anew`,
    };
  });
  if (workers.length === 0) findings.push({ what: "workers", state: "note", text: "none is alive" });
  if (overdue > 0) {
    const text = `${overdue} ${overdue === 1 ? "run goes" : "runs go"} on that no worker looks after: a lost job of one stays lost; start a worker: flow worker`;
    findings.push({ what: "stalled", state: "bad", text });
  }
  return findings;
}

function queuesFound(queues: readonly QueueSurvey[], served: ReadonlySet<string>): readonly Finding[] {
  const unserved = queues.filter(({ name, waiting }) => waiting > 0 && !served.has(name) && !PRIVATE.test(name));
  if (unserved.length > 0) {
    return unserved.map(({ name, waiting }) => {
      const jobs = waiting === 1 ? "1 job waits" : `${waiting} jobs wait`;
      return {
        what: "queue",
        state: "bad",
        text: `${name}: ${jobs} and no worker serves it; start one: flow worker -Q ${name}`,
      };
    });
  }
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  return [
    { what: "queues", state: "ok", text: waiting === 0 ? "nothing waits" : `${waiting} waiting, all of it served` },
  ];
}

function leftFound(left: readonly QueueSurvey[], { orphans, isCut }: Survey, fix: boolean): readonly Finding[] {
  const findings: Finding[] = [];
  if (left.length > 0) {
    const text = fix
      ? `${left.length} deleted that commands left`
      : `${left.length} that commands left when they were killed; delete them by: flow doctor --fix`;
    findings.push({ what: "left queues", state: fix ? "note" : "bad", text });
  }
  if (orphans.length > 0) {
    const text = fix
      ? `${orphans.length} of no run that goes on had no expiry; they have one now`
      : `${orphans.length} of no run that goes on and without expiry, such as ${orphans[0] ?? ""}; let them expire by: flow doctor --fix`;
    findings.push({ what: "keys", state: fix ? "note" : "bad", text });
  } else findings.push({ what: "keys", state: "ok", text: "each of a run that has ended expires" });
  if (isCut) findings.push({ what: "keys", state: "note", text: "there are so many that not all were looked at" });
  return findings;
}
