/**
 * Which broker a command or a script uses. One rule: only what was meant for Umbel counts, so `REDIS_URL` is never
 * read and no Redis that happens to listen on this machine is ever used.
 */
import { OptionError } from "@umbel/core";
import type { Broker } from "./broker.ts";
import { parseBrokerUrl } from "./broker-url.ts";

/** Where the broker's URL was found; for messages. */
export type BrokerSource = "--broker" | "FLOW_BROKER" | "the App's `broker`" | "default";

/** A broker and where it was named. */
export interface FoundBroker {
  readonly broker: Broker;
  readonly source: BrokerSource;
}

/** The places where a broker may be named. */
export interface BrokerPlaces {
  /** The value of `--broker`. */
  readonly flag?: string | undefined;
  /** Usually `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The `broker` that the App was made with. */
  readonly appBroker?: string | undefined;
}

/**
 * Gives the first broker of: `--broker`, `FLOW_BROKER`, the App's `broker`, and last the project's `embedded:`. An
 * empty `FLOW_BROKER` counts as not set.
 * @throws OptionError when the first that is given is not a broker URL; says where it was given
 */
export function findBroker(places: BrokerPlaces): FoundBroker {
  const given: [BrokerSource, string | undefined][] = [
    ["--broker", places.flag],
    ["FLOW_BROKER", places.environment.FLOW_BROKER?.trim() || undefined],
    ["the App's `broker`", places.appBroker],
  ];
  for (const [source, url] of given) {
    if (url !== undefined) return { broker: parseFrom(source, url), source };
  }
  return { broker: { kind: "embedded" }, source: "default" };
}

function parseFrom(source: BrokerSource, url: string): Broker {
  try {
    return parseBrokerUrl(url);
  } catch (cause) {
    if (cause instanceof OptionError) throw new OptionError(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}
