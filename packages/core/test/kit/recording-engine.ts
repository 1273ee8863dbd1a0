/** An engine that notes what it is sent, and gives the results that a test lays ready. */
import type { Engine, ResultRecord, SubmitRequest, SubmittedRun } from "../../src/engine.ts";

/** Sends nothing anywhere. */
export class RecordingEngine implements Engine {
  readonly submitted: SubmitRequest[] = [];
  readonly waited: { readonly id: string; readonly timeoutMs?: number }[] = [];
  record: ResultRecord = { state: "PENDING" };
  isGroup = false;
  stored: Promise<void> = Promise.resolve();
  closings = 0;

  submit(request: SubmitRequest): SubmittedRun {
    this.submitted.push(request);
    return { resultId: `id-${this.submitted.length}`, isGroup: this.isGroup, stored: this.stored };
  }

  async read(): Promise<ResultRecord> {
    return this.record;
  }

  async wait(id: string, limits: { readonly timeoutMs?: number }): Promise<ResultRecord> {
    this.waited.push({ id, ...limits });
    return this.record;
  }

  async close(): Promise<void> {
    this.closings += 1;
  }
}
