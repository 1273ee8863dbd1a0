/** Opens what the conformance command runs cases by: an App with the task library, its worker, and a prefix of its own. */
import { OperationalError } from "@umbel/core";
import type { ConformanceEngine } from "./engine.ts";

/** Opens an engine on a broker. @throws OperationalError when it cannot be reached */
export async function openEngine(broker: string): Promise<ConformanceEngine> {
  throw new OperationalError(`there is no engine for ${broker} yet; it comes with the rest of issue 2`);
}
