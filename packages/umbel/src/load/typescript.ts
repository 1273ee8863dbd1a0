/**
 * Lets Node import TypeScript. One rule: it is set up when the first TypeScript file is imported and not before, since
 * it costs more than many commands take; then it stays, for files that are imported later by whatever is running.
 */
import { register as registerHooks } from "node:module";

let ready: Promise<void> | undefined;

/** Whether a path names TypeScript. */
export function isTypeScript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path);
}

/** Sets TypeScript up for the rest of the process. Safe to repeat. */
export function enableTypeScript(): Promise<void> {
  ready ??= setUp();
  return ready;
}

async function setUp(): Promise<void> {
  const { register } = await import("tsx/esm/api");
  register();
  // Behind tsx's hooks, which are asked after these.
  const own = import.meta.url.endsWith(".ts") ? "./module-hooks.ts" : "./module-hooks.js";
  registerHooks(new URL(own, import.meta.url));
}
