/** What an App's `backend` may be. One rule: results are kept with the calls, so it is the broker, or nothing at all. */
import { isDeepStrictEqual } from "node:util";
import { type App, ImproperlyConfigured, isDisabled, OptionError } from "@umbel/core";
import { describeBroker } from "./broker.ts";
import { parseBrokerUrl } from "./broker-url.ts";
import { findBroker, placesOf } from "./lookup.ts";

/** @throws OptionError for a backend that is another server than the App's broker */
export function checkBackend(app: App): void {
  const { resultBackend, brokerUrl } = app.conf;
  // What is said of the broker from outside holds for its backend, too.
  if (resultBackend === undefined || isDisabled(resultBackend) || resultBackend === brokerUrl) return;
  const { broker } = findBroker({ environment: process.env, ...placesOf(app) });
  const backend = parseBrokerUrl(resultBackend);
  if (isDeepStrictEqual(backend, broker)) return;
  throw new OptionError(
    `\`backend\` (${describeBroker(backend)}) is not the App's broker (${describeBroker(broker)}), and results are kept with the calls; leave it out, or set it to "disabled"`,
  );
}

/** @throws ImproperlyConfigured where the App keeps no results */
export function checkReading({ conf }: App, id: string): void {
  if (!isDisabled(conf.resultBackend)) return;
  throw new ImproperlyConfigured(
    `the result of ${id} cannot be read: \`backend\` of this App is "disabled", so none are kept; leave it out to keep them`,
  );
}
