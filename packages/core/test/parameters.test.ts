import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ImproperlyConfigured } from "../src/errors.ts";
import {
  type AnyFunction,
  bindArguments,
  describeProblem,
  formatParameters,
  parametersFromFunction,
  parametersFromNames,
} from "../src/parameters.ts";

const object = {
  method(a: number, b: number) {
    return a + b;
  },
  async later(a: number) {
    return a;
  },
  *many(a: number) {
    yield a;
  },
  ["compu" + "ted"](a: number) {
    return a;
  },
};

class Tools {
  readonly #secret = 1;
  static still(a: number, b = 2) {
    return a + b;
  }
  member(a: number) {
    return a;
  }
  readonly arrow = (a: number) => a + this.#secret;
  async #hidden(a: number) {
    return a;
  }
  hidden() {
    return this.#hidden;
  }
}

/** Functions with what is read of them. Parentheses in strings and comments must not mislead. */
const READABLE: readonly [what: string, fn: AnyFunction, printed: string][] = [
  ["an arrow", (x: number, y: number) => x + y, "(x, y)"],
  // biome-ignore format: an arrow without parentheses is what is tested
  ["an arrow without parentheses", x => void x, "(x)"],
  ["an arrow that takes nothing", () => 1, "()"],
  ["an asynchronous arrow", async (x: number) => x, "(x)"],
  [
    "a function",
    function add(x: number, y: number) {
      return x + y;
    },
    "(x, y)",
  ],
  [
    "an asynchronous function",
    async function later(x: number) {
      return await Promise.resolve(x);
    },
    "(x)",
  ],
  [
    "a generator",
    function* many(x: number) {
      yield x;
    },
    "(x)",
  ],
  ["a method", object.method, "(a, b)"],
  ["an asynchronous method", object.later, "(a)"],
  ["a generator method", object.many, "(a)"],
  ["a method with a computed name", object.computed as AnyFunction, "(a)"],
  ["a method of a class", new Tools().member, "(a)"],
  ["a static method", Tools.still, "(a, b?)"],
  ["an arrow in a class that uses a private field", new Tools().arrow, "(a)"],
  ["a private method", new Tools().hidden(), "(a)"],
  ["defaults", (_x: number, _y = 1, _z = ")(") => 0, "(_x, _y?, _z?)"],
  ["what follows a default", (_x = 1, y: number) => y, "(_x?, y?)"],
  ["a default that is a function", (x: number, _y = (z: number) => z) => x, "(x, _y?)"],
  ["rest", (x: number, ...rest: number[]) => [x, ...rest], "(x, *rest)"],
  ["a comment with parentheses", (x: number /* ) => { */, y: number) => x + y, "(x, y)"],
  ["a destructured body", (x: { a: number }) => ({ ...x }), "(x)"],
  ["`import.meta` in the body", () => import.meta.url, "()"],
  ["text that looks like a native function", (x: number) => `${x} [native code]`, "(x)"],
];

test.each(READABLE)("the parameters of %s can be read", (_what, fn, printed) => {
  const list = parametersFromFunction(fn);
  expect(list.unreadable).toBeUndefined();
  expect(formatParameters(list)).toBe(printed);
});

test.each<[what: string, fn: AnyFunction, reason: string, printed: string]>([
  ["a destructured object", ({ a }: { a: number }) => a, "its parameter 1 is destructured", "(arg0, *args)"],
  [
    "a destructured list",
    (x: number, [y]: number[]) => [x, y],
    "its parameter 2 is destructured",
    "(arg0, arg1, *args)",
  ],
  [
    "a destructured default",
    (x: number, { y: _y } = { y: 1 }) => x,
    "its parameter 2 is destructured",
    "(arg0, *args)",
  ],
  ["a native function", Math.max, "it is a native or bound function", "(arg0, arg1, *args)"],
  ["a bound function", ((x: number) => x).bind(null), "it is a native or bound function", "(arg0, *args)"],
])("the parameters of %s cannot be read", (_what, fn, reason, printed) => {
  const list = parametersFromFunction(fn);
  expect(list.unreadable).toBe(reason);
  expect(formatParameters(list)).toBe(printed);
  expect(bindArguments(list, [1, 2, 3])).toEqual({ kind: "bound", args: [1, 2, 3] });
});

test("the bound task is left out of the parameters", () => {
  const fn = (self: unknown, x: number) => [self, x];
  expect(formatParameters(parametersFromFunction(fn, 1))).toBe("(x)");
  const destructured = (_self: unknown, { x }: { x: number }) => x;
  expect(formatParameters(parametersFromFunction(destructured, 1))).toBe("(arg0, *args)");
});

describe("params", () => {
  test.each([
    [[], "()"],
    [["x", "y"], "(x, y)"],
    [["x", "y?"], "(x, y?)"],
    [["x", "*", "key"], "(x, *, key)"],
    [["x", "*", "key?"], "(x, *, key?)"],
    [["*args"], "(*args)"],
    [["x", "*args", "key", "**kwargs"], "(x, *args, key, **kwargs)"],
    [["**kwargs"], "(**kwargs)"],
  ])("%j is read", (names, printed) => {
    expect(formatParameters(parametersFromNames(names))).toBe(printed);
  });

  test.each([
    [["x", "x"], 'params: "x" stands twice'],
    [["x", "*x"], 'params: "x" stands twice'],
    [["*", "x", "*"], 'params: "*" stands twice, or after "*args"'],
    [["*args", "*"], 'params: "*" stands twice, or after "*args"'],
    [["*", "*args"], 'params: "*args" must stand before "*"'],
    [["**kwargs", "x"], 'params: nothing may follow "**kwargs"; got "x" after it'],
    [["a b"], 'params: "a b" is not a parameter name'],
    [[""], 'params: "" is not a parameter name'],
    [["1x"], 'params: "1x" is not a parameter name'],
    [["**"], 'params: "**" is not a parameter name'],
  ])("%j is refused: %s", (names, message) => {
    expect(() => parametersFromNames(names)).toThrow(new ImproperlyConfigured(message));
  });

  test("a default in the function makes a parameter optional", () => {
    expect(formatParameters(parametersFromNames(["x", "y"], (_x: number, _y = 1) => 0))).toBe("(x, y?)");
  });
});

