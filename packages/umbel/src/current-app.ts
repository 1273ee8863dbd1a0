/** The current App, as people import it: one of umbel's, not only of core's. */
import { currentApp as coreCurrentApp, ImproperlyConfigured } from "@umbel/core";
import { App } from "./app.ts";

/**
 * Gives the App of the task that runs here, or else the one that was made last and did not say `setAsCurrent: false`.
 * @throws ImproperlyConfigured when there is none
 */
export function currentApp(): App {
  const app = coreCurrentApp();
  if (app instanceof App) return app;
  throw new ImproperlyConfigured("the current App is not one of `umbel`; import App from there");
}

/** Gives the App that was given, or else the current one. @throws ImproperlyConfigured when there is neither */
export function appOrDefault(app?: App): App {
  return app ?? currentApp();
}
