/** The list of rejected calls within this process. One rule: it ends where the one in Redis does. */
import { type DeadLetter, decodeJson, encodeJson } from "@umbel/core";
import { type DeadLetterStore, KEPT_MS, MOST_LETTERS } from "../dead-letters.ts";

/** Letters in memory, as JSON: each reader has its own. */
export class MemoryDeadLetters implements DeadLetterStore {
  readonly #letters = new Map<string, string>();

  async add(letter: DeadLetter): Promise<void> {
    this.#letters.delete(letter.id);
    this.#letters.set(letter.id, encodeJson(letter, `the rejected call ${letter.id}`));
    for (const [id, text] of this.#letters) {
      const { rejectedAt } = decodeJson(text) as DeadLetter;
      const isOld = letter.rejectedAt.getTime() - rejectedAt.getTime() > KEPT_MS;
      if (!isOld && this.#letters.size <= MOST_LETTERS) return;
      this.#letters.delete(id);
    }
  }

  async list(most: number): Promise<readonly DeadLetter[]> {
    const latest = [...this.#letters.values()].reverse().slice(0, most);
    return latest.map((text) => decodeJson(text) as DeadLetter);
  }

  async find(id: string): Promise<DeadLetter | undefined> {
    const text = this.#letters.get(id);
    return text === undefined ? undefined : (decodeJson(text) as DeadLetter);
  }

  async discard(id: string): Promise<boolean> {
    return this.#letters.delete(id);
  }
}
