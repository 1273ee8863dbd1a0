/** `flow show`: how a run stands. */
import { RunFollower } from "@umbel/canvas";
import { parseNodeId, type RunInfo, type RunNode } from "@umbel/core";
import pc from "picocolors";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { drawSteps } from "../live/draw-steps.ts";
import { showDuration } from "../live/duration.ts";
import { StepBoard } from "../live/step-board.ts";
import { type BrokerOptions, findMeant, withEngine } from "../open-runs.ts";
import { table } from "../table.ts";

/** The options of `flow show`, as commander gives them. */
export interface ShowOptions extends BrokerOptions {
  readonly nodes?: boolean;
  readonly json?: boolean;
}

/** Prints a run. @throws UnknownRunError, RunExpiredError, OperationalError */
export async function showRun(
  context: CommandContext,
  run: string | undefined,
  options: ShowOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  return await withEngine(context, options, async (engine) => {
    const { id } = await findMeant(engine, run, terminal);
    const { nodes, ...info } = await engine.runs.inspect(id);
    if (options.json === true) {
      const all: RunNode[] = [];
      if (options.nodes === true) for await (const node of nodes()) all.push(node);
      terminal.result(JSON.stringify(options.nodes === true ? { ...info, nodes: all } : info, undefined, 2));
      return EXIT.done;
    }
    terminal.result(describeRun(info));
    terminal.result("");
    if (options.nodes === true) {
      for (const line of await nodeLines(nodes())) terminal.result(line);
      return EXIT.done;
    }
    const { runKey } = parseNodeId(info.id) ?? {};
    if (runKey === undefined) return EXIT.done;
    const follower = new RunFollower(await engine.runtime(), runKey);
    const { steps, now, hasEnded } = await new StepBoard(follower).look({ all: true });
    await follower.close();
    const frame = { title: "", startedAt: info.createdAt.getTime(), now, hasEnded };
    const size = {
      columns: process.stdout.columns ?? 120,
      rows: Number.MAX_SAFE_INTEGER,
      colors: pc.createColors(false),
    };
    for (const line of drawSteps(steps, frame, size).slice(1)) terminal.result(line);
    return EXIT.done;
  });
}

/** Gives what is known of a run as a whole. */
export function describeRun(info: RunInfo): string {
  const { readableId, name, flow, id, state, createdAt, endedAt, nodeCount, resumes, forkOf, modules, ownQueue } = info;
  const facts: [string, string][] = [
    ["run", name === undefined ? readableId : `${readableId} (${name})`],
    ["id", id],
    ...(flow === undefined ? [] : [["flow", flow] as [string, string]]),
    ["state", state],
    ["sent", createdAt.toISOString()],
    ...(endedAt === undefined
      ? []
      : [
          ["ended", `${endedAt.toISOString()}, after ${showDuration(endedAt.getTime() - createdAt.getTime())}`] as [
            string,
            string,
          ],
        ]),
    ["nodes", String(nodeCount)],
    ...(resumes > 0 ? [["resumed", `${resumes} ${resumes === 1 ? "time" : "times"}`] as [string, string]] : []),
    ...(forkOf === undefined ? [] : [["fork of", forkOf] as [string, string]]),
    ...(modules.length === 0 ? [] : [["modules", modules.join(", ")] as [string, string]]),
    ...(ownQueue === undefined ? [] : [["queue", `${ownQueue}, of the command that sent it`] as [string, string]]),
  ];
  return facts.map(([title, text]) => `${title.padEnd(8)} ${text}`).join("\n");
}

/** Rows are lined up so many at a time. */
const ROWS_AT_ONCE = 500;

async function nodeLines(nodes: AsyncIterable<RunNode>): Promise<readonly string[]> {
  const lines: string[] = [];
  const title = ["node", "state", "attempts", "took", "worker", "task"];
  let rows: string[][] = [title];
  for await (const { index, task, args, stamps = {}, state, attempts, startedAt, endedAt, worker } of nodes) {
    const took =
      startedAt === undefined || endedAt === undefined ? "–" : showDuration(endedAt.getTime() - startedAt.getTime());
    const call =
      task === undefined
        ? "group"
        : `${task}(${(args ?? [])
            .map((each) => JSON.stringify(each))
            .join(", ")
            .slice(0, 60)})`;
    const stamped = Object.entries(stamps).map(([name, stamp]) => ` ${name}=${JSON.stringify(stamp)}`);
    rows.push([String(index), state, String(attempts), took, worker ?? "–", `${call}${stamped.join("").slice(0, 60)}`]);
    if (rows.length < ROWS_AT_ONCE) continue;
    lines.push(table(rows));
    rows = [];
  }
  if (rows.length > 0) lines.push(table(rows));
  return lines;
}
