/**
 * `flow` in one process for many commands. One rule: it is for what commands print and how they end; what is to be seen of
 * their processes, such as signals and that they end by themselves, is for flow-process.ts. A process costs a second of CPU.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FlowOptions, FlowResult } from "./flow-process.ts";

const PROGRAM = join(import.meta.dirname, "flow-session.mjs");

/** A process that runs one command after another. */
export class FlowSession {
  readonly #child: ChildProcess = fork(PROGRAM, { silent: true });
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `flow` with arguments to its end. */
  async flow(args: readonly string[], { directory, environment }: FlowOptions = {}): Promise<FlowResult> {
    const before = this.#last;
    const result = before.then(async () => {
      this.#child.send({
        args,
        directory: directory ?? process.cwd(),
        environment: { ...process.env, NO_COLOR: "1", ...environment },
      });
      const over = new AbortController();
      const either = ["message", "exit"].map((event) => once(this.#child, event, { signal: over.signal }));
      const [answer] = (await Promise.race(either).finally(() => over.abort())) as unknown[];
      if (typeof answer !== "object" || answer === null) throw new Error(`the session ended with ${String(answer)}`);
      return answer as FlowResult;
    });
    this.#last = result.catch(() => undefined);
    return await result;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await once(this.#child, "exit");
  }
}
