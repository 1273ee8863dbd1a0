import { currentTask } from "umbel";
import { app } from "./app.ts";

/** A service that answers only the third time it is asked. */
export const ask = app.task("storm.ask", (request: number) => {
  const { retries = 0 } = currentTask()?.request ?? {};
  if (retries < 2) throw new Error(`request ${request}: 503`);
  return retries;
});

export const sum = app.task("storm.sum", (retries: number[]) => retries.reduce((total, count) => total + count, 0));
