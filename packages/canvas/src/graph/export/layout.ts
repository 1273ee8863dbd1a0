/**
 * Where boxes, frames and lines go. A canvas is made of sequences and groups, so it needs no general layout: time goes to
 * the right, members of a group stand below each other in its frame, callbacks below and to the right of their host.
 * One rule: no two boxes overlap and no line runs through a box, by construction and in linear time.
 *
 * Lines to callbacks go down from the middle of their host and then right. What a host holds begins to the right of that
 * middle and ends before the next step, and a callback that several steps call lies below all others, so these lines
 * are free.
 */
import type { Callback, Sequence, Step } from "./outline.ts";
import { type Caption, captionOf, isFrame, type LineKind, type Picture } from "./picture.ts";

/** A box or a frame, by its upper left corner, pixels. */
export interface PlacedBox {
  readonly step: Step;
  readonly caption: Caption;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The frame that it stands in. */
  readonly frame: PlacedBox | undefined;
}

/** A line, from corner to corner. */
export interface PlacedLine {
  readonly kind: LineKind;
  /** It ends at a box; without an arrow it runs into the line of the next that calls the same. */
  readonly hasArrow: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A picture with all its places. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Frames before what is in them. */
  readonly boxes: readonly PlacedBox[];
  readonly lines: readonly PlacedLine[];
}

/** Sizes in pixels, for a monospaced font of 13 pixels. */
export const SIZES = {
  character: 7.9,
  line: 18,
  padding: 10,
  /** How far the copies behind a box that stands for many stick out. */
  stack: 4,
  gap: 48,
  row: 18,
  /** From the middle of a host to its callbacks: room for the words on the line. */
  callback: 96,
  margin: 16,
} as const;

/** Places a picture. */
export function layOut(picture: Picture): Layout {
  const block = measureSequence(picture, picture.outline);
  const boxes: PlacedBox[] = [];
  const lines: PlacedLine[] = [];
  new Placer(boxes, lines).sequence(block, SIZES.margin, SIZES.margin, undefined);
  return { width: block.width + 2 * SIZES.margin, height: block.height + 2 * SIZES.margin, boxes, lines };
}

/** How many columns a text takes in a monospaced font; East Asian characters and pictures take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += (character.codePointAt(0) ?? 0) >= 0x1100 && !NARROW.test(character) ? 2 : 1;
  return columns;
}

/** Punctuation and signs above the letters that are as narrow as those. */
const NARROW = /[\u2000-\u22ff]/;

/** A step with its size, and the members that are in it. */
interface StepBlock {
  readonly step: Step;
  readonly caption: Caption;
  readonly width: number;
  readonly height: number;
  readonly members: readonly SequenceBlock[];
  /** Where it begins, from the left of its sequence. */
  readonly x: number;
}

interface CallbackBlock {
  readonly block: SequenceBlock;
  readonly x: number;
  readonly y: number;
}

/** A sequence with its size, and the places of its parts in it. */
interface SequenceBlock {
  readonly width: number;
  readonly height: number;
  /** Where the middle of its steps is, from the top. */
  readonly middle: number;
  readonly steps: readonly StepBlock[];
  readonly callbacks: ReadonlyMap<Callback, CallbackBlock>;
}

function measureSequence(picture: Picture, { steps }: Sequence): SequenceBlock {
  const sized = steps.map((step) => measureStep(picture, step));
  const middle = Math.max(0, ...extremes(sized.map(({ height }) => height / 2)));
  const callers = new Map<Callback, number>();
  for (const { calls } of steps) for (const callback of calls) callers.set(callback, (callers.get(callback) ?? 0) + 1);
  const blocks: StepBlock[] = [];
  const callbacks = new Map<Callback, CallbackBlock>();
  const shared: { readonly callback: Callback; readonly block: SequenceBlock; readonly x: number }[] = [];
  let x = 0;
  let bottom = 2 * middle;
  let width = 0;
  for (const step of sized) {
    blocks.push({ ...step, x });
    const left = x + step.width / 2 + SIZES.callback;
    let right = x + step.width;
    let y = middle + step.height / 2 + SIZES.row;
    for (const callback of step.step.holds) {
      const block = measureSequence(picture, callback.sequence);
      right = Math.max(right, left + block.width);
      if ((callers.get(callback) ?? 1) > 1) shared.push({ callback, block, x: left });
      else {
        callbacks.set(callback, { block, x: left, y });
        y += block.height + SIZES.row;
        bottom = Math.max(bottom, y - SIZES.row);
      }
    }
    width = right;
    x = right + SIZES.gap;
  }
  for (const { callback, block, x: left } of shared) {
    callbacks.set(callback, { block, x: left, y: bottom + SIZES.row });
    bottom += SIZES.row + block.height;
  }
  return { width, height: bottom, middle, steps: blocks, callbacks };
}

