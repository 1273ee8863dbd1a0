/**
 * The engine of an App, as the conformance runner asks for it. One rule: it goes the way that users go, `applyAsync`
 * and `get()`; only the stored error is read beside it, since `get()` throws the cause instead.
 */
import {
  type App,
  type AsyncResult,
  GroupResult,
  InvalidSignatureError,
  type SignatureData,
  SignatureObject,
  type WireError,
} from "@umbel/core";
import type { Records } from "../tasks/records.ts";
import { type StoredError, storedErrorOf, type TreeNode } from "./case.ts";
import type { ConformanceEngine, ConformanceRun, ObservedResult } from "./engine.ts";

/** What an AppEngine is made of. */
export interface AppEngineParts {
  /** An App with the task library, whose tasks a worker serves. */
  readonly app: App;
  /** Where the library's tasks record. */
  readonly records: Records;
  /** Waits until nothing of the run with this result can happen any more. */
  runEnded(resultId: string, signal: AbortSignal): Promise<void>;
  /** Ends workers and connections, and removes every key. */
  close(): Promise<void>;
}

/** Runs cases by an App's engine. */
export class AppEngine implements ConformanceEngine {
  readonly #parts: AppEngineParts;

  constructor(parts: AppEngineParts) {
    this.#parts = parts;
  }

  async apply(
    signature: SignatureData,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
  ): Promise<ConformanceRun | undefined> {
    const { app, runEnded } = this.#parts;
    try {
      const handle = await new SignatureObject(signature, app).applyAsync(args, { kwargs });
      return {
        result: (signal) => observe(handle, app, signal),
        ended: (signal) => runEnded(handle.id, signal),
        tree: () => readTree(handle, app),
      };
    } catch (error) {
      // Applying an empty chain gives None in Celery; with us it is refused. Neither gives a result.
      if (error instanceof InvalidSignatureError && signature.kind === "chain" && signature.steps.length === 0) {
        return undefined;
      }
      throw error;
    }
  }

  records(key: string): Promise<readonly unknown[]> {
    return this.#parts.records.read(key);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}

async function observe(handle: AsyncResult, app: App, signal: AbortSignal): Promise<ObservedResult> {
  try {
    return { state: "SUCCESS", value: await handle.get({ signal }) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { state, error } = await app.engine.read(handle.id);
    return { state, ...stored(error), raised: storedErrorOf(thrown) };
  }
}

function stored(error: WireError | undefined): { readonly error?: StoredError } {
  return error === undefined ? {} : { error: { type: error.name, message: error.message } };
}

/** The result, its parent, and so on. */
async function readTree(handle: AsyncResult, app: App): Promise<readonly TreeNode[]> {
  const nodes: TreeNode[] = [];
  for (let result: AsyncResult | undefined = handle; result !== undefined; result = await result.parent()) {
    nodes.push(await readTreeNode(result, app));
  }
  return nodes;
}

async function readTreeNode(result: AsyncResult, app: App): Promise<TreeNode> {
  if (result instanceof GroupResult) {
    return { group: await Promise.all((await result.children()).map((member) => readTreeNode(member, app))) };
  }
  const { state, value, error } = await app.engine.read(result.id);
  return { state, ...(state === "SUCCESS" ? { result: value } : stored(error)) };
}
