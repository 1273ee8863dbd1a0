/**
 * What can be done with runs. One rule: a method finds its run first, by whatever text leads to it, and answers with how
 * the run stands afterwards.
 */
import {
  type ForkOptions,
  type InspectOptions,
  type ListRunsOptions,
  type ResumeReply,
  type RunDetails,
  type RunInfo,
  type RunKeeper,
  type RunKey,
  type RunLogLine,
  type RunNode,
  type RunPage,
  readLogLine,
} from "@umbel/core";
import { type FoundRun, findRun } from "./find-run.ts";
import type { ForkedCall } from "./forked-call.ts";
import { infoOf, listRuns } from "./list-runs.ts";
import { continueRun } from "./pausing.ts";
import { Resumer } from "./resumer.ts";
import { Revoker } from "./revoker.ts";
import { readRunNodes } from "./run-nodes.ts";
import type { Runtime } from "./runtime.ts";

/** Calls with the open parts of an engine, and words what goes wrong with its connection. */
type Ask = <Answer>(ask: (runtime: Runtime) => Promise<Answer>) => Promise<Answer>;

/** The runs of one engine's broker. */
export class CanvasRuns implements RunKeeper {
  readonly #ask: Ask;
  readonly #owner: string | undefined;
  readonly #forkedCall: ForkedCall;

  /** @param owner the process that runs with a queue of their own are to end with, if it serves one */
  constructor(ask: Ask, owner: string | undefined, forkedCall: ForkedCall) {
    this.#ask = ask;
    this.#owner = owner;
    this.#forkedCall = forkedCall;
  }

  async list(options: ListRunsOptions): Promise<RunPage> {
    return await this.#ask((runtime) => listRuns(runtime, options));
  }

  async find(text: string): Promise<RunInfo> {
    return await this.#ask(async (runtime) => await infoOfFound(runtime, await findRun(runtime, text)));
  }

  async inspect(text: string): Promise<RunDetails> {
    return await this.#ask(async (runtime) => {
      const found = await findRun(runtime, text);
      return { ...(await infoOfFound(runtime, found)), nodes: (options = {}) => this.#nodes(found.runKey, options) };
    });
  }

  async *#nodes(runKey: RunKey, options: InspectOptions): AsyncGenerator<RunNode> {
    const pages = await this.#ask(async (runtime) => readRunNodes(runtime, runKey, options));
    for (;;) {
      const page = await this.#ask(() => pages.next());
      if (page.done === true) return;
      yield* page.value;
    }
  }

  async log(text: string): Promise<readonly RunLogLine[]> {
    return await this.#ask(async (runtime) => {
      const { runKey } = await findRun(runtime, text);
      return (await runtime.store.readLog(runKey)).map(readLogLine);
    });
  }

  async pause(text: string): Promise<RunInfo> {
    return await this.#ask(async (runtime) => {
      const { runKey } = await findRun(runtime, text);
      await runtime.store.pause(runKey, true);
      return await infoNow(runtime, runKey, text);
    });
  }

  async continue(text: string): Promise<RunInfo> {
    return await this.#ask(async (runtime) => {
      const { runKey } = await findRun(runtime, text);
      await continueRun(runtime, runKey);
      return await infoNow(runtime, runKey, text);
    });
  }

  async resume(text: string): Promise<ResumeReply> {
    return await this.#ask((runtime) => new Resumer(runtime, this.#owner).resume(text));
  }

  async fork(text: string, options: ForkOptions): Promise<ResumeReply> {
    return await this.#ask((runtime) => new Resumer(runtime, this.#owner, this.#forkedCall).fork(text, options));
  }

  async cancel(text: string): Promise<RunInfo> {
    return await this.#ask(async (runtime) => {
      const { runKey, stored } = await findRun(runtime, text);
      if (stored.endedAt === undefined) {
        await new Revoker(runtime).revoke(runKey, stored.meta.result, { run: true, terminate: true });
      }
      return await infoNow(runtime, runKey, text);
    });
  }
}

async function infoOfFound(runtime: Runtime, { runKey, stored }: FoundRun): Promise<RunInfo> {
  return await infoOf(runtime, runKey, stored);
}

/** How a run stands that was there a moment ago. */
async function infoNow(runtime: Runtime, runKey: RunKey, text: string): Promise<RunInfo> {
  const stored = await runtime.store.describe(runKey);
  return await infoOfFound(runtime, stored === undefined ? await findRun(runtime, text) : { runKey, stored });
}
