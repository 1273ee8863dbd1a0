// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are flow texts, whose strings interpolate.
/**
 * What stands on the page of each code: why there is such a rule, a text that breaks it, and one that does not. One rule:
 * the screens are made from the texts, so a page shows what people see.
 */
import type { Code } from "../codes.ts";
import type { ParamValues } from "../compiler/params.ts";
import type { Limits } from "../limits.ts";

/** The words of one page. */
export interface Explanation {
  /** Why the rule is there; a few sentences, with names in backticks. */
  readonly why: string;
  /** What to do; one sentence without a full stop. */
  readonly fix: string;
  /** A text with this mistake. */
  readonly wrong: string;
  /** The same without it. */
  readonly right: string;
  /** The params that both are compiled with; `rightParams` where they are what was wrong. */
  readonly params?: ParamValues;
  readonly rightParams?: ParamValues;
  /** Smaller limits, so that the example stays short. */
  readonly limits?: Partial<Limits>;
}

const SMALL = "The example is compiled with a limit that is much smaller than the real one.";

/** The pages, by their codes. */
export const explanations: Readonly<Record<Code, Explanation>> = {
  E101: {
    why: "The text breaks off, or something stands where the grammar allows nothing like it. The message says what could stand there. One broken statement hides no mistake in another: each is read by itself.",
    fix: "write what the message expects there",
    wrong: "add(1, 2) | total(\n  1 2\n)",
    right: "add(1, 2) | total()",
  },
  E102: {
    why: "A bracket is open until its partner comes. The mark stands where it opens, since that is where it was meant. A line that begins with `let`, `def`, `param` or `import` ends what is open before it.",
    fix: "close it; the mark shows where it opens",
    wrong: "let sizes = [64, 128\nlet factor = 2\n[mul(size, factor) for size in sizes]",
    right: "let sizes = [64, 128]\nlet factor = 2\n[mul(size, factor) for size in sizes]",
  },
  E103: {
    why: "Brackets close in the reverse order in which they were opened, each by its own kind.",
    fix: "remove it, or close what is open with the right one",
    wrong: "total([1, 2, 3])]",
    right: "total([1, 2, 3])",
  },
  E104: {
    why: 'A string in `"` ends on its line, so that a quote that was forgotten breaks one line and not the rest of the file.',
    fix: 'close it on the same line, or write `"""…"""` for several lines',
    wrong: 'greet("Ann)',
    right: 'greet("Ann")',
  },
  E105: {
    why: "A backslash begins one of JSON's escapes, or `\\$`. Any other would be read differently by different people, so there is none.",
    fix: 'write `\\\\` for a backslash; `\\" \\\\ \\/ \\b \\f \\n \\r \\t \\$ \\uXXXX` are the escapes',
    wrong: 'echo("C:\\data")',
    right: 'echo("C:\\\\data")',
  },
  E106: {
    why: "A number has digits on both sides of its point and no zeros in front, since `1.` and `.5` are easily misread, and `007` is octal elsewhere.",
    fix: "digits on both sides of the point, no leading zeros: `0.5`, `7`",
    wrong: "mul(.5, 007)",
    right: "mul(0.5, 7)",
  },
  E107: {
    why: "A duration is one number and one unit.",
    fix: "a number and one of `ms s m h d`; add several: `1h + 30m`",
    wrong: "echo(1) with {countdown: 1h30m}",
    right: "echo(1) with {countdown: 1h + 30m}",
  },
  E108: {
    why: "The character belongs to no word and no operator of the language. It may have come along when text was copied.",
    fix: "remove it",
    wrong: "add(1, 2) § mul(3)",
    right: "add(1, 2) | mul(3)",
  },
  E109: {
    why: "Each statement begins on a line of its own. Otherwise `add(1, 2) mul(3)`, where a `|` was forgotten, would be two programs.",
    fix: "put the second on a line of its own, or join them with `|` or `&`",
    wrong: "add(1, 2) mul(3)",
    right: "add(1, 2) | mul(3)",
  },
  E110: {
    why: "The words of the language cannot be names of `let`, `def`, `param` or `for`. As argument names, as keys and behind a dot they are plain words.",
    fix: "choose another name, such as `for_`",
    wrong: "let on = 1\necho(on)",
    right: "let on_ = 1\necho(on_)",
  },
  E111: {
    why: "This is how other languages say it. The compiler knows what is meant, says how it is written here, and goes on as if it had been.",
    fix: "write what the message says: `or` for `||`, `#` for `//` …",
    wrong: "greet('Ann', greeting='Hi') // says hello",
    right: 'greet("Ann", greeting: "Hi")  # says hello',
  },
  E112: {
    why: 'The closing `"""` says how far a string over several lines is indented; that much is taken off each of its lines. A line with less has not so much to take off.',
    fix: 'indent the line as far as the closing `"""`',
    wrong: 'echo("""\n    Dear Ann,\n  we are here.\n    """)',
    right: 'echo("""\n    Dear Ann,\n    we are here.\n    """)',
  },
  E113: {
    why: "Such a mark turns the direction of what follows, so that a text reads otherwise than it runs. In code none is allowed; in strings and comments it is a warning ([W101](W101.md)).",
    fix: "remove the mark",
    wrong: "add(1, 2) \u202e| mul(3)",
    right: "add(1, 2) | mul(3)",
  },
  E114: {
    why: "`1 < x < 5` means different things in different languages, and `a..b..c` means nothing.",
    fix: "join two of them with `and`: `1 < x and x < 5`",
    wrong: "[echo(x) for x in 0..10 if 1 < x < 5]",
    right: "[echo(x) for x in 0..10 if 1 < x and x < 5]",
  },
  E115: {
    why: "An object has each key once; which of two values was meant nobody can say.",
    fix: "keep one",
    wrong: 'echo({name: "Ann", name: "Bob"})',
    right: 'echo({name: "Ann"})',
  },
  E116: {
    why: "Positional arguments are counted from the left, so they stand in front of those that go by name.",
    fix: "put positional arguments first",
    wrong: "add(x: 1, 2)",
    right: "add(1, y: 2)",
  },
  E117: {
    why: "Backticks hold the name of a task that is no plain name. There are no escapes in it, and it ends on its line.",
    fix: "close the name with a backtick on the same line, and let it not be empty",
    wrong: '`images.crop("cat.png")',
    right: '`images.crop`("cat.png")',
  },
  E118: {
    why: "`match`, `when`, `while` and `wait` will mean something in a later version. Kept free now, they can come without changing a flow that exists.",
    fix: "use another name; the word will mean something in a later version",
    wrong: "echo(1) | wait(2)",
    right: "echo(1) with {countdown: 2s}",
  },
  E119: {
    why: "An `if` chooses when the flow is compiled, so it is a value or a workflow in each case. Without `else` there would be nothing in one of them.",
    fix: "add an `else`",
    wrong: "param fast: bool = true\n\nif fast then echo(1)",
    right: "param fast: bool = true\n\nif fast then echo(1) else warn(1)",
  },
  E120: {
    why: "`${` in a string begins an expression, and `}` ends it, on the same line in a string on one line. A dollar sign itself is `\\$`.",
    fix: "close it with `}` on the same line",
    wrong: 'let n = 3\n\necho("${n items',
    right: 'let n = 3\n\necho("${n} items")',
  },
  E121: {
    why: "Which keys an object has is seen in its text, without computing anything.",
    fix: "a key is fixed text; build the object in a task",
    wrong: 'let n = 1\n\necho({"size-${n}": 64})',
    right: "let n = 1\n\necho({size: 64, index: n})",
  },
  E122: {
    why: "A comprehension makes one item for each round; `...` would make several.",
    fix: "spread the whole list: `[...[x for x in xs]]`",
    wrong: "total([...x for x in [[1, 2], [3]]])",
    right: "total([y for x in [[1, 2], [3]] for y in x])",
  },
  E123: {
    why: "Names are ASCII letters, digits and `_`, since letters that look alike would be different names. A task may have any name; in backticks it can be written.",
    fix: "put the task's name in backticks",
    wrong: 'größe("cat.png")',
    right: '`größe`("cat.png")',
  },
  E201: {
    why: "What is called is a task, a `def` or a built-in word, and none of them has this name. Tasks are known from the modules that the file imports; where it imports nothing, from `-A`, or from the `tasks.ts` beside it.",
    fix: "import the module that defines it, or take the name that is meant",
    wrong: "add(4, 4) | mull(8)",
    right: "add(4, 4) | mul(8)",
  },
  E202: {
    why: "A name is looked up first among `for` names and parameters around, then among the file's `param`s, `let`s, `def`s and imports, then among the built-in words, last among tasks.",
    fix: "define it, or take the name that is meant",
    wrong: "let _sizes = [64, 128]\n\n[echo(size) for size in sizes]",
    right: "let sizes = [64, 128]\n\n[echo(size) for size in sizes]",
  },
  E203: {
    why: "The order of statements means nothing, so of two definitions of one name neither can win.",
    fix: "rename one",
    wrong: "let size = 64\nlet size = 128\n\necho(size)",
    right: "let small = 64\nlet size = 128\n\n[echo(small), echo(size)]",
  },
  E204: {
    why: "A `let` or `def` is put in where its name stands, when the flow is compiled. One that leads back to itself would never end; an `if` between does not help, since both branches are checked. What repeats while it runs is a task, or [`each`](../each.md).",
    fix: "break the circle that the message shows",
    wrong: "def half(n) = echo(n) | again(n)\ndef again(n) = half(n)\n\nhalf(8)",
    right: "def half(n) = echo(n) | again(n)\ndef again(n) = mul(n)\n\nhalf(8)",
  },
  E205: {
    why: "An imported flow gives its own `let`s and `def`s. Its params are set by `with`, what it imports itself stays its own, and so do names that begin with `_`.",
    fix: "take a name that the imported file defines, without `_` in front",
    wrong: 'import "./lib.flow" as lib with {factor: 2}\n\nlib.scale(21)',
    right: 'import "./lib.flow" as lib with {factor: 2}\n\nlib.scaled(21)',
  },
  E206: {
    why: "Workers know a task by its name alone, so in one flow a name is one task. The same task by two roads is fine.",
    fix: "rename one of the tasks, or import only one of the modules",
    wrong: 'import "./tasks.ts"\nimport "./other.ts"\n\nadd(1, 2)',
    right: 'import "./tasks.ts"\n\nadd(1, 2)',
  },
  E301: {
    why: "What arrives from the step before stands in front of the arguments that are written, and counts.",
    fix: "leave some out; what arrives from before counts too, unless `!` is written",
    wrong: "add(1, 2) | mul(3, 4)",
    right: "add(1, 2) | mul(4)",
  },
  E302: {
    why: "The task has a parameter without a default that nothing gives: no argument, and no result from before.",
    fix: "give them",
    wrong: "add(1) | mul(3)",
    right: "add(1, 2) | mul(3)",
  },
  E303: {
    why: "An argument by name must name one of the task's parameters; the message shows them.",
    fix: "take a name that the task has",
    wrong: 'greet("Ann", greting: "Hi")',
    right: 'greet("Ann", greeting: "Hi")',
  },
  E304: {
    why: "A parameter gets one value. What arrives from before is the first parameter, so naming that too gives it twice.",
    fix: "give it once; what arrives is the first parameter",
    wrong: "add(1, 2) | mul(x: 3)",
    right: "add(1, 2) | mul(y: 3)",
  },
  E305: {
    why: "Names of parameters are read from the task's function. Where it takes its arguments apart (`([item]) => …`), was minified or is native, there are none to read.",
    fix: "give it by position, or give the task `params`",
    wrong: "first(items: [1, 2])",
    right: "first([1, 2])",
  },
  E306: {
    why: "Options are a fixed set: `queue priority countdown eta expires retries retryDelay timeLimit softTimeLimit ignoreResult serializer compression headers stamps shadow taskId`, and `failFast` for groups.",
    fix: "take one of the [options](../language.md#options)",
    wrong: "echo(1) with {retrys: 3}",
    right: "echo(1) with {retries: 3}",
  },
  E307: {
    why: "Each option is checked where it is written, not when the flow runs.",
    fix: "the message says what is wanted",
    wrong: "echo(1) with {priority: 12}",
    right: "echo(1) with {priority: 9}",
  },
  E308: {
    why: "Parentheses behind a name call it. What they stand behind here is no task, no `def` and no built-in word; a call's result cannot be called either.",
    fix: "call a task, a def or a built-in word by its name",
    wrong: "let size = 64\n\nsize(2)",
    right: "let size = 64\n\nmul(size, 2)",
  },
  E309: {
    why: "Arguments are values, known when the flow is compiled. A workflow gives its result only when it has run, and results flow through `|`.",
    fix: "pipe it: `add(4, 4) | mul(8)` for `mul(add(4, 4), 8)`",
    wrong: "mul(add(4, 4), 8)",
    right: "add(4, 4) | mul(8)",
  },
  E310: {
    why: "A `taskId` names one task, and this workflow has several.",
    fix: "put `taskId` on one task",
    wrong: '[echo(1), echo(2)] with {taskId: "order-7"}',
    right: '[echo(1) with {taskId: "order-7"}, echo(2)]',
  },
  E311: {
    why: "A group has as many successes as members. What should run once, with all results, is the body of a chord.",
    fix: "write a chord, as the message shows",
    wrong: "[add(1, 1), add(2, 2)] on success total()",
    right: "[add(1, 1), add(2, 2)] | total()",
  },
  E312: {
    why: "The words `group chain chord map starmap chunks each` take what their pages say.",
    fix: "write the form that the message shows",
    wrong: "chunks(add, [[1, 1], [2, 2]])",
    right: "chunks(add, [[1, 1], [2, 2]], 10)",
  },
  E313: {
    why: "`with` lays options on a step, and options are an object.",
    fix: 'write an object: `with {queue: "io"}`',
    wrong: "echo(1) with 3",
    right: "echo(1) with {retries: 3}",
  },
  E314: {
    why: "What a step gives stands in front of the next one's arguments. Here both types are known, from the TypeScript of the tasks, and nothing of the one is the other. `flow check` reads the types where the project has a `typescript` with a compiler in it.",
    fix: "put a task between the two that converts it, or write `!` where nothing should be taken",
    wrong: 'greet("Ann") | mul(2)',
    right: "add(1, 2) | mul(2)",
  },
  E315: {
    why: "The value is known when the flow is compiled, and so is what the task's TypeScript says.",
    fix: "give a value of the type that is shown",
    wrong: 'add(1, "2")',
    right: "add(1, 2)",
  },
  E316: {
    why: "The task has a schema, and all of its arguments are known when the flow is compiled. What arrives from a step before is checked when it is there.",
    fix: "give what the schema takes; the message is the schema's own",
    wrong: "order(0)",
    right: "order(3)",
  },
  E401: {
    why: "Nothing is converted silently: `+` joins two numbers, strings, lists or durations, and no mixture.",
    fix: 'convert in a task, or interpolate: `"${a}"`',
    wrong: 'let n = 3\n\necho("page " + n)',
    right: 'let n = 3\n\necho("page ${n}")',
  },
  E402: {
    why: "A number divided by zero is no number that JSON could hold.",
    fix: "divide by something else",
    wrong: "let parts = 0\n\necho(100 / parts)",
    right: "let parts = 4\n\necho(100 / parts)",
  },
  E403: {
    why: "Numbers are JavaScript's. Whole ones beyond ±9007199254740991 lose their last digits, silently everywhere else; here it is an error.",
    fix: "give it as a string",
    wrong: "echo(9007199254740993)",
    right: 'echo("9007199254740993")',
  },
  E404: {
    why: "The number is beyond what a double can hold; it would become infinite, which JSON cannot say.",
    fix: "give it as a string",
    wrong: "echo(1e999)",
    right: 'echo("1e999")',
  },
  E405: {
    why: 'Conditions are `true` or `false`. Whether `0`, `""` or `[]` count as false differs between languages, so here none does.',
    fix: "compare it: `x != 0`",
    wrong: "let n = 3\n\nif n then echo(n) else warn(n)",
    right: "let n = 3\n\nif n != 0 then echo(n) else warn(n)",
  },
  E406: {
    why: "A list of workflows is a group, a list of values is data. One that is both is neither.",
    fix: "let the list hold one or the other",
    wrong: "[1, add(1, 1)]",
    right: "[echo(1), add(1, 1)]",
  },
  E407: {
    why: "Around `&`, left of `with` and `on`, as a handler and as member of a group stands something that runs.",
    fix: "call a task there",
    wrong: "echo(1) & 2",
    right: "echo(1) & echo(2)",
  },
  E408: {
    why: "A condition, an operator, a string or an index needs its value when the flow is compiled. A workflow has none then.",
    fix: "results exist only when tasks have run: pipe the workflow",
    wrong: 'greet("number ${add(1, 1)}")',
    right: "add(1, 1) | greet()",
  },
  E409: {
    why: "A list has items from `[0]`, and from its end `[-1]`. Beyond them there is nothing, and no `undefined` either.",
    fix: "take an index that is there",
    wrong: "let sizes = [64, 128]\n\necho(sizes[2])",
    right: "let sizes = [64, 128]\n\necho(sizes[-1])",
  },
  E410: {
    why: "A key that is not there has no value; a misspelt one shows here and not as `undefined` in a task.",
    fix: "take a key that is there",
    wrong: 'let user = {name: "Ann"}\n\ngreet(user.nmae)',
    right: 'let user = {name: "Ann"}\n\ngreet(user.name)',
  },
  E411: {
    why: "Strings, numbers, bools and durations have one text that everybody expects. Lists, objects and null have not.",
    fix: "interpolate a string, number, bool or duration",
    wrong: 'let sizes = [64, 128]\n\necho("sizes: ${sizes}")',
    right: 'let sizes = [64, 128]\n\necho("sizes: ${sizes[0]} and ${sizes[1]}")',
  },
  E412: {
    why: "A group or chain that is written without members would run nothing. A comprehension that happens to make none is fine: what follows gets `[]`.",
    fix: "give it members",
    wrong: "[] & echo(1)",
    right: "echo(0) & echo(1)",
  },
  E413: {
    why: "What an `if` is must not depend on its condition; otherwise what stands around it would be right in one case only.",
    fix: "let both be values, or neither",
    wrong: "param fast: bool = true\n\nif fast then echo(1) else 2",
    right: "param fast: bool = true\n\nif fast then echo(1) else echo(2)",
  },
  E414: {
    why: "`for … in`, `...` and the words `map starmap chunks` go through a list.",
    fix: "give a list; one item is `[x]`",
    wrong: "[echo(n) for n in 3]",
    right: "[echo(n) for n in 0..3]",
  },
  E415: {
    why: "Objects have members, imported flows give names, lists have items; nothing else has any.",
    fix: "only objects and imported flows have members",
    wrong: "let sizes = [64, 128]\n\necho(sizes.length)",
    right: "let sizes = {small: 64, large: 128}\n\necho(sizes.large)",
  },
  E416: {
    why: "Lists count their items, objects name them.",
    fix: "lists go by number, objects by string",
    wrong: 'let sizes = [64, 128]\n\necho(sizes["0"])',
    right: "let sizes = [64, 128]\n\necho(sizes[0])",
  },
  E417: {
    why: "The main expression is what runs. A value runs nothing; only `flow console` shows values.",
    fix: "end the file in a workflow",
    wrong: "let answer = 6 * 7\n\nanswer",
    right: "let answer = 6 * 7\n\necho(answer)",
  },
  E418: {
    why: "Behind `|` stands what takes the result. A value takes nothing; in front of a pipe it goes where a result would.",
    fix: "a value can only be first in a pipe",
    wrong: "echo(1) | 2",
    right: "1 | echo()",
  },
  E419: {
    why: "A task or def by its bare name is called where a workflow is wanted, and can be handed to a def. It is no value that a task could get.",
    fix: "call it: `add(…)`",
    wrong: "echo(add)",
    right: "add(1, 2) | echo()",
  },
  E420: {
    why: "A range counts up by one, from one whole number to another.",
    fix: "use whole numbers",
    wrong: "[echo(n) for n in 0..2.5]",
    right: "[echo(n) for n in 0..=2]",
  },
  E501: {
    why: "The file is not there, cannot be read, or throws when it is loaded. Paths are relative to the file that imports; a name without `./` is a package. Names that may come from it are not reported as unknown.",
    fix: "the reason is in the message",
    wrong: 'import "./taks.ts"\n\nadd(1, 2)',
    right: 'import "./tasks.ts"\n\nadd(1, 2)',
  },
  E502: {
    why: 'The types of params are `string int float bool duration json`, `list<T>`, `map<T>` and enums such as `"fast" | "exact"`; each may end in `?`.',
    fix: "take one of the [types](../language.md#params)",
    wrong: "param size: number = 3\n\necho(size)",
    right: "param size: int = 3\n\necho(size)",
  },
  E503: {
    why: "A param without a default, whose type does not end in `?`, must be given.",
    fix: "give it: `-p name=value`, or `with {…}` at the import",
    wrong: "param size: int\n\necho(size)",
    right: "param size: int = 64\n\necho(size)",
  },
  E504: {
    why: "A value that is given is read by the param's type: strings and enums as they stand, the rest as values of the language.",
    fix: "give a value of its type",
    wrong: "param sizes: list<int>\n\ntotal(sizes)",
    right: "param sizes: list<int>\n\ntotal(sizes)",
    params: { sizes: { text: "64" } },
    rightParams: { sizes: { text: "[64]" } },
  },
  E505: {
    why: "Only params of the file that runs, or of the one that is imported, can be given.",
    fix: "take a name that the file declares",
    wrong: "param size: int = 64\n\necho(size)",
    right: "param size: int = 64\n\necho(size)",
    params: { sise: { text: "3" } },
    rightParams: { size: { text: "3" } },
  },
  E506: {
    why: "An import of a module brings the tasks that it exports, and those of every App that it exports. This one has none.",
    fix: "let the module export an App or a task",
    wrong: 'import "./empty.ts"\n\nadd(1, 2)',
    right: 'import "./tasks.ts"\n\nadd(1, 2)',
  },
  E507: {
    why: "Each file would need the other first.",
    fix: "move what both need into a third file",
    wrong: 'import "./circle.flow" as circle\n\nlet question = circle.answer',
    right: 'import "./lib.flow" as lib with {factor: 7}\n\nlib.scaled(6)',
  },
  E508: {
    why: "Tasks go by their own names, which workers know; `as` and `with` are for flows.",
    fix: "leave `as` and `with` out",
    wrong: 'import "./tasks.ts" as tasks\n\nadd(1, 2)',
    right: 'import "./tasks.ts"\n\nadd(1, 2)',
  },
  E509: {
    why: "A file runs one workflow. Whether two of them run side by side or one after the other, its text must say.",
    fix: "join them with `|`, `&` or `[…]`, or name one with `let`",
    wrong: "add(1, 2)\nmul(3, 4)",
    right: "add(1, 2) & mul(3, 4)",
  },
  E510: {
    why: "A file of definitions alone is a library, for others to import.",
    fix: "add a workflow; a file of definitions alone is for imports",
    wrong: "def _twice(n) = mul(n, 2)",
    right: "def twice(n) = mul(n, 2)\n\ntwice(21)",
  },
  E511: {
    why: "`list` and `map` take the type of what they hold, and no other type takes one.",
    fix: "write it as the message shows",
    wrong: "param sizes: list = [64]\n\ntotal(sizes)",
    right: "param sizes: list<int> = [64]\n\ntotal(sizes)",
  },
  E512: {
    why: "A default is a value of the param's type, like any that is given.",
    fix: "let default and type agree",
    wrong: 'param size: int = "64"\n\necho(size)',
    right: "param size: int = 64\n\necho(size)",
  },
  E901: {
    why: `No input may make the compiler run out of memory: a source has at most 10 MiB. ${SMALL}`,
    fix: "split the file",
    wrong: "echo([10, 20, 30])",
    right: "echo([10])",
    limits: { sourceBytes: 16 },
  },
  E902: {
    why: `At most 100 brackets, \`\${\` and \`if\`s inside one another can be open. Long pipes, lists and sums have no depth. ${SMALL}`,
    fix: "name parts with `let` or `def`",
    wrong: "echo([[[1]]])",
    right: "let inner = [[1]]\n\necho([inner])",
    limits: { nesting: 3 },
  },
  E903: {
    why: `Defs are expanded at most 100 deep inside one another. ${SMALL}`,
    fix: "nest fewer defs",
    wrong: "def a() = echo(1)\ndef b() = a()\ndef c() = b()\n\nc()",
    right: "def a() = echo(1)\ndef b() = a()\n\nb()",
    limits: { expansions: 2 },
  },
  E904: {
    why: `A flow has at most 1,000,000 tasks and groups once it is expanded. ${SMALL}`,
    fix: "fan out at run time with `each`",
    wrong: "[echo(n) for n in 0..10]",
    right: "range(10) | each(echo())",
    limits: { nodes: 5 },
  },
  E905: {
    why: `A list or range has at most 10,000,000 items. ${SMALL}`,
    fix: "make it shorter, or in a task",
    wrong: "total(0..10)",
    right: "range(10) | total()",
    limits: { items: 5 },
  },
  E906: {
    why: `A string has at most 64 Mi characters. ${SMALL}`,
    fix: "make it shorter, or in a task",
    wrong: 'let line = "-----"\n\necho(line + line)',
    right: 'let line = "-----"\n\necho(line)',
    limits: { stringLength: 8 },
  },
  E907: {
    why: `The compiler evaluates at most 50,000,000 steps; the language is for saying what runs, not for computing. ${SMALL}`,
    fix: "compute it in a task",
    wrong: "total([x * y for x in 0..100 for y in 0..100])",
    right: "range(100) | total()",
    limits: { steps: 100 },
  },
  E908: {
    why: `Values and workflows are at most 200 levels deep once names are put in, so that nothing that reads them overflows. ${SMALL}`,
    fix: "make it flatter",
    wrong: "let inner = [[1]]\nlet outer = [[inner]]\n\necho([outer])",
    right: "let inner = [1]\n\necho(inner)",
    limits: { depth: 4 },
  },
  W101: {
    why: "Such a mark turns the direction of what follows, so that a text reads otherwise than it is. In code it is an error ([E113](E113.md)).",
    fix: "remove the mark",
    wrong: 'echo("left\u202eright")',
    right: 'echo("leftright")',
  },
  W201: {
    why: "What nothing uses is mostly a mistake: a misspelt name elsewhere, or something left behind. A library's names are for others and are not reported.",
    fix: "remove it, or begin its name with `_`",
    wrong: "let size = 64\n\necho(128)",
    right: "let size = 64\n\necho(size)",
  },
  W202: {
    why: "A name of the file is found before a built-in word and before a task. In backticks a task is always the task.",
    fix: "rename it, unless you mean to hide the other",
    wrong: "let add = 5\n\necho(add)",
    right: "let five = 5\n\necho(five)",
  },
  W301: {
    why: "`!` says that a call takes nothing from before, so a value in front of it is lost.",
    fix: "remove the value, or the `!`",
    wrong: "5 | echo!(1)",
    right: "echo(1)",
  },
  W302: {
    why: "As in Celery, a group that is directly a member of a group gives its members to the outer one, so the list of results is flat. A chain or chord in a group is one member.",
    fix: "spread it to say so: `[...[a, b], c]`",
    wrong: "[[echo(1), echo(2)], echo(3)]",
    right: "[...[echo(1), echo(2)], echo(3)]",
  },
  W303: {
    why: "`map`, `starmap` and `chunks` take their items from the text, when the flow is compiled. For the list that a step gives there is [`each`](../each.md).",
    fix: "use `each` for a result, or let the step take it",
    wrong: "range(3) | echo.map([1, 2])",
    right: "range(3) | each(echo())",
  },
};
