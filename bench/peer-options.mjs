/** The options that each peer of ours takes, as bullmq.mjs does. */
import { parseArgs } from "node:util";

/** Reads them from the command line. */
export function peerOptions() {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { case: text, n: text, concurrency: text, port: text } });
  return {
    caseName: values.case,
    n: Number(values.n),
    concurrency: Number(values.concurrency ?? 50),
    port: Number(values.port ?? 6379),
  };
}
