/** A run on a terminal: its steps, drawn again and again in one place. */
import { readableId, runKeyTime } from "@umbel/core";
import type { OpenScreen, Terminal } from "../terminal.ts";
import { drawSteps } from "./draw-steps.ts";
import type { ProgressView, ShownRun } from "./progress.ts";
import type { Board } from "./step-board.ts";

/** Draws a run below what tasks print; the last picture stays. */
export class LiveView implements ProgressView {
  readonly #terminal: Pick<Terminal, "colors" | "openScreen">;
  #screen: OpenScreen | undefined;
  #run: ShownRun | undefined;
  #startedAt: number | undefined;

  constructor(terminal: Pick<Terminal, "colors" | "openScreen">) {
    this.#terminal = terminal;
  }

  begin(run: ShownRun): void {
    this.#run = run;
    if (!run.goesOn) this.#startedAt = runKeyTime(run.runKey);
    this.#screen = this.#terminal.openScreen();
  }

  show({ steps, now, hasEnded }: Board): void {
    const { screen } = this.#screen ?? {};
    if (screen === undefined || this.#run === undefined) return;
    const { title, runKey } = this.#run;
    this.#startedAt ??= now;
    const frame = { title: `${title}  ${readableId(runKey)}`.trim(), startedAt: this.#startedAt, now, hasEnded };
    const { columns, rows } = screen;
    screen.draw(drawSteps(steps, frame, { columns, rows, colors: this.#terminal.colors }));
  }

  end(): void {
    this.#screen?.close();
  }
}