describe("binding", () => {
  const bound = (...args: unknown[]) => ({ kind: "bound", args });

  test.each<[params: string[], args: unknown[], kwargs: Record<string, unknown>, expected: unknown[]]>([
    [["x", "y"], [1, 2], {}, [1, 2]],
    [["x", "y"], [1], { y: 2 }, [1, 2]],
    [["x", "y"], [], { y: 2, x: 1 }, [1, 2]],
    [["x", "y?"], [1], {}, [1]],
    [["x", "y?", "z?"], [1], { z: 3 }, [1, undefined, 3]],
    [["x", "y?"], [1, undefined], {}, [1, undefined]],
    [["x", "*args"], [1, 2, 3], {}, [1, [2, 3]]],
    [["x", "*args"], [], { x: 1 }, [1, []]],
    [["*", "key"], [], { key: 1 }, [{ key: 1 }]],
    [["x", "*", "key?"], [1], {}, [1, {}]],
    [["x?", "*", "key"], [], { key: 1 }, [undefined, { key: 1 }]],
    [["x", "**kwargs"], [1], { a: 2, b: 3 }, [1, { a: 2, b: 3 }]],
    [["*args", "**kwargs"], [1], { a: 2 }, [[1], { a: 2 }]],
    [["**kwargs"], [], {}, [{}]],
  ])("params %j, given %j and %j, call the function with %j", (params, args, kwargs, expected) => {
    expect(bindArguments(parametersFromNames(params), args, kwargs)).toEqual(bound(...expected));
  });

  test("rest of a function's own is spread", () => {
    const list = parametersFromFunction((x: number, ...rest: number[]) => [x, ...rest]);
    expect(bindArguments(list, [1, 2, 3])).toEqual(bound(1, 2, 3));
    expect(bindArguments(list, [], { x: 1 })).toEqual(bound(1));
  });

  test("an argument by the name of a prototype's property is an ordinary one", () => {
    const list = parametersFromNames(["**kwargs"]);
    const kwargs = Object.fromEntries([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
    const binding = bindArguments(list, [], kwargs);
    expect(JSON.stringify(binding)).toBe('{"kind":"bound","args":[{"__proto__":1,"constructor":2}]}');
  });

  test.each<[params: string[], args: unknown[], kwargs: Record<string, unknown>, message: string]>([
    [["x", "y"], [1, 2, 3], {}, 'task "t" takes 2 arguments: (x, y); got 3'],
    [["x"], [1, 2], {}, 'task "t" takes 1 argument: (x); got 2'],
    [["x", "y?"], [1, 2, 3], {}, 'task "t" takes at most 2 arguments: (x, y?); got 3'],
    [[], [1], {}, 'task "t" takes 0 arguments: (); got 1'],
    [["x", "y"], [1], {}, 'task "t" takes (x, y); `y` is missing'],
    [["x", "y"], [], {}, 'task "t" takes (x, y); `x`, `y` are missing'],
    [["x", "*", "key"], [1], {}, 'task "t" takes (x, *, key); `key` is missing'],
    [["x", "y"], [1], { z: 2 }, 'task "t" has no parameter `z`; did you mean `x`?; it takes (x, y)'],
    [["amount"], [], { amuont: 2 }, 'task "t" has no parameter `amuont`; did you mean `amount`?; it takes (amount)'],
    [["amount"], [], { tomato: 2 }, 'task "t" has no parameter `tomato`; it takes (amount)'],
    [["x", "y"], [1, 2], { x: 3 }, 'task "t" got `x` twice, by position and by name; it takes (x, y)'],
  ])("params %j, given %j and %j, is refused: %s", (params, args, kwargs, message) => {
    const list = parametersFromNames(params);
    const binding = bindArguments(list, args, kwargs);
    if (binding.kind !== "refused") throw new Error("it was not refused");
    expect(describeProblem("t", list, binding.problem)).toBe(message);
  });

  test("a name is refused where names cannot be read", () => {
    const list = parametersFromFunction(({ a }: { a: number }) => a);
    const binding = bindArguments(list, [], { a: 1 });
    if (binding.kind !== "refused") throw new Error("it was not refused");
    expect(describeProblem("t", list, binding.problem)).toBe(
      'task "t" cannot take `a` by name, because its parameter 1 is destructured; give the task `params: [...]`',
    );
  });

  test("arguments by position and the same by name call the function alike", () => {
    const names = ["a", "b", "c", "d", "e"];
    const cases = fc.record({
      required: fc.integer({ min: 0, max: 3 }),
      optional: fc.integer({ min: 0, max: 2 }),
      given: fc.array(fc.integer(), { maxLength: 5 }),
      byPosition: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(cases, ({ required, optional, given, byPosition }) => {
        const params = names.slice(0, required + optional);
        const list = parametersFromNames(params.map((name, at) => (at < required ? name : `${name}?`)));
        const values = given.slice(0, params.length);
        const head = values.slice(0, byPosition);
        const tail: Record<string, unknown> = {};
        for (const [at, value] of values.entries()) if (at >= head.length) tail[params[at] ?? ""] = value;
        expect(bindArguments(list, head, tail)).toEqual(bindArguments(list, values, {}));
      }),
    );
  });
});
