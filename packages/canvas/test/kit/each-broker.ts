/** Shops on each broker, for tests of what both must do alike. */
import { afterEach, describe } from "@jest/globals";
import type { CanvasEngineOptions } from "../../src/engine/engine.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { TestPrefix } from "./redis-server.ts";
import { Shop } from "./shop.ts";

/** Opens shops of one test, all on the same broker and prefix; they are closed behind it. */
export type OpenShop = (options?: Partial<CanvasEngineOptions>) => Shop;

/** Defines the tests once for Redis and once for the broker in memory. */
export function describeOnEachBroker(name: string, define: (open: OpenShop, broker: "Redis" | "memory") => void): void {
  describe.each(["Redis", "memory"] as const)(`${name}, on %s`, (broker) => {
    let place: TestPrefix | undefined;
    let memory: MemoryBroker | undefined;
    let shops: Shop[] = [];

    afterEach(async () => {
      for (const shop of shops) await shop.close();
      await place?.close();
      shops = [];
      place = undefined;
      memory = undefined;
    });

    define((options = {}) => {
      place ??= new TestPrefix();
      memory ??= new MemoryBroker();
      const opened = memory;
      const onBroker = broker === "memory" ? { openBroker: async () => opened } : {};
      const shop = new Shop({ ...onBroker, ...options }, place);
      shops.push(shop);
      return shop;
    }, broker);
  });
}

/** Lets tasks wait until a test opens their gate. */
export class Gates {
  readonly #gates = new Map<string, { readonly promise: Promise<void>; readonly open: () => void }>();

  /** Opens a gate, for those who wait and those who come. */
  open(name: string): void {
    this.#gate(name).open();
  }

  /** Waits until a gate is open. */
  async pass(name: string): Promise<void> {
    await this.#gate(name).promise;
  }

  #gate(name: string): { readonly promise: Promise<void>; readonly open: () => void } {
    let gate = this.#gates.get(name);
    if (gate === undefined) {
      let open = (): void => undefined;
      const promise = new Promise<void>((resolve) => {
        open = resolve;
      });
      gate = { promise, open };
      this.#gates.set(name, gate);
    }
    return gate;
  }
}
