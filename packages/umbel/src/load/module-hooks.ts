/**
 * Hooks of Node's module loader, run in its own thread. One rule: users' TypeScript is always an ES module. In a folder
 * without `"type": "module"`, as `npm init` makes them, it would be CommonJS, where tsx gives it a second copy of
 * `umbel`, whose Apps are not our Apps.
 */
import type { ResolveHook } from "node:module";

/** Node's `resolve` hook. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  const isUsersTypeScript = /\.[cm]?tsx?(\?|$)/.test(resolved.url) && !resolved.url.includes("/node_modules/");
  return isUsersTypeScript ? { ...resolved, format: "module" } : resolved;
};
