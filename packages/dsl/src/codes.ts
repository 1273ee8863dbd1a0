/**
 * Every diagnostic: its code, its short title, and the words made from its facts. One rule: no other file words a
 * diagnostic. E1 syntax, E2 names, E3 arguments and options, E4 values and sorts, E5 imports and params, E9 limits,
 * W warnings. A code is never used again for something else.
 */

/** An error stops the flow from running; a warning does not. */
export type Severity = "error" | "warning";

/** The words of one diagnostic. */
export interface DiagnosticText {
  /** The sentence behind the code. */
  readonly message: string;
  /** What stands beside the marked place. */
  readonly label?: string | undefined;
  /** What to do; text for a person, often with code. */
  readonly help?: readonly string[] | undefined;
}

interface Rule<Facts> {
  readonly severity: Severity;
  /** What the page of the guide is headed with. */
  readonly title: string;
  readonly describe: (facts: Facts) => DiagnosticText;
}

function error<Facts = Record<never, never>>(title: string, describe: (facts: Facts) => DiagnosticText): Rule<Facts> {
  return { severity: "error", title, describe };
}

function warning<Facts = Record<never, never>>(title: string, describe: (facts: Facts) => DiagnosticText): Rule<Facts> {
  return { severity: "warning", title, describe };
}

type Defined = { readonly definedAt?: string | undefined };
type Habit = {
  readonly found: string;
  readonly write?: string | undefined;
  readonly instead?: string | undefined;
  readonly why?: string | undefined;
};
type Nearest = { readonly nearest: string | undefined };

const meant = (nearest: string | undefined): string | undefined =>
  nearest === undefined ? undefined : `did you mean "${nearest}"?`;

