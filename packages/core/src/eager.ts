/**
 * Calls that run in this process. One rule: such a call has an engine of its own, whose runs are stored when they have
 * ended; all else is as with any other call.
 */
import type { App } from "./app.ts";
import type { SubmitRequest } from "./engine.ts";
import type { Producer } from "./producer.ts";
import type { AsyncResult } from "./result.ts";
import { type Submission, submissionOf } from "./submission.ts";

/**
 * Sends a request to an app's engine, or runs it here where the app says so.
 * @param producer waits for it
 * @throws what `Engine.submit` throws; OptionError for a producer of another App
 */
export function submit(
  app: App,
  request: SubmitRequest,
  producer: Producer | undefined = undefined,
): Submission<AsyncResult> {
  if (producer === undefined) return send(app, request);
  const publishing = producer.publishingFor(app, request.publishing);
  const submission = send(app, publishing === undefined ? request : { ...request, publishing });
  producer.watch(submission);
  return submission;
}

function send(app: App, request: SubmitRequest): Submission<AsyncResult> {
  return app.conf.taskAlwaysEager ? submitEagerly(app, request) : submissionOf(app.engine.submit(request), app.engine);
}

/**
 * Runs a signature here; awaiting it gives the handle once all of it has ended.
 * @throws what `Engine.submit` throws; with `taskEagerPropagates` the submission rejects with the task's error, too
 */
export function submitEagerly(app: App, request: SubmitRequest): Submission<AsyncResult> {
  const engine = app.eagerEngine();
  const run = engine.submit(request);
  const submission = submissionOf(run, engine);
  if (!app.conf.taskEagerPropagates) return submission;
  return submissionOf({ ...run, stored: submission.get().then(() => undefined) }, engine);
}
