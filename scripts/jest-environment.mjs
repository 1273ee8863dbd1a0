/**
 * Where test files run: Jest's own environment for Node. One rule: a file leaves nothing behind in its worker that slows
 * down the files after it. Each `AsyncLocalStorage` that was ever used is visited by Node 20 for each promise that is
 * made, and those of a file live as long as the worker.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import jestEnvironmentNode from "jest-environment-node";

const used = new Set();
// What Node 20 calls at the first use, and later ones do not have. Around `run` itself, there would be a frame of ours in stacks.
const { _enable: enable } = AsyncLocalStorage.prototype;
if (enable !== undefined) {
  AsyncLocalStorage.prototype._enable = function () {
    used.add(this);
    enable.call(this);
  };
}

const NodeEnvironment = jestEnvironmentNode.default ?? jestEnvironmentNode;

export default class TidyEnvironment extends NodeEnvironment {
  async teardown() {
    await super.teardown();
    for (const storage of used) storage.disable();
    used.clear();
  }
}
