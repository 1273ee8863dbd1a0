/** Which view a command shows a run by. */
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { EventsView } from "./events-view.ts";
import type { ProgressView } from "./progress.ts";

/** What a command line says of the view. */
export interface ViewOptions {
  readonly quiet?: boolean;
  readonly events?: boolean;
  /** `live`, `lines` or `none`. */
  readonly progress?: string;
}

/** A view, and that of events where there is one. */
export interface ChosenView {
  readonly view: ProgressView | undefined;
  readonly events: EventsView | undefined;
}

/**
 * Gives the view: events if they are asked for, else what `--progress` says, else live on a terminal and lines elsewhere.
 * @throws UsageError when two are asked for
 */
export async function chooseView(options: ViewOptions, terminal: Terminal): Promise<ChosenView> {
  const { quiet, events, progress } = options;
  if (quiet === true && events === true)
    throw new UsageError("`--quiet` and `--events` are both given; give one of them");
  if (progress !== undefined && (quiet === true || events === true))
    throw new UsageError(
      `\`--progress\` and \`${quiet === true ? "--quiet" : "--events"}\` are both given; give one of them`,
    );
  if (events === true) {
    const { EventsView } = await import("./events-view.ts");
    const view = new EventsView((line) => terminal.result(line));
    return { view, events: view };
  }
  return { view: quiet === true ? undefined : await viewFor(progress, terminal), events: undefined };
}

async function viewFor(progress: string | undefined, terminal: Terminal): Promise<ProgressView | undefined> {
  const kind = progress ?? (terminal.isLive ? "live" : "lines");
  if (kind === "none") return undefined;
  if (kind === "live") return new (await import("./live-view.ts")).LiveView(terminal);
  return new (await import("./lines-view.ts")).LinesView((line) => terminal.note(line), progress !== undefined);
}
