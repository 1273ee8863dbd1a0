/** What to do where no redis-server can be found: the one command for this machine. */
import { detectSystem } from "./install/system.ts";

/**
 * Gives the message for a machine without a server: what was looked for, what was passed over, and the command to type.
 * @param passedOver why programs that were found cannot be used
 */
export async function describeNoServer(passedOver: readonly string[]): Promise<string> {
  const system = await detectSystem();
  const found = passedOver.length === 0 ? "" : ` (${passedOver.join("; ")})`;
  return `no redis-server or valkey-server that can be used on this machine${found}; ${system.kind === "windows" ? system.advice : "type `npx umbel redis install`"}, or name a broker by --broker or FLOW_BROKER`;
}
