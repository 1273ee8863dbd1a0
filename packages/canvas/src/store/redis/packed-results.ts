/**
 * Short values of members of groups, packed page by page. One rule: a node's result stands in one place, in its own field
 * or in its page's.
 *
 * A page is stretches behind one another: a mark, `first`x`stride`, and then a line for each value. JSON text holds neither
 * the mark nor line ends.
 */
import { PAGE_SIZE } from "../../graph/graph.ts";

const MARK = "\u0001";
const STRETCH = new RegExp(`${MARK}(\\d+)x(\\d+)\n([^${MARK}]*)`, "g");

/** The field in which values of a page are packed. */
export function packedField(page: number): string {
  return `p${page}`;
}

/** Gives the values of a page by the place of their nodes on it. */
export function unpackPage(text: string): (string | undefined)[] {
  const values = new Array<string | undefined>(PAGE_SIZE);
  for (const [, first = "", stride = "", body = ""] of text.matchAll(STRETCH)) {
    let place = Number(first) % PAGE_SIZE;
    const step = Number(stride);
    for (let from = 0; from < body.length; place += step) {
      const end = body.indexOf("\n", from);
      values[place] = body.slice(from, end);
      from = end + 1;
    }
  }
  return values;
}
