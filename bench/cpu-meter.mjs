/**
 * Preloaded (`node --import`) into each Node program that is measured, those that may not be changed too. From the
 * program's first reading of `process.hrtime.bigint()`, where its timing begins, to its first printed line, where that
 * ends, it counts the process's own CPU, and writes the seconds to file descriptor 3. Starting Node is not counted.
 */
import { writeSync } from "node:fs";

// In a forked process, descriptor 3 is the channel to its parent; such a process tells its CPU itself.
if (process.send === undefined) {
  const read = process.hrtime.bigint;
  const print = console.log;
  let before;

  process.hrtime.bigint = () => {
    process.hrtime.bigint = read;
    before = process.cpuUsage();
    return read.call(process.hrtime);
  };

  console.log = (...words) => {
    console.log = print;
    const { user, system } = process.cpuUsage(before);
    writeSync(3, String((user + system) / 1e6));
    print(...words);
  };
}
