/** An engine that notes what it is sent, and gives the results that a test lays ready. */
import type {
  Engine,
  Members,
  ResultRecord,
  ResultReference,
  ResultTuple,
  RevokeOptions,
  RevokeReply,
  SubmitRequest,
  SubmittedRun,
  WaitLimits,
} from "../../src/engine.ts";
import type { State } from "../../src/states.ts";

/** Sends nothing anywhere. */
export class RecordingEngine implements Engine {
  readonly submitted: SubmitRequest[] = [];
  readonly waited: { readonly id: string; readonly timeoutMs?: number }[] = [];
  record: ResultRecord = { state: "PENDING" };
  isGroup = false;
  stored: SubmittedRun["stored"] = Promise.resolve(undefined);
  closings = 0;
  readonly parents = new Map<string, ResultReference>();
  readonly groups = new Map<string, readonly ResultTuple[]>();
  readonly forgotten: string[] = [];
  readonly revoked: (RevokeOptions & { readonly id: string })[] = [];

  submit(request: SubmitRequest): SubmittedRun {
    this.submitted.push(request);
    return { resultId: `id-${this.submitted.length}`, isGroup: this.isGroup, stored: this.stored };
  }

  connections = 0;

  async connect(): Promise<void> {
    this.connections += 1;
  }

  async read(): Promise<ResultRecord> {
    return this.record;
  }

  async wait(id: string, limits: WaitLimits, stored?: SubmittedRun["stored"]): Promise<ResultRecord> {
    await stored;
    this.waited.push({ id, ...limits });
    return this.record;
  }

  async states(members: Members): Promise<readonly State[]> {
    return idsOf(members).map(() => this.record.state);
  }

  async *watch(): AsyncGenerator<ResultRecord> {
    yield this.record;
  }

  async *ends(members: Members): AsyncGenerator<readonly [place: number, record: ResultRecord]> {
    for (const place of idsOf(members).keys()) yield [place, this.record];
  }

  async parent(id: string): Promise<ResultReference | undefined> {
    return this.parents.get(id);
  }

  async children(): Promise<readonly ResultReference[]> {
    return [];
  }

  async members(): Promise<readonly ResultReference[]> {
    return [];
  }

  async forget(ids: readonly string[]): Promise<void> {
    this.forgotten.push(...ids);
  }

  async revoke(id: string, options: RevokeOptions): Promise<RevokeReply> {
    this.revoked.push({ id, ...options });
    return "revoked";
  }

  async saveGroup(id: string, members: readonly ResultTuple[]): Promise<void> {
    this.groups.set(id, members);
  }

  async findGroup(id: string): Promise<{ readonly members: readonly ResultTuple[] } | undefined> {
    const members = this.groups.get(id);
    return members === undefined ? undefined : { members };
  }

  async deleteGroup(id: string): Promise<void> {
    this.groups.delete(id);
  }

  get deadLetters(): never {
    throw new Error("nothing is rejected here");
  }

  get runs(): never {
    throw new Error("nothing runs here");
  }

  async close(): Promise<void> {
    this.closings += 1;
  }
}

function idsOf(members: Members): readonly string[] {
  return typeof members === "string" ? [members] : members;
}
