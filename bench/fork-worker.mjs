/** A worker in a process of its own, for a program that is measured: it must not share the client's event loop. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Starts a program of this folder that says `ready`; `stop` resolves with what it says last. */
export async function forkWorker(file, ...args) {
  // Its CPU is told by itself: the meter of the program must not be preloaded here.
  const child = fork(join(import.meta.dirname, file), args.map(String), { execArgv: [] });
  const exit = once(child, "exit");
  await next(child);
  return {
    stop: async () => {
      const last = next(child);
      child.send("stop");
      const words = await last;
      await exit;
      return words;
    },
  };
}

async function next(child) {
  const controller = new AbortController();
  const { signal } = controller;
  try {
    const ended = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`the worker ended with ${code}`);
    });
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message;
  } finally {
    controller.abort();
  }
}
