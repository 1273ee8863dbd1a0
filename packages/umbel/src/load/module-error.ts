/** What goes wrong with users' modules. */
import { UmbelError } from "@umbel/core";

/** A module of the user's cannot be found, cannot be run, or holds nothing for us; `cause` is what it threw, if it did. */
export class ModuleError extends UmbelError {
  readonly code = "MODULE_UNUSABLE";
  /** The message without the module's name, for a sentence that names it already. */
  readonly reason: string;

  constructor(message: string, options: { readonly cause?: unknown; readonly reason?: string } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = options.reason ?? message;
  }
}
