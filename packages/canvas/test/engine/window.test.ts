import { expect, test } from "@jest/globals";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
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
