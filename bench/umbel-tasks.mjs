/** The App of our side and its tasks. One rule: they do nothing that a peer's do not. */
import { App } from "umbel";

/** Makes the App on the Redis at a port of this machine. */
export function makeApp(port) {
  // What the environment names would win over an option.
  process.env.FLOW_BROKER = `redis://127.0.0.1:${port}`;
  const app = new App("bench", { prefix: "bench" });
  return {
    app,
    tasks: {
      add: app.task("add", (x, y) => x + y),
      total: app.task("total", (numbers) => numbers.reduce((sum, number) => sum + number, 0)),
      square: app.task("square", (x) => x * x),
      totalOfLists: app.task("total of lists", (lists) =>
        lists.reduce((sum, list) => list.reduce((part, number) => part + number, sum), 0),
      ),
      pause: app.task("pause", async (ms, value) => {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        return value;
      }),
    },
  };
}
