/** A list that is taken from in front. One rule: taking costs the same, however long it is. */

/** First in, first out, unless another place is asked for. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes an item out; the first changes places with it. @param place counted from the first, which is 0 */
  take(place = 0): Item | undefined {
    const at = this.#head + place;
    const item = this.#items[at];
    this.#items[at] = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
