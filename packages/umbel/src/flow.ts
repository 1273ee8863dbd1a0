/**
 * `umbel/flow`: the flow language within TypeScript. One rule: it is a door of its own, so that who builds workflows by
 * functions does not load the compiler.
 */
import {
  type AnySignature,
  type AnyTask,
  type App,
  bindSignature,
  InvalidFlowError,
  InvalidSignatureError,
  isBuiltIn,
  isSignature,
  isTask,
  requireJson,
  type Signature,
} from "@umbel/core";
import { canBeGiven, compileTemplate, type GivenPart, renderDiagnostics } from "@umbel/dsl";
import { declarationOf } from "./load/task-declaration.ts";

/** What a hole of a template may hold: a JSON value, a task, or a signature. */
export type FlowHole =
  | null
  | boolean
  | number
  | string
  | readonly FlowHole[]
  | { readonly [key: string]: FlowHole }
  | AnyTask
  | AnySignature;

/** Makes signatures of flow text. */
export type FlowTag = <Result = unknown>(
  strings: TemplateStringsArray,
  ...holes: readonly FlowHole[]
) => Signature<readonly unknown[], Result>;

/**
 * Gives the tag for workflows of an App's tasks.
 *
 * ```ts
 * const double = flow(app)<number>`add(${x}, 4) | mul(2)`;
 * await double.delay().get();
 * ```
 *
 * A hole is a value and never text; in a string it is put in. Flow's own `${` is written `\${`.
 * @throws InvalidFlowError (the tag) with all mistakes of the text; SerializationError for a value that JSON would change
 */
export function flow(app: App): FlowTag {
  return <Result>(strings: TemplateStringsArray, ...holes: readonly FlowHole[]) => {
    const parts = holes.map((hole, index) => readHole(hole, index));
    const { signature, text, diagnostics } = compileTemplate(strings.raw, parts, {
      file: FILE,
      resolver: {
        task: (name) => {
          const task = app.tasks.get(name) ?? taskOfHoles(holes, name);
          return task === undefined ? undefined : declarationOf(task);
        },
        taskNames: () => [...app.tasks.keys()].filter((name) => !isBuiltIn(name)),
        import: () => ({ kind: "failed", reason: "a template imports nothing; it knows the tasks of its App" }),
      },
    });
    if (signature !== undefined) {
      return bindSignature(signature, app) as Signature<readonly unknown[], Result>;
    }
    throw new InvalidFlowError(`the flow is wrong:\n\n${renderDiagnostics(diagnostics, { [FILE]: text }).trimEnd()}`);
  };
}

/** What messages call a template. */
const FILE = "template";

function readHole(hole: unknown, index: number): GivenPart {
  if (isTask(hole)) return { kind: "task", task: declarationOf(hole) };
  const what = `hole ${index + 1} of the template`;
  if (isSignature(hole)) {
    if (canBeGiven(hole.data)) return { kind: "signature", data: hole.data };
    throw new InvalidSignatureError(
      `${what}: the language has no words for this signature: ${String(hole)}; give its parts, or join it by \`pipe\``,
    );
  }
  requireJson(hole, what);
  return { kind: "value", value: hole };
}

/** Tasks of other Apps are known where they are given. */
function taskOfHoles(holes: readonly unknown[], name: string): AnyTask | undefined {
  return holes.find((hole): hole is AnyTask => isTask(hole) && hole.name === name);
}
