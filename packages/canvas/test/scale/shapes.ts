/** Canvases of any size, with what they must give. */
import type { AnySignature } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import type { Shop } from "../kit/shop.ts";

/** A canvas of `n` tasks, more or less. */
export interface Shape {
  readonly name: string;
  readonly make: (tasks: Shop["tasks"], n: number) => { readonly canvas: Sendable; readonly result: unknown };
}

/** What all signatures that give one result or a list have. */
export type Sendable = AnySignature & {
  delay(): PromiseLike<unknown> & { readonly id: string; get(): Promise<unknown> };
};

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

export const shapes: readonly Shape[] = [
  {
    name: "a chain",
    make: ({ add, give }, n) => ({ canvas: chain(give.s(0), ...times(n - 1, () => add.s(1))), result: n - 1 }),
  },
  {
    name: "a chord",
    make: ({ give, sum }, n) => ({
      canvas: chord(
        times(n, (i) => give.s(i)),
        sum.s(),
      ),
      result: (n * (n - 1)) / 2,
    }),
  },
  {
    name: "a group of groups",
    make: ({ give }, n) => {
      const side = Math.round(Math.sqrt(n));
      const members = times(side, () => group(times(side, (i) => give.s(i))));
      return { canvas: group(members), result: times(side * side, (i) => i % side) };
    },
  },
  {
    name: "a group of chords",
    make: ({ give, sum }, n) => {
      const count = Math.round(n / 3);
      return {
        canvas: group(times(count, (i) => chord([give.s(i), give.s(1)], sum.s()))),
        result: times(count, (i) => i + 1),
      };
    },
  },
  {
    name: "chords in one another",
    make: ({ give, sum }, n) => {
      let canvas = chord([give.s(1)], sum.s());
      for (let depth = 1; depth < n / 3; depth += 1) canvas = chord([give.s(1), canvas], sum.s());
      return { canvas, result: Math.ceil(n / 3) };
    },
  },
];
