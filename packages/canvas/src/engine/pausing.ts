/** Pausing runs. One rule: the store alone keeps what is paused from being begun; what came in between is dispatched anew. */
import type { RunKey } from "@umbel/core";
import type { Flight } from "../store/graph-store.ts";
import type { Runtime } from "./runtime.ts";

/** How many slices are dispatched anew at once. */
const FLIGHTS_AT_ONCE = 100;

/** Lets a run go on. Safe to repeat; what is lost here the janitor does. */
export async function continueRun({ store, driver }: Pick<Runtime, "store" | "driver">, runKey: RunKey): Promise<void> {
  if (!(await store.pause(runKey, false))) return;
  const { flights, openSpreads, now } = await store.inspect(runKey);
  // What is still delayed has its job; of the others, the jobs came while nothing could begin.
  const waiting = flights.filter(({ holder, dueAt }) => holder === "" && dueAt <= now);
  for (let from = 0; from < waiting.length; from += FLIGHTS_AT_ONCE) {
    const some = waiting.slice(from, from + FLIGHTS_AT_ONCE);
    const dispatches = await Promise.all(
      some.map(async (flight: Flight) => {
        const generation = await store.redispatch(runKey, flight);
        const { first, count, stride } = flight;
        return generation === undefined ? [] : [{ first, count, stride, generation, delayMs: 0 }];
      }),
    );
    await driver.dispatch(runKey, dispatches.flat());
  }
  for (const spread of openSpreads) await driver.refill(runKey, spread, { flights, now });
}
