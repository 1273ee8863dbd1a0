/** Rates such as "10/m". One rule: a rate leaves here as the milliseconds between two starts. */
import { OptionError } from "./errors.ts";
import { show } from "./show.ts";

/** How often something may happen: a number a second, or text such as "10/s", "100/m", "1000/h". */
export type RateInput = number | string;

const MILLISECONDS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Gives the milliseconds between two starts, or `undefined` for no limit, as Celery has 0 mean.
 * @param what how the message names the value, such as "option `rateLimit`"
 * @throws OptionError for what is no rate
 */
export function parseRate(value: unknown, what: string): number | undefined {
  const [, amount = "", unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(String(value)) ?? [];
  const unitMs = MILLISECONDS[unit];
  if ((typeof value !== "number" && typeof value !== "string") || amount === "" || unitMs === undefined) {
    throw new OptionError(
      `${what} must be a number a second, or text such as "10/s", "100/m" or "1000/h"; got ${show(value)}`,
    );
  }
  return Number(amount) === 0 ? undefined : unitMs / Number(amount);
}
