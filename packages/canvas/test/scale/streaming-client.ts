/**
 * A client in a process of its own, so that a test can bound its heap: streams a group of so many members and says its
 * run when it is stored. It has no worker.
 */
import { App } from "@umbel/core";
import { CanvasEngine } from "../../src/engine/engine.ts";
import { group } from "../../src/primitives/group.ts";
import { SocketBroker } from "../kit/redis-server.ts";

const [, , path, prefix = "", count] = process.argv;

const app: App = new App("client", {}, () => engine);
const engine: CanvasEngine = new CanvasEngine(app, { openBroker: async () => new SocketBroker(path), prefix });
const add = app.task("add", (x: number, y: number) => x + y);

function* members() {
  for (let index = 0; index < Number(count); index += 1) yield add.s(index, index);
}

const { id } = await group.stream(app, members()).delay();
process.stdout.write(id);
await app.close();
