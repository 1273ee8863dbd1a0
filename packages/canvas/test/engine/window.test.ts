import { expect, test } from "@jest/globals";
import { App } from "@umbel/core";
import { CanvasEngine } from "../../src/engine/engine.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { Shop } from "../kit/shop.ts";

test.each([[1], [7], [50]])(
  "groups larger than a window of %d go on as their members end",
  async (window) => {
    const shop = new Shop({ window });
    const { give, sum } = shop.tasks;
    try {
      await shop.work();
      const inner = () =>
        chord(
          Array.from({ length: 12 }, (_, index) => give.s(index)),
          sum.s(),
        );
      const canvas = chord([...Array.from({ length: 60 }, (_, index) => give.s(index)), inner(), inner()], sum.s());
      const nested = group(inner(), inner(), group(inner(), give.s(1)));
      expect(await Promise.all([canvas.delay().get(), nested.delay().get()])).toEqual([1902, [66, 66, 66, 1]]);
    } finally {
      await shop.close();
    }
  },
  20_000,
);

test("members that wait for their time do not keep the others from starting", async () => {
  const shop = new Shop({ window: 10 });
  const { give } = shop.tasks;
  try {
    await shop.work();
    const late = Array.from({ length: 60 }, (_, index) => give.s(index).set({ countdown: 3600 + index }));
    const soon = Array.from({ length: 30 }, (_, index) => give.s(index));
    const handle = await group([...late, ...soon]).delay();
    const members = await handle.results();
    expect(await Promise.all(members.slice(60).map((member) => member.get()))).toEqual(soon.map((_, index) => index));
    expect((await members[59]?.state()) ?? "").toBe("PENDING");
    await handle.revoke({ run: true });
  } finally {
    await shop.close();
  }
}, 20_000);

test("C4 countdown: it holds for a group as a whole, however many windows its members fill", async () => {
  const clock = new VirtualClock(0, true);
  const broker = new MemoryBroker({ clock });
  const app: App = new App("shop", {}, () => engine);
  const engine: CanvasEngine = new CanvasEngine(app, { openBroker: async () => broker, window: 50 });
  serveByItself(broker, app, () => engine);
  const seconds = app.task("seconds", () => Math.floor(clock.now() / 1000));
  try {
    const members = Array.from({ length: 1000 }, () => seconds.s().set({ countdown: 3600 }));
    const times = await group(members).delay().get();
    expect(new Set(times)).toEqual(new Set([3600]));
  } finally {
    await engine.close();
  }
});
