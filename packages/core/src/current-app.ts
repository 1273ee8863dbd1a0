/**
 * The App that is meant where none is said. One rule: in a task it is the task's own; elsewhere the one that was made last
 * and did not say `setAsCurrent: false`. Whoever can should be given the App instead.
 */
import type { App } from "./app.ts";
import { ImproperlyConfigured } from "./errors.ts";
import { currentTask } from "./task-context.ts";

let latest: App | undefined;

let watcher: ((app: App) => void) | undefined;

/** Tells of each App that is made from now on; for who has to find one in modules that he imports. */
export function watchApps(listener: (app: App) => void): void {
  watcher = listener;
}

/** Says that an App was made. */
export function noteApp(app: App): void {
  watcher?.(app);
}

/** Makes an App the current one. */
export function setCurrentApp(app: App): void {
  latest = app;
}

/** Gives the current App. @throws ImproperlyConfigured when none was made */
export function currentApp(): App {
  const app = currentTask()?.app ?? latest;
  if (app !== undefined) return app;
  throw new ImproperlyConfigured("there is no current App; make one with `new App(…)`, or import the module that does");
}

/** Gives the App that was given, or else the current one. @throws ImproperlyConfigured when there is neither */
export function appOrDefault(app?: App): App {
  return app ?? currentApp();
}
