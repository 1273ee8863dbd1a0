/** The order in which definitions are evaluated: each behind those it needs. One rule: no stack, however long a row of lets. */
import { type Definition, definitionsOf, type Module } from "../compiler/module.ts";
import type { Diagnostics } from "../diagnostics.ts";

/** Definitions in an order that works. Those in a circle are reported and left out. */
export function orderDefinitions(
  module: Module,
  needs: ReadonlyMap<Definition, readonly Definition[]>,
  diagnostics: Diagnostics,
): readonly Definition[] {
  const ordered: Definition[] = [];
  const done = new Set<Definition>();
  const circular = new Set<Definition>();
  for (const root of definitionsOf(module)) {
    if (done.has(root)) continue;
    const path: Definition[] = [root];
    const onPath = new Map<Definition, number>([[root, 0]]);
    const nextNeed: number[] = [0];
    while (path.length > 0) {
      const top = path.length - 1;
      const definition = path[top];
      if (definition === undefined) break;
      const need = needs.get(definition)?.[nextNeed[top] ?? 0];
      nextNeed[top] = (nextNeed[top] ?? 0) + 1;
      if (need === undefined) {
        path.pop();
        nextNeed.pop();
        onPath.delete(definition);
        done.add(definition);
        if (!circular.has(definition)) ordered.push(definition);
        continue;
      }
      const position = onPath.get(need);
      if (position !== undefined) {
        reportCircle(path.slice(position));
      } else if (!done.has(need)) {
        onPath.set(need, path.length);
        path.push(need);
        nextNeed.push(0);
      }
    }
  }
  return ordered;

  function reportCircle(circle: readonly Definition[]): void {
    const [first] = circle;
    if (first === undefined || circle.some((definition) => circular.has(definition))) {
      for (const definition of circle) circular.add(definition);
      return;
    }
    for (const definition of circle) circular.add(definition);
    const names = [...circle, first].map((definition) => definition.name.name);
    // A long circle is told by its beginning and its end.
    const path = names.length > 8 ? [...names.slice(0, 5), "…", ...names.slice(-2)] : names;
    diagnostics.report("E204", module.source, first.name, { path });
  }
}
