/**
 * One child of a pool, as its worker sees it. One rule: whatever happens to it, an attempt that it was given comes to an end
 * here.
 */
import { decodeJson, encodeError, type SignatureData } from "@umbel/core";
import type { StoredOutcome } from "../../store/graph-store.ts";
import type { FromChild, Question, ToChild } from "./messages.ts";
import type { PoolEnd, PooledCall, PoolHost } from "./task-pool.ts";

/** A thread or a process. */
export interface ChildChannel {
  send(message: ToChild): void;
  /** Ends it at once. */
  kill(): void;
  onMessage(listener: (message: FromChild) => void): void;
  /** @param listener is told how it ended, such as `exit code 1` */
  onExit(listener: (how: string) => void): void;
}

/** How long a task that was ended from outside may take to end itself, milliseconds. */
const NOTICE_MS = 1000;

/** How long a child may take to end by itself, milliseconds. */
const LAST_WORDS_MS = 5000;

/** The attempt that it runs. */
interface Running {
  readonly attempt: number;
  readonly host: PoolHost;
  readonly settle: (end: PoolEnd) => void;
  readonly fail: (error: unknown) => void;
  /** What the worker has made of what the attempt asked for: it ends so. */
  kept: StoredOutcome | undefined;
  /** Why a question could not be answered. */
  problem: { readonly error: unknown } | undefined;
  /** Ends what was begun for the attempt. */
  readonly cleanUp: (() => void)[];
}

/** A child. */
export class PoolChild {
  readonly #channel: ChildChannel;
  readonly #report: (error: Error) => void;
  #running: Running | undefined;
  #attempts = 0;
  /** Resolves when it can be given attempts. @throws when its modules cannot be loaded, or it ended before */
  readonly ready: Promise<void>;
  /** Resolves when it is gone, with how. */
  readonly gone: Promise<string>;

  /** @param order what it is to load */
  constructor(channel: ChildChannel, order: unknown, report: (error: Error) => void) {
    this.#channel = channel;
    this.#report = report;
    this.gone = new Promise((resolve) => channel.onExit(resolve));
    this.ready = new Promise((resolve, reject) => {
      channel.onMessage((message) => {
        if (message.kind === "ready") resolve();
        else if (message.kind === "unusable") reject(new Error(message.reason));
        else this.#receive(message);
      });
      void this.gone.then((how) => reject(new Error(`a child of the worker ended before it was ready (${how})`)));
    });
    this.ready.catch(() => undefined);
    void this.gone.then((how) => this.#end({ kind: "lost", how }));
    channel.send({ kind: "load", order });
  }

  /** Runs an attempt; one at a time. @throws what the host throws */
  run(call: PooledCall, host: PoolHost): Promise<PoolEnd> {
    return new Promise((settle, fail) => {
      this.#attempts += 1;
      const attempt = this.#attempts;
      const running: Running = { attempt, host, settle, fail, kept: undefined, problem: undefined, cleanUp: [] };
      this.#running = running;
      if (host.hardMs !== undefined) {
        const timer = setTimeout(() => {
          this.#channel.kill();
          this.#end({ kind: "overran" });
        }, host.hardMs);
        running.cleanUp.push(() => clearTimeout(timer));
      }
      this.#channel.send({ kind: "run", attempt, call });
      this.#listen(running);
    });
  }

  /** Ends it: at once if an attempt runs there, else when it has closed what it opened. Resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#running !== undefined) this.#channel.kill();
    else this.#channel.send({ kind: "close" });
    const timer = setTimeout(() => this.#channel.kill(), LAST_WORDS_MS);
    await this.gone;
    clearTimeout(timer);
  }

  #receive(message: FromChild): void {
    const running = this.#running;
    if (message.kind === "report") this.#report(new Error(message.message));
    if (!("attempt" in message)) return;
    if (running?.attempt !== message.attempt) {
      // What an attempt that has ended asks for is given to nobody.
      if (message.kind === "question") {
        this.#channel.send({ kind: "answer", number: message.number, isLost: true });
      }
      return;
    }
    switch (message.kind) {
      case "question":
        void this.#answer(message.number, message.question, running);
        return;
      case "line":
        running.host.keepLine(message.line);
        return;
      case "ended":
        this.#end({ kind: "ended", outcome: running.kept ?? message.outcome });
        return;
      case "threw":
        this.#take()?.fail(running.problem === undefined ? new Error(message.message) : running.problem.error);
        return;
    }
  }

  async #answer(number: number, question: Question, running: Running): Promise<void> {
    try {
      const outcome = await answerTo(question, running.host);
      if (this.#running !== running) return;
      running.kept = outcome ?? running.kept;
      const failure = outcome?.kind === "failed" && question.what !== "rejected" ? { failure: outcome.payload } : {};
      this.#channel.send({ kind: "answer", number, ...failure });
    } catch (error) {
      running.problem = { error };
      if (this.#running === running) this.#channel.send({ kind: "answer", number, isLost: true });
    }
  }

  /** An attempt that is ended from outside is told first; what takes no notice is ended with its child, as in Celery. */
  #listen({ attempt, host, cleanUp }: Running): void {
    const signal = host.openSignal();
    const abort = (): void => {
      const reason = encodeError(signal.reason);
      this.#channel.send({ kind: "abort", attempt, reason });
      const timer = setTimeout(() => {
        this.#channel.kill();
        this.#end({ kind: "killed", outcome: { kind: "revoked", payload: JSON.stringify(reason) } });
      }, NOTICE_MS);
      cleanUp.push(() => clearTimeout(timer));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    cleanUp.push(() => signal.removeEventListener("abort", abort));
  }

  #end(end: PoolEnd): void {
    this.#take()?.settle(end);
  }

  /** Takes the attempt that runs away from the child. */
  #take(): Running | undefined {
    const running = this.#running;
    this.#running = undefined;
    for (const clean of running?.cleanUp ?? []) clean();
    return running;
  }
}

async function answerTo(question: Question, host: PoolHost): Promise<StoredOutcome | undefined> {
  switch (question.what) {
    case "state":
      await host.showState(question.state, question.payload);
      return undefined;
    case "replaced":
      return await host.replaced(decodeJson(question.replacement) as SignatureData);
    case "added":
      return await host.added(question.payload, decodeJson(question.additions) as readonly SignatureData[]);
    case "rejected":
      return await host.rejected(question.error);
  }
}
