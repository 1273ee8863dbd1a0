/** An engine that gives what it is told, and keeps what it was asked. */
import type { SignatureData } from "@umbel/core";
import type { ConformanceEngine, ConformanceRun, ObservedResult } from "../src/conformance/engine.ts";

export class ScriptedEngine implements ConformanceEngine {
  readonly applied: { signature: SignatureData; args: readonly unknown[]; kwargs: object }[] = [];
  readonly recorded: Record<string, unknown[]> = {};
  closed = 0;
  readonly #run: Partial<ConformanceRun> & { observed?: ObservedResult };

  constructor(run: Partial<ConformanceRun> & { observed?: ObservedResult } = {}) {
    this.#run = run;
  }

  async apply(signature: SignatureData, args: readonly unknown[], kwargs: object): Promise<ConformanceRun | undefined> {
    this.applied.push({ signature, args, kwargs });
    const { observed = { state: "SUCCESS", value: 1 }, ...run } = this.#run;
    return { result: async () => observed, ended: async () => {}, ...run };
  }

  async records(key: string): Promise<readonly unknown[]> {
    return [...(this.recorded[key] ?? [])];
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}
