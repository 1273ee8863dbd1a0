/**
 * Which broker a command or a script uses. One rule: only what was meant for Umbel counts, so `REDIS_URL` is never
 * read and no Redis that happens to listen on this machine is ever used.
 */
import { type App, OptionError } from "@umbel/core";
import type { Broker } from "./broker.ts";
import { parseBrokerUrl } from "./broker-url.ts";
import { readConnection } from "./given-connection.ts";

/** Where the broker's URL was found; for messages. */
export type BrokerSource = "--broker" | "FLOW_BROKER" | "the App's `broker`" | "the App's `connection`" | "default";

/** A broker and where it was named. */
export interface FoundBroker {
  readonly broker: Broker;
  readonly source: BrokerSource;
}

/** Gives the places of an App. */
export function placesOf({
  conf,
  options,
}: Pick<App, "conf" | "options">): Pick<BrokerPlaces, "appBroker" | "appConnection"> {
  return { appBroker: conf.brokerUrl, appConnection: options.connection };
}

/** The places where a broker may be named. */
export interface BrokerPlaces {
  /** The value of `--broker`. */
  readonly flag?: string | undefined;
  /** Usually `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The `broker` that the App was made with. */
  readonly appBroker?: string | undefined;
  /** The `connection` that the App was made with. */
  readonly appConnection?: object | undefined;
}

/**
 * Gives the first broker of: `--broker`, `FLOW_BROKER`, the App's `connection` or `broker`, and last the project's
 * `embedded:`. An empty `FLOW_BROKER` counts as not set.
 * @throws OptionError when the first that is given is not a broker URL, or no connection; says where it was given
 */
export function findBroker(places: BrokerPlaces): FoundBroker {
  const { flag, environment, appConnection, appBroker } = places;
  if (flag !== undefined) return parseFrom("--broker", flag);
  const fromEnvironment = environment.FLOW_BROKER?.trim() || undefined;
  if (fromEnvironment !== undefined) return parseFrom("FLOW_BROKER", fromEnvironment);
  if (appConnection !== undefined) {
    return { broker: readConnection(appConnection), source: "the App's `connection`" };
  }
  if (appBroker !== undefined) return parseFrom("the App's `broker`", appBroker);
  return { broker: { kind: "embedded" }, source: "default" };
}

function parseFrom(source: BrokerSource, url: string): FoundBroker {
  try {
    return { broker: parseBrokerUrl(url), source };
  } catch (cause) {
    if (cause instanceof OptionError) throw new OptionError(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}
