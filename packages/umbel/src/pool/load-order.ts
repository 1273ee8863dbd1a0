/** What a child of a worker loads. One rule: it finds the App that its worker has, by the place where that was made. */
import type { App } from "@umbel/core";

/** What a worker tells each of its children first. */
export interface LoadOrder {
  /** Absolute paths of the modules that make the App and define its tasks, in the order in which they are imported. */
  readonly modules: readonly string[];
  /** Where the App was made, as `file:line:column`. */
  readonly madeAt: string;
}

/** Gives the file of a place. */
export function fileOf(place: string): string {
  return place.replace(/:\d+:\d+$/, "");
}

/**
 * Gives what a child has to load to have this App.
 * @param file the module that it came from, if that is known; else its own and those of its tasks are
 */
export function loadOrderOf(app: App, madeAt: string, file: string | undefined): LoadOrder {
  const places = [...app.tasks.values()].flatMap(({ definedAt }) =>
    definedAt === undefined ? [] : [fileOf(definedAt)],
  );
  return { modules: [...new Set([...(file === undefined ? [] : [file]), fileOf(madeAt), ...places])], madeAt };
}

/** Finds the App that was made at a place; loaders differ in how exact the place is. */
export function findMade(apps: readonly App[], madeAt: string): App | undefined {
  const exact = apps.filter((app) => app.madeAt === madeAt);
  const line = (place: string): string => place.replace(/:\d+$/, "");
  const sameLine = apps.filter((app) => app.madeAt !== undefined && line(app.madeAt) === line(madeAt));
  const sameFile = apps.filter((app) => app.madeAt !== undefined && fileOf(app.madeAt) === fileOf(madeAt));
  return [exact, sameLine, sameFile].find((found) => found.length > 0)?.at(-1);
}
