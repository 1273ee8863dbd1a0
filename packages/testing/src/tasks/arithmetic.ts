/** The tasks that reckon. One rule: a boolean is no number, and wrong operands are a TypeError in Celery's words. */

/** Sum of two numbers, or two texts or lists put together; then the same with `z` unless it is null. */
export function add(x: unknown, y: unknown, z?: unknown): unknown {
  const sum = plus(x, y);
  return z === undefined || z === null ? sum : plus(sum, z);
}

/** Product of two numbers. */
export function mul(x: unknown, y: unknown): number {
  if (typeof x === "number" && typeof y === "number") return x * y;
  throw new TypeError("mul: bad operands");
}

/** Difference of two numbers. */
export function sub(x: unknown, y: unknown): number {
  if (typeof x === "number" && typeof y === "number") return x - y;
  throw new TypeError("sub: bad operands");
}

/** Sum of a flat list of numbers. */
export function tsum(nums: unknown): number {
  if (!Array.isArray(nums)) throw new TypeError("tsum: bad operand");
  return nums.reduce<number>((sum, item: unknown) => {
    if (typeof item !== "number") throw new TypeError("tsum: bad operand");
    return sum + item;
  }, 0);
}

/** A number, or the sum of lists of numbers, nested at will. */
export function xsum(nums: unknown): number {
  if (typeof nums === "number") return nums;
  if (!Array.isArray(nums)) throw new TypeError("xsum: bad operand");
  return nums.reduce<number>((sum, item: unknown) => sum + xsum(item), 0);
}

function plus(x: unknown, y: unknown): unknown {
  if (typeof x === "number" && typeof y === "number") return x + y;
  if (typeof x === "string" && typeof y === "string") return x + y;
  if (Array.isArray(x) && Array.isArray(y)) return [...(x as unknown[]), ...(y as unknown[])];
  throw new TypeError("add: bad operands");
}
