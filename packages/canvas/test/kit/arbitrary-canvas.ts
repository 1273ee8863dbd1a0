/** Random canvases of tasks `t`, compiled. One rule: a name in a canvas is a word that no other task of it has. */
import { newRunKey, type SignatureData } from "@umbel/core";
import fc from "fast-check";
import { compile } from "../../src/graph/compile.ts";
import type { Graph } from "../../src/graph/graph.ts";

/** Canvases of about 1 to 30 nodes; with callbacks, tasks have links and errbacks too. */
export function anyCanvas(withCallbacks = false): fc.Arbitrary<SignatureData> {
  const { canvas } = fc.letrec<{ canvas: SignatureData }>((tie) => {
    const inner = tie("canvas");
    const plain = fc.constant<SignatureData>({ kind: "task", task: "t" });
    const called = fc
      .tuple(fc.array(inner, { maxLength: 1 }), fc.array(inner, { maxLength: 1 }))
      .map(([link, linkError]): SignatureData => ({ kind: "task", task: "t", options: { link, linkError } }));
    const group = fc
      .tuple(fc.array(inner, { maxLength: 4 }), fc.boolean())
      .map(([members, unroll]) => ({ kind: "group" as const, members, ...(unroll ? { unroll: true as const } : {}) }));
    return {
      canvas: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        { arbitrary: withCallbacks ? fc.oneof(plain, called) : plain, weight: 3 },
        {
          arbitrary: fc
            .array(inner, { minLength: 1, maxLength: 4 })
            .map((steps) => ({ kind: "chain" as const, steps })),
          weight: 2,
        },
        { arbitrary: group, weight: 2 },
        {
          arbitrary: fc.tuple(group, inner).map(([header, body]) => ({ kind: "chord" as const, header, body })),
          weight: 2,
        },
      ),
    };
  });
  return canvas.filter(holdsTask);
}

/** Celery's empty groups and what is made of them alone stand for nothing, and cannot be run. */
function holdsTask(data: SignatureData): boolean {
  try {
    compileAny(data);
    return true;
  } catch {
    return false;
  }
}

/** Compiles a canvas that is called with nothing. */
export function compileAny(data: SignatureData): Graph {
  return compile(data, { args: [], kwargs: {}, options: {} }, newRunKey(), { taskDefaults: () => undefined });
}
