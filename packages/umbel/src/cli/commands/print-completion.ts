/** `flow completion`: scripts for shells, made from the commands as they are declared. */
import type { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";

/** A command and what may follow it. */
interface Verb {
  readonly name: string;
  readonly description: string;
  readonly words: readonly string[];
}

/** Prints the script of a shell. @throws UsageError for a shell that there is none for */
export async function printCompletion(
  { terminal }: CommandContext,
  shell: string,
  program: Command,
): Promise<ExitCode> {
  const verbs = verbsOf(program);
  const scripts: Readonly<Record<string, () => string>> = {
    bash: () => bash(verbs),
    zsh: () => zsh(verbs),
    fish: () => fish(verbs),
  };
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined)
    throw new UsageError(`there is no completion for \`${shell}\`; there is for bash, zsh and fish`);
  terminal.result(script());
  return EXIT.done;
}

function verbsOf(program: Command): readonly Verb[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    words: [
      ...command.commands.map((inner) => inner.name()),
      ...command.options.flatMap(({ long, short }) => [long, short].filter((word) => typeof word === "string")),
    ],
  }));
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map(({ name, words }) => `    ${name}) words="${words.join(" ")}" ;;`);
  return `_flow() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.map(({ name }) => name).join(" ")}"
  else case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac; fi
  COMPREPLY=( $(compgen -W "$words" -- "$word") )
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=( $(compgen -f -- "$word") ); fi
}
complete -o filenames -F _flow flow umbel`;
}

function zsh(verbs: readonly Verb[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`;
}

function fish(verbs: readonly Verb[]): string {
  const names = verbs.map(
    ({ name, description }) =>
      `complete -c flow -n __fish_use_subcommand -f -a ${name} -d '${description.replaceAll("'", "\\'")}'`,
  );
  const options = verbs.flatMap(({ name, words }) =>
    words.flatMap((word) => {
      if (word.startsWith("--"))
        return [`complete -c flow -n '__fish_seen_subcommand_from ${name}' -l ${word.slice(2)}`];
      if (word.startsWith("-"))
        return [`complete -c flow -n '__fish_seen_subcommand_from ${name}' -s ${word.slice(1)}`];
      return [`complete -c flow -n '__fish_seen_subcommand_from ${name}' -f -a ${word}`];
    }),
  );
  return [...names, ...options].join("\n");
}
