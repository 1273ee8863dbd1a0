/** What to do where no redis-server can be found: the one command for this machine. */
import { OperationalError } from "@umbel/core";
import { detectSystem } from "./install/system.ts";

/** There is no server program on this machine that could be started. */
export class NoServerError extends OperationalError {
  /** What was looked for, and what was passed over. */
  readonly missing: string;
  /** What to do, as the end of a sentence. */
  readonly advice: string;

  constructor(missing: string, advice: string) {
    super(`${missing}; ${advice}, or name a broker by --broker or FLOW_BROKER`);
    this.missing = missing;
    this.advice = advice;
  }
}

/**
 * Makes the error of a machine without a server, with the command to type there.
 * @param passedOver why programs that were found cannot be used
 */
export async function noServer(passedOver: readonly string[]): Promise<NoServerError> {
  const system = await detectSystem();
  const found = passedOver.length === 0 ? "" : ` (${passedOver.join("; ")})`;
  return new NoServerError(
    `no redis-server or valkey-server that can be used on this machine${found}`,
    system.kind === "windows" ? system.advice : "type `npx umbel redis install`",
  );
}