function measureStep(picture: Picture, step: Step): Omit<StepBlock, "x"> {
  const caption = captionOf(picture, step);
  const { padding, line, character, stack } = SIZES;
  if (isFrame(step)) {
    const members = (step.members ?? []).map((member) => measureSequence(picture, member));
    const words = frameTitle(caption);
    const inner = Math.max(columnsOf(words) * character, ...extremes(members.map(({ width }) => width)));
    const height = members.reduce((sum, member) => sum + member.height + SIZES.row, line + padding);
    return { step, caption, width: round(inner + 2 * padding), height, members };
  }
  const lines = [caption.title, ...(caption.note === undefined ? [] : [caption.note])];
  const columns = Math.max(...lines.map(columnsOf));
  const behind = caption.isMany ? stack : 0;
  return {
    step,
    caption,
    width: round(columns * character + 2 * padding + behind),
    height: lines.length * line + padding + behind,
    members: [],
  };
}

/** What stands above the members of a frame. */
export function frameTitle({ title, note }: Caption): string {
  return note === undefined ? title : `${title}  ${note}`;
}

class Placer {
  readonly #boxes: PlacedBox[];
  readonly #lines: PlacedLine[];

  constructor(boxes: PlacedBox[], lines: PlacedLine[]) {
    this.#boxes = boxes;
    this.#lines = lines;
  }

  sequence(block: SequenceBlock, x: number, y: number, frame: PlacedBox | undefined): void {
    const middle = y + block.middle;
    for (const [position, step] of block.steps.entries()) {
      const left = x + step.x;
      this.#step(step, left, middle - step.height / 2, frame);
      const next = block.steps[position + 1];
      if (next === undefined) continue;
      const kind = next.step.coming === "after" ? "after" : "value";
      const points = [[left + step.width, middle] as const, [x + next.x, middle] as const];
      this.#lines.push({ kind, hasArrow: true, points });
    }
    this.#callbackLines(block, x, y);
    for (const { block: inner, x: dx, y: dy } of block.callbacks.values()) this.sequence(inner, x + dx, y + dy, frame);
  }

  /** The last that calls something has a line to it, and all others one that runs into the next one's. */
  #callbackLines({ steps, middle, callbacks }: SequenceBlock, x: number, y: number): void {
    const ends = new Map<Callback, number>();
    for (const { step, x: left, width, height } of [...steps].reverse()) {
      for (const callback of step.calls) {
        const place = callbacks.get(callback);
        if (place === undefined) throw new Error("a callback is called that no step of its sequence holds");
        const down = x + left + round(width / 2);
        const target = y + place.y + place.block.middle;
        const end = ends.get(callback);
        this.#lines.push({
          kind: callback.kind,
          hasArrow: end === undefined,
          points: [
            [down, y + middle + height / 2],
            [down, target],
            [end ?? x + place.x, target],
          ],
        });
        ends.set(callback, down);
      }
    }
  }

  #step(
    { step, caption, width, height, members }: StepBlock,
    x: number,
    y: number,
    frame: PlacedBox | undefined,
  ): void {
    const box: PlacedBox = { step, caption, x, y, width, height, frame };
    this.#boxes.push(box);
    let top = y + SIZES.line + SIZES.padding;
    for (const member of members) {
      this.sequence(member, x + SIZES.padding, top, box);
      top += member.height + SIZES.row;
    }
  }
}

/** The largest number, in a list; none of none. A call takes only so many arguments. */
function extremes(numbers: readonly number[]): readonly number[] {
  return numbers.length === 0 ? [] : [numbers.reduce((one, other) => Math.max(one, other))];
}

/** Whole even numbers, so that middles are whole too. */
function round(size: number): number {
  return 2 * Math.ceil(size / 2);
}
