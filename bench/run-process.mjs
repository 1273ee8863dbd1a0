/**
 * Runs one program to its end, with a limit. One rule: it has a process group of its own, so that whatever it has started
 * ends with it, also when it is cut off.
 */
import { spawn } from "node:child_process";

/** A program was cut off because it took too long. */
export class NotFinished extends Error {
  constructor(limitSeconds) {
    super(`not finished within ${limitSeconds} s`);
  }
}

/**
 * Runs a program; gives what it printed, and what it wrote to file descriptor 3.
 * @param signal ends it before its time
 * @throws NotFinished; Error with its last words when it fails
 */
export function runProcess([command, ...args], { cwd, limitSeconds, signal }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const said = ["", "", "", ""];
    for (const descriptor of [1, 2, 3]) {
      child.stdio[descriptor].setEncoding("utf8").on("data", (text) => {
        said[descriptor] += text;
      });
    }
    let wasCutOff = false;
    const timer = setTimeout(() => {
      wasCutOff = true;
      killGroup(child);
    }, limitSeconds * 1000);
    const onAbort = () => killGroup(child);
    signal.addEventListener("abort", onAbort);
    const end = (settle) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    child.once("error", (error) => end(() => reject(error)));
    child.once("close", (code, killedBy) => {
      // A worker that outlived its program would disturb the next one.
      killGroup(child);
      end(() => {
        const [, stdout, stderr, meter] = said;
        if (signal.aborted) reject(signal.reason);
        else if (wasCutOff) reject(new NotFinished(limitSeconds));
        else if (code !== 0) reject(new Error(lastWords(stderr || stdout) || `ended with ${killedBy ?? code}`));
        else resolve({ stdout, meter });
      });
    });
  });
}

function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** The line of a failure that says most: an error's message, else the last one. */
function lastWords(text) {
  const lines = text.trim().split("\n");
  return (lines.find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? "").trim();
}
