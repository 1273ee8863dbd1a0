/** Which broker a command takes. One rule: it holds for the whole process, also for what the user's own tasks send. */
import { type App, OperationalError } from "@umbel/core";
import { findBroker, placesOf } from "../broker/lookup.ts";
import type { NoServerError } from "../broker/no-server.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Lets `--broker` hold for every App of this process.
 * @throws OptionError when it is no URL of a broker
 */
export function useBroker(flag: string | undefined): void {
  if (flag === undefined) return;
  findBroker({ flag, environment: {} });
  process.env.FLOW_BROKER = flag;
}

/**
 * Refuses a broker that no other process reaches.
 * @param user what needs more than one process, such as "flow worker"
 * @throws OperationalError for `memory:`; OptionError when the first broker that is named is none
 */
export function requireShared(app: App, user: string): void {
  const { broker } = findBroker({ environment: process.env, ...placesOf(app) });
  if (broker.kind !== "memory") return;
  throw new OperationalError(
    `${user} needs a broker that other processes reach, and \`memory:\` is within this one; leave it out to have a private Redis (type \`npx umbel redis install\` where there is none), or name one by --broker redis://HOST:6379`,
  );
}

/**
 * Gives what lets a command that needs no other process go on in memory where no server can be had, and says so;
 * `undefined` where a broker was named, which nothing else replaces.
 */
export function fallBackToMemory(app: App, terminal: Terminal): ((error: NoServerError) => void) | undefined {
  if (findBroker({ environment: process.env, ...placesOf(app) }).source !== "default") return undefined;
  return ({ missing, advice }) => {
    useBroker("memory:");
    terminal.note(`${missing}, so this runs in memory and ends with this process; ${advice} to have one`);
  };
}
