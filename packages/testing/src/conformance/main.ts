/** `npm run -s conformance -- …`: the conformance command as a program. */
import { conformance } from "./command.ts";
import { openEngine } from "./open-engine.ts";

process.exitCode = await conformance(process.argv.slice(2), {
  openEngine,
  print: (line) => console.log(line),
  printError: (line) => console.error(line),
});