const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? "" : "s"}`;

const defined = (what: string, definedAt: string | undefined): readonly string[] =>
  definedAt === undefined ? [] : [`${what} is defined at ${definedAt}`];

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

/** The table; the guide has a page for each. */
export const codes = {
  // E1: syntax
  E101: error("Unexpected text", (f: { found: string; expected: string }) => ({
    message: `expected ${f.expected}, found ${f.found}`,
    label: `expected ${f.expected}`,
  })),
  E102: error("A bracket is not closed", (f: { open: string; close: string }) => ({
    message: `this \`${f.open}\` is never closed`,
    label: `needs a \`${f.close}\``,
  })),
  E103: error(
    "A bracket closes nothing",
    (f: { close: string; open?: string | undefined; wanted?: string | undefined }) => ({
      message:
        f.wanted === undefined
          ? `this \`${f.close}\` closes nothing`
          : `\`${f.close}\` cannot close \`${f.open}\`, which needs \`${f.wanted}\``,
      label: f.wanted === undefined ? "no bracket is open here" : `expected \`${f.wanted}\``,
    }),
  ),
  E104: error("A string is not closed", (f: { quote: string }) => ({
    message: "this string is never closed",
    label: f.quote === '"' ? 'needs a `"` on the same line' : `needs a \`${f.quote}\``,
    help: f.quote === '"' ? ['a string over several lines is written """…"""'] : [],
  })),
  E105: error("An escape has no meaning", (f: { escape: string }) => ({
    message: `\`${f.escape}\` is no escape`,
    label: 'write \\" \\\\ \\/ \\b \\f \\n \\r \\t \\$ or \\uXXXX',
    help: f.escape.startsWith("\\u") ? ["\\u takes exactly four hexadecimal digits"] : ["a backslash itself is `\\\\`"],
  })),
  E106: error("A number is malformed", (f: { text: string; write: string | undefined }) => ({
    message: `\`${f.text}\` is not a number`,
    label: f.write === undefined ? undefined : `write \`${f.write}\``,
  })),
  E107: error("A duration is malformed", (f: { text: string; write: string | undefined }) => ({
    message: `\`${f.text}\` is not a duration`,
    label: f.write === undefined ? "a duration is a number and one of ms, s, m, h, d" : `write \`${f.write}\``,
  })),
  E108: error("A character has no meaning here", (f: { text: string }) => ({
    message: `${f.text} means nothing here`,
  })),
  E109: error("Two statements on one line", (f: { found: string }) => ({
    message: `expected \`|\`, \`&\` or a new line, found ${f.found}`,
    label: "a second expression begins here",
    help: ["write `a() | b()` for one after the other, `a() & b()` for side by side"],
  })),
  E110: error("A reserved word stands as a name", (f: { word: string; role: string }) => ({
    message: `\`${f.word}\` is a word of the language and cannot be ${f.role}`,
    label: `for example \`${f.word}_\``,
  })),
  E111: error("Another language's habit", (f: Habit) => ({
    message: `\`${f.found}\` is not flow`,
    label: f.write === undefined ? f.instead : `write \`${f.write}\``,
    help: f.why === undefined ? [] : [f.why],
  })),
  E112: error("A line of a string is indented less than its end", () => ({
    message: 'this line is indented less than the closing `"""`',
    label: 'indent it as far as the closing `"""`',
  })),
  E113: error("An invisible direction mark", (f: { name: string }) => ({
    message: `an invisible direction mark (${f.name}) stands here`,
    label: "remove it: it can make code read as something else",
  })),
  E114: error("An operator that does not chain", (f: { operator: string; fix: string }) => ({
    message: `\`${f.operator}\` does not chain`,
    label: f.fix,
  })),
  E115: error("A key stands twice", (f: { key: string }) => ({
    message: `the key \`${f.key}\` stands twice in one object`,
    label: "an object has each key once",
  })),
  E116: error("A positional argument behind a named one", () => ({
    message: "a positional argument stands behind a named one",
    label: "positional arguments come first",
  })),
  E117: error("A name in backticks is malformed", (f: { problem: "open" | "empty" }) => ({
    message: f.problem === "open" ? "this name in backticks is never closed" : "this name is empty",
    label: f.problem === "open" ? "needs a ` on the same line" : "put a task's name between the backticks",
  })),
  E118: error("A word kept for later", (f: { word: string }) => ({
    message: `\`${f.word}\` is kept for a later version of the language`,
    label: "not available yet",
  })),
  E119: error("An if without else", () => ({
    message: "this `if` has no `else`",
    label: "write `if … then … else …`",
    help: ["an `if` chooses when the flow is compiled, so it needs something for each case"],
  })),
  E120: error("An interpolation is not closed", () => ({
    message: "this `${` is never closed",
    label: "needs a `}` on the same line",
  })),
  E121: error("Text stands in a key", () => ({
    message: `a key cannot contain \`\${…}\``,
    label: "a key is fixed text",
  })),
  E122: error("A spread before a clause", () => ({
    message: "`...` cannot stand before `for`",
    label: "spread the whole list instead: `[...[x for x in xs]]`",
  })),
  E123: error("A name with letters beyond ASCII", (f: { word: string }) => ({
    message: `"${f.word}" cannot stand here: names are ASCII`,
    label: "a task's name with other letters stands in backticks",
  })),

  // E2: names
  E201: error("There is no such task", (f: { name: string } & Nearest & { noTasks: boolean }) => ({
    message: `there is no task named "${f.name}"`,
    label: meant(f.nearest),
    help: f.noTasks ? ['no tasks are known here: import them, as in `import "./tasks.ts"`'] : [],
  })),
  E202: error("There is no such name", (f: { name: string } & Nearest & { noTasks: boolean }) => ({
    message: `nothing is named "${f.name}" here`,
    label: meant(f.nearest),
    help: f.noTasks ? ['no tasks are known here: import them, as in `import "./tasks.ts"`'] : [],
  })),
  E203: error("One name twice", (f: { name: string }) => ({
    message: `"${f.name}" is defined twice`,
    label: "each name of a file has one meaning",
  })),
  E204: error("A definition needs itself", (f: { path: readonly string[] }) => ({
    message: `"${f.path[0]}" needs itself`,
    label: f.path.join(" needs "),
    help: ["definitions are expanded when the flow is compiled, so none may lead back to itself"],
  })),
  E205: error(
    "An imported flow has no such name",
    (f: { name: string; module: string; isPrivate: boolean } & Nearest) => ({
      message: `"${f.module}" gives no "${f.name}"`,
      label: f.isPrivate ? "names that start with `_` are their file's own" : meant(f.nearest),
      help: ["an import gives the `let`s and `def`s of the file itself, not its params nor what it imports"],
    }),
  ),
  E206: error("Two tasks with one name", (f: { name: string; first: string; second: string }) => ({
    message: `two different tasks are named "${f.name}"`,
    label: `one is in ${f.first}, the other in ${f.second}`,
    help: ["give one of them another name, or import only one of the modules"],
  })),

  // E3: arguments and options
  E301: error(
    "Too many arguments",
    (f: { what: string; takes: string; most: number; given: number; arriving: number } & Defined) => ({
      message: `${f.what} takes ${f.most === 0 ? "no arguments" : `at most ${count(f.most, "argument")}`}; got ${f.given}`,
      label: `takes ${f.takes}`,
      help: [
        ...(f.arriving === 0
          ? []
          : [
              `${f.arriving === 1 ? "one of them is" : `${f.arriving} of them are`} what arrives from before; \`!\` takes nothing from before`,
            ]),
        ...defined(f.what, f.definedAt),
      ],
    }),
  ),
  E302: error("Arguments are missing", (f: { what: string; takes: string; names: readonly string[] } & Defined) => ({
    message: `${f.what} needs ${quoted(f.names)}`,
    label: `takes ${f.takes}`,
    help: defined(f.what, f.definedAt),
  })),
  E303: error("There is no such parameter", (f: { what: string; takes: string; name: string } & Nearest & Defined) => ({
    message: `${f.what} has no parameter \`${f.name}\``,
    label: f.nearest === undefined ? `takes ${f.takes}` : `did you mean "${f.nearest}"?`,
    help: [...(f.nearest === undefined ? [] : [`it takes ${f.takes}`]), ...defined(f.what, f.definedAt)],
  })),
  E304: error("An argument is given twice", (f: { what: string; takes: string; name: string; arriving: boolean }) => ({
    message: f.arriving
      ? `${f.what} already gets \`${f.name}\` from the step before`
      : `${f.what} gets \`${f.name}\` twice`,
    label: f.arriving ? "what arrives comes in front of the positional arguments" : `takes ${f.takes}`,
  })),
  E305: error("Parameters have no readable names", (f: { what: string; name: string; reason: string }) => ({
    message: `${f.what} cannot take \`${f.name}\` by name, because ${f.reason}`,
    label: "give it by position, or give the task `params: [...]`",
  })),
  E306: error("There is no such option", (f: { name: string } & Nearest) => ({
    message: `there is no option named "${f.name}"`,
    label: meant(f.nearest),
  })),
  E307: error("An option has a wrong value", (f: { name: string; problem: string }) => ({
    message: f.problem,
  })),
  E308: error("This cannot be called", (f: { what: string }) => ({
    message: `${f.what} cannot be called`,
    label: "only a task, a def or a built-in word by its name is called",
  })),
  E309: error("A workflow as an argument", (f: { what: string; argument: string; rest: string | undefined }) => ({
    message: `${f.what} cannot take a workflow as an argument`,
    label:
      f.rest === undefined ? "arguments are values; results flow through `|`" : `write \`${f.argument} | ${f.rest}\``,
    help: ["arguments are values, known when the flow is compiled; results exist only when tasks have run"],
  })),
  E310: error("taskId on several tasks", () => ({
    message: "`taskId` names one task, and this is several",
    label: "put it on one task",
  })),
  E311: error("on success of a group", (f: { fix: string }) => ({
    message: "a group has no single success to wait for",
    label: `write \`${f.fix}\``,
  })),
  E312: error("A built-in word is used wrongly", (f: { word: string; problem: string; form: string }) => ({
    message: `\`${f.word}\` ${f.problem}`,
    label: `write \`${f.form}\``,
  })),
  E313: error("Options are not an object", (f: { got: string }) => ({
    message: `\`with\` takes an object of options, not ${f.got}`,
    label: "for example `with {retries: 3}`",
  })),
  E314: error(
    "A step cannot take what comes",
    (f: { what: string; name: string; from: string; given: string; wanted: string }) => ({
      message: `${f.what} cannot take ${f.from}`,
      label: `${f.name} is ${f.wanted}, and ${f.given} comes`,
      help: ["`!` takes nothing from before; what converts it is a task between the two"],
    }),
  ),
  E315: error(
    "An argument of the wrong type",
    (f: { what: string; name: string; wanted: string; given: string } & Defined) => ({
      message: `\`${f.name}\` of ${f.what} must be ${f.wanted}, not ${f.given}`,
      help: defined(f.what, f.definedAt),
    }),
  ),
  E316: error("Arguments that a schema refuses", (f: { problem: string } & Defined) => ({
    message: f.problem,
    help: defined("the task", f.definedAt),
  })),

  // E4: values and sorts
  E401: error(
    "Sorts that do not go together",
    (f: { operator: string; left: string; right: string; help: string | undefined }) => ({
      message: `\`${f.operator}\` cannot take ${f.left} and ${f.right}`,
      label: f.help,
    }),
  ),
  E402: error("Division by zero", () => ({ message: "division by zero", label: "the right side is 0" })),
  E403: error("A whole number is too large", () => ({
    message: "this whole number is beyond ±9007199254740991",
    label: "larger ones lose digits; give it as a string",
  })),
  E404: error("A number is too large", () => ({ message: "this number is too large to be held" })),
  E405: error("A condition is no bool", (f: { got: string; where: string }) => ({
    message: `${f.where} takes true or false, not ${f.got}`,
    label: 'compare it: `== 0`, `!= null`, `!= ""`',
  })),
  E406: error("Values and workflows in one list", () => ({
    message: "this list holds both values and workflows",
    label: "a list holds one or the other",
  })),
  E407: error("A value where a workflow is wanted", (f: { got: string; where: string }) => ({
    message: `${f.where} must be a workflow, not ${f.got}`,
    label: "a workflow is the call of a task, or several of them",
  })),
  E408: error("A workflow where a value is wanted", (f: { where: string; got: string }) => ({
    message: `${f.where} must be a value, not ${f.got}`,
    label: "results exist only when tasks have run",
  })),
  E409: error("An index that is not there", (f: { index: number; length: number }) => ({
    message: `there is no item ${f.index} in a list of ${f.length}`,
    label: f.length === 0 ? "the list is empty" : `the last is [${f.length - 1}]`,
  })),
  E410: error("A key that is not there", (f: { key: string } & Nearest) => ({
    message: `the object has no key "${f.key}"`,
    label: meant(f.nearest),
  })),
  E411: error("This cannot stand in a string", (f: { got: string }) => ({
    message: `\${} cannot hold ${f.got}`,
    label: "strings, numbers, bools and durations can",
  })),
  E412: error("A group without members", (f: { what: string }) => ({
    message: `${f.what} has no members`,
    label: "nothing would run",
  })),
  E413: error("The branches of an if do not match", () => ({
    message: "one branch of this `if` is a value, the other a workflow",
    label: "both are values, or neither is",
  })),
  E414: error("This is not a list", (f: { got: string; where: string }) => ({
    message: `${f.where} takes a list, not ${f.got}`,
  })),
  E415: error("This has no members", (f: { got: string; access: string }) => ({
    message: `${f.got} has no ${f.access}`,
  })),
  E416: error("An index of the wrong sort", (f: { of: string; got: string; wanted: string }) => ({
    message: `${f.of} is indexed by ${f.wanted}, not ${f.got}`,
  })),
  E417: error("A value as the main expression", (f: { got: string }) => ({
    message: `the file's main expression is ${f.got}, so nothing would run`,
    label: "a flow ends in a workflow, such as `add(4, 4) | mul(8)`",
  })),
  E418: error("A value behind a pipe", (f: { got: string }) => ({
    message: `${f.got} cannot stand behind \`|\``,
    label: "a value can only be the first; name a task here",
  })),
  E419: error("A task used as a value", (f: { what: string; where: string }) => ({
    message: `${f.where} must be a value, not ${f.what}`,
    label: "a task or def is called, or stands where a workflow is wanted",
  })),
  E420: error("A range without whole numbers", (f: { got: string }) => ({
    message: `a range takes whole numbers, not ${f.got}`,
  })),

  // E5: imports and params
  E501: error("An import failed", (f: { specifier: string; reason: string }) => ({
    message: `cannot import "${f.specifier}": ${f.reason}`,
  })),
  E502: error("There is no such type", (f: { name: string } & Nearest) => ({
    message: `there is no type named "${f.name}"`,
    label:
      f.nearest === undefined
        ? "types are string int float bool duration json list<T> map<T> and enums"
        : `did you mean "${f.nearest}"?`,
  })),
  E503: error("A param has no value", (f: { name: string; type: string; write: string }) => ({
    message: `the param "${f.name}" has no value`,
    label: `give it with \`${f.write}\` (${f.type})`,
  })),
  E504: error(
    "A param has a wrong value",
    (f: { name: string; type: string; problem: string; isDeclaration: boolean; write?: string | undefined }) => ({
      message: `the param "${f.name}" must be ${f.type}: ${f.problem}`,
      label: f.isDeclaration ? "declared here" : undefined,
      help: f.write === undefined ? [] : [`write \`${f.write}\``],
    }),
  ),
  E505: error("There is no such param", (f: { name: string; known: readonly string[] } & Nearest) => ({
    message: `the flow has no param named "${f.name}"`,
    label: meant(f.nearest),
    help: [f.known.length === 0 ? "it has no params" : `it has ${quoted(f.known)}`],
  })),
  E506: error("A module without tasks", (f: { specifier: string }) => ({
    message: `"${f.specifier}" exports no task`,
    label: "it must export an App or a Task",
  })),
  E507: error("Imports in a circle", (f: { path: readonly string[] }) => ({
    message: "this import leads back to this file",
    label: f.path.join(" imports "),
  })),
  E508: error("as or with on an import of tasks", (f: { word: string }) => ({
    message: `\`${f.word}\` is for imports of flows, and this imports tasks`,
    label: "leave it out; tasks go by their own names",
  })),
  E509: error("Two main expressions", () => ({
    message: "a file has one main expression, and this is a second",
    label: "join them, or name one",
    help: ["`a | b` runs one after the other, `[a, b]` side by side, `let x = …` names one for later"],
  })),
  E510: error("Nothing to run", () => ({
    message: "this file has no main expression, so there is nothing to run",
    label: "add a workflow, such as `add(4, 4) | mul(8)`",
  })),
  E511: error("A type is malformed", (f: { name: string; problem: string }) => ({
    message: `\`${f.name}\` ${f.problem}`,
  })),
  E512: error("A default of the wrong type", (f: { name: string; type: string; problem: string }) => ({
    message: `the default of "${f.name}" must be ${f.type}: ${f.problem}`,
  })),

  // E9: limits
  E901: error("A source that is too long", (f: { most: number }) => ({
    message: `a source may have at most ${f.most} bytes`,
  })),
  E902: error("Nested too deep", (f: { most: number }) => ({
    message: `this is nested more than ${f.most} deep`,
    label: "name a part of it with `let` or `def`",
  })),
  E903: error("Too many nested expansions", (f: { most: number }) => ({
    message: `definitions are expanded more than ${f.most} deep here`,
  })),
  E904: error("Too many tasks", (f: { most: number }) => ({
    message: `the flow has more than ${f.most} steps and members`,
    label: "for large runtime lists there is `each`",
  })),
  E905: error("A list that is too long", (f: { most: number }) => ({
    message: `a list may have at most ${f.most} items`,
  })),
  E906: error("A string that is too long", (f: { most: number }) => ({
    message: `a string may have at most ${f.most} bytes`,
  })),
  E907: error("Too much to compute", (f: { most: number }) => ({
    message: `compiling takes more than ${f.most} steps`,
    label: "what needs more computation is a task",
  })),
  E908: error("Data that is too deep", (f: { most: number }) => ({
    message: `this is more than ${f.most} levels deep once names are put in`,
  })),

  // W: warnings
  W101: warning("An invisible direction mark in text", (f: { name: string }) => ({
    message: `an invisible direction mark (${f.name}) stands in this text`,
    label: "it can make text read as something else",
  })),
  W201: warning("An unused name", (f: { what: string; name: string }) => ({
    message: `the ${f.what} "${f.name}" is never used`,
    label: f.what === "import" ? undefined : `remove it, or call it \`_${f.name}\``,
  })),
  W202: warning("A hidden name", (f: { name: string; hides: string }) => ({
    message: `"${f.name}" hides ${f.hides}`,
    label: f.hides.startsWith("the task") ? "written in backticks it is still the task" : undefined,
  })),
  W301: warning("A value that goes nowhere", (f: { what: string }) => ({
    message: `the value before \`|\` is dropped: ${f.what} takes nothing from before`,
  })),
  W302: warning("A flattened group", () => ({
    message: "a group directly in a group is flattened: its members become members of the outer one",
    label: "spread it to say so: `...[a, b]`",
  })),
  W303: warning("A result that goes nowhere", (f: { what: string }) => ({
    message: `the result of the step before is dropped: ${f.what} takes nothing from before`,
    label: "for results there is `each`",
  })),
} as const;

/** The code of a diagnostic. */
export type Code = keyof typeof codes;

/** What must be known to word each code. */
export type FactsByCode = { [C in Code]: Parameters<(typeof codes)[C]["describe"]>[0] };

const rules: { [C in Code]: Rule<FactsByCode[C]> } = codes;

/** Gives severity and words of a diagnostic. */
export function describeCode<C extends Code>(code: C, facts: FactsByCode[C]): DiagnosticText & { severity: Severity } {
  const rule = rules[code];
  return { severity: rule.severity, ...rule.describe(facts) };
}
