/** What the bins `flow` and `umbel` run. */
import { runCommandLine } from "./command-line.ts";

await runCommandLine(process.argv.slice(2));
