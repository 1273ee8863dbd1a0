/** Which broker a command takes. One rule: it holds for the whole process, also for what the user's own tasks send. */
import { OperationalError } from "@umbel/core";
import { findBroker } from "../broker/lookup.ts";

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
 * Refuses what cannot be used yet.
 * @throws OperationalError for `memory:`; OptionError when the first broker that is named is none
 */
export function requireServer(appBroker: string | undefined): void {
  const { broker } = findBroker({ environment: process.env, appBroker });
  if (broker.kind !== "memory") return;
  throw new OperationalError(
    "the broker `memory:` is not there yet; leave it out to have a private Redis (type `npx umbel redis install` where there is none), or name one by --broker redis://HOST:6379",
  );
}
