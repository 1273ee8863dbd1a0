/** Prints in every way while a Terminal captures the output, for tests. */
import { Terminal } from "../../src/cli/terminal.ts";

const terminal = new Terminal();
const restore = terminal.captureOutput();
console.log("log of a task");
process.stdout.write("write of a task\n");
terminal.note("note");
terminal.result('{"the":"result"}');
restore();
console.log("after");
await terminal.flush();
process.exit(0);
