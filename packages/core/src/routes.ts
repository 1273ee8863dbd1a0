/**
 * Where calls go: the setting `taskRoutes`. One rule: the first route that fits counts; what a call or its task says
 * itself comes before any.
 */
import { OptionError } from "./errors.ts";
import { normalizeOptions } from "./options.ts";
import { show } from "./show.ts";
import type { AnyTask } from "./task.ts";

/** Where a call goes: a queue, or with a priority. */
export type Route = string | { readonly queue?: string; readonly priority?: number };

/** Says where the calls of a task go; `undefined`: asks the next. @param task `undefined` for one that is not known here */
export type Router = (name: string, task: AnyTask | undefined) => Route | undefined;

/** By name, or with `*` for any text: `{ "feeds.*": "feeds" }`. */
export type RouteTable = Readonly<Record<string, Route>>;

/** What `taskRoutes` takes: a table, a function, or a list of these and of patterns with their routes. */
export type TaskRoutes =
  | RouteTable
  | Router
  | readonly (RouteTable | Router | readonly [pattern: string | RegExp, route: Route])[];

/** Gives what the routes say of a task's calls. @throws OptionError for what a function gave that is no route */
export function routeOf(
  routes: TaskRoutes,
  name: string,
  task: AnyTask | undefined,
): { readonly queue?: string; readonly priority?: number } | undefined {
  for (const router of Array.isArray(routes) ? (routes as Exclude<TaskRoutes, RouteTable | Router>) : [routes]) {
    const route = ask(router as RouteTable | Router | readonly [string | RegExp, Route], name, task);
    if (route !== undefined) return readRoute(route, `the route of task "${name}"`);
  }
  return undefined;
}

function ask(
  router: RouteTable | Router | readonly [pattern: string | RegExp, route: Route],
  name: string,
  task: AnyTask | undefined,
): Route | undefined {
  if (typeof router === "function") return router(name, task) ?? undefined;
  const entries: readonly (readonly [string | RegExp, Route])[] = isPair(router) ? [router] : Object.entries(router);
  // The whole name comes before patterns, wherever it stands.
  const exact = entries.find(([pattern]) => pattern === name);
  return (exact ?? entries.find(([pattern]) => fits(pattern, name)))?.[1];
}

function isPair(router: object): router is readonly [pattern: string | RegExp, route: Route] {
  return Array.isArray(router);
}

function fits(pattern: string | RegExp, name: string): boolean {
  if (typeof pattern !== "string") return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(name);
  if (!pattern.includes("*")) return pattern === name;
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}

function readRoute(route: unknown, what: string): { readonly queue?: string; readonly priority?: number } {
  if (typeof route === "string" && route !== "") return { queue: route };
  const isTable = typeof route === "object" && route !== null && !Array.isArray(route);
  const unknown = isTable ? Object.keys(route).find((name) => !ROUTE_WORDS.includes(name)) : undefined;
  if (!isTable || unknown !== undefined) {
    throw new OptionError(`${what} must be a queue, or an object with \`queue\` or \`priority\`; got ${show(route)}`);
  }
  const { queue, priority } = normalizeOptions(route as Readonly<Record<string, unknown>>);
  return { ...(queue === undefined ? {} : { queue }), ...(priority === undefined ? {} : { priority }) };
}

const ROUTE_WORDS: readonly string[] = ["queue", "routingKey", "priority"];

/** Says what is wanted instead of something that is no value of `taskRoutes`. */
export function checkRoutes(value: unknown): string | undefined {
  const wanted =
    'a table such as { "feeds.*": "feeds" }, a function, or a list of these and of pairs such as [/^feeds/, "feeds"]';
  try {
    for (const router of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (typeof router === "function") continue;
      if (Array.isArray(router)) {
        const [pattern, route, more] = router as readonly unknown[];
        if ((typeof pattern !== "string" && !(pattern instanceof RegExp)) || more !== undefined) return wanted;
        readRoute(route, "it");
      } else if (typeof router === "object" && router !== null) {
        for (const route of Object.values(router)) readRoute(route, "it");
      } else return wanted;
    }
    return undefined;
  } catch {
    return wanted;
  }
}
