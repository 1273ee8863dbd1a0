/** What can be done with tasks from outside, by their ids: Celery's `app.control`. */
import type { Engine, RevokeOptions, RevokeReply } from "./engine.ts";

/** Controls the tasks of one app. */
export class Control {
  readonly #engine: () => Engine;

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  /** Revokes a task or a group. @see AsyncResult.revoke @throws UnknownTaskIdError, RunExpiredError */
  revoke(id: string, options?: RevokeOptions): Promise<RevokeReply>;
  /** Revokes several, one after the other; the replies are in their order. */
  revoke(ids: readonly string[], options?: RevokeOptions): Promise<readonly RevokeReply[]>;
  async revoke(
    ids: string | readonly string[],
    options: RevokeOptions = {},
  ): Promise<RevokeReply | readonly RevokeReply[]> {
    const engine = this.#engine();
    if (typeof ids === "string") return await engine.revoke(ids, options);
    const replies: RevokeReply[] = [];
    for (const id of ids) replies.push(await engine.revoke(id, options));
    return replies;
  }

  /** Revokes, and ends attempts that run. @see AsyncResult.revoke */
  async terminate(id: string, options: RevokeOptions = {}): Promise<RevokeReply> {
    return await this.revoke(id, { ...options, terminate: true });
  }
}
