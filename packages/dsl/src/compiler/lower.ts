/** A workflow to signature data. One rule: what says nothing is absent, so data made here equals that of the TypeScript API. */
import type { GroupData, SignatureData, SignatureOptions } from "@umbel/core";
import { type Chain, flatSteps, type Group, type Workflow } from "./workflow.ts";

/** The data of a workflow; shared parts give shared data. Its depth is limited before, so the stack suffices. */
export class Lowering {
  readonly #made = new Map<Workflow, SignatureData>();

  /** Gives the data. */
  lower(workflow: Workflow): SignatureData {
    if (workflow.kind === "task") return this.#make(workflow);
    const known = this.#made.get(workflow);
    if (known !== undefined) return known;
    const made = this.#make(workflow);
    this.#made.set(workflow, made);
    return made;
  }

  #make(workflow: Workflow): SignatureData {
    const options = this.#optionsOf(workflow);
    switch (workflow.kind) {
      case "task":
        return {
          kind: "task",
          task: workflow.task.name,
          ...(workflow.args.length > 0 && { args: workflow.args }),
          ...(Object.keys(workflow.kwargs).length > 0 && { kwargs: workflow.kwargs }),
          ...options,
          ...(workflow.isImmutable && { immutable: true }),
        };
      case "chain":
        return { kind: "chain", steps: this.#stepsOf(workflow), ...options };
      case "group":
        return this.#lowerGroup(workflow);
      case "chord":
        return {
          kind: "chord",
          header: this.#lowerGroup(workflow.header),
          body: this.lower(workflow.body),
          ...options,
        };
      case "mapping": {
        const { word, items } = workflow;
        const task = workflow.task.name;
        if (word === "chunks") return { kind: "chunks", task, items, size: workflow.chunkSize, ...options };
        return { kind: word, task, items, ...options };
      }
      case "each":
        return {
          kind: "each",
          member: this.lower(workflow.member),
          ...(workflow.limit !== undefined && { limit: workflow.limit }),
          ...(workflow.args.length > 0 && { args: workflow.args }),
          ...options,
          ...(workflow.isImmutable && { immutable: true }),
        };
      case "either":
      case "hole":
        // Only a flow with errors holds these, and it is not lowered.
        return { kind: "group", members: [] };
    }
  }

  #stepsOf(chain: Chain): readonly SignatureData[] {
    return flatSteps(chain).map((step) => this.lower(step));
  }

  #lowerGroup(group: Group): GroupData {
    return { kind: "group", members: group.members.map((member) => this.lower(member)), ...this.#optionsOf(group) };
  }

  #optionsOf(workflow: Workflow): { readonly options?: SignatureOptions } {
    const { options, links = [], errbacks = [] } = workflow;
    if (options === undefined && links.length === 0 && errbacks.length === 0) return {};
    const all: SignatureOptions = {
      ...options,
      ...(links.length > 0 && { link: links.map((link) => this.lower(link)) }),
      ...(errbacks.length > 0 && { linkError: errbacks.map((errback) => this.lower(errback)) }),
    };
    return Object.keys(all).length > 0 ? { options: all } : {};
  }
}
