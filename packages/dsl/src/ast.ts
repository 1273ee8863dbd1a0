/**
 * The tree of a flow file. One rule: what may be long in a text (operators of one level, suffixes, `else if`, prefixes)
 * is a list in one node, so the tree is only as deep as its brackets and its definitions' expressions.
 */
import type { Duration } from "./duration.ts";
import type { Span } from "./source.ts";

/** A name with its place. */
export interface Identifier extends Span {
  readonly name: string;
}

/** A value written out. */
export interface Literal extends Span {
  readonly kind: "literal";
  readonly value: null | boolean | number | string | Duration;
  /** A whole number written without point or exponent. */
  readonly isInteger: boolean;
}

/** A bare name. */
export interface NameExpression extends Span {
  readonly kind: "name";
  readonly name: string;
}

/** A task's name in backticks. */
export interface QuotedExpression extends Span {
  readonly kind: "quoted";
  readonly name: string;
}

/** What is given beside the text: a hole of a template. */
export interface GivenExpression extends Span {
  readonly kind: "given";
  readonly index: number;
}

/** A string with interpolations. */
export interface Template extends Span {
  readonly kind: "template";
  readonly parts: readonly (string | Expression)[];
}

/** `[a, ...b]` */
export interface ListExpression extends Span {
  readonly kind: "list";
  readonly items: readonly Item[];
}

/** A member of a list, or `...` and a list whose items are members. */
export interface Item extends Span {
  readonly isSpread: boolean;
  readonly value: Expression;
}

/** `[f(x) for x in xs if x > 1]` */
export interface Comprehension extends Span {
  readonly kind: "comprehension";
  readonly item: Expression;
  readonly clauses: readonly Clause[];
}

/** `for x in xs if x > 1` */
export interface Clause extends Span {
  readonly name: Identifier;
  readonly list: Expression;
  readonly conditions: readonly Expression[];
}

/** `{queue: "io"}` */
export interface ObjectExpression extends Span {
  readonly kind: "object";
  readonly entries: readonly Entry[];
}

/** One key of an object with its value. */
export interface Entry extends Span {
  readonly key: Identifier;
  readonly value: Expression;
}

/** `if c then a else if d then b else e`: the branches in order, then what is left. */
export interface IfExpression extends Span {
  readonly kind: "if";
  readonly branches: readonly Branch[];
  readonly otherwise: Expression;
}

/** A condition and what holds when it is true. */
export interface Branch {
  readonly condition: Expression;
  readonly result: Expression;
}

/** `a | b | c` */
export interface PipeExpression extends Span {
  readonly kind: "pipe";
  readonly steps: readonly Expression[];
}

/** `a & b & c` */
export interface ParallelExpression extends Span {
  readonly kind: "parallel";
  readonly members: readonly Expression[];
}

/** An operator between two values. */
export type ValueOperator =
  | "or"
  | "and"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | ".."
  | "..="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

/** Operands of one level with the operators between them: one fewer than operands. Read from the left. */
export interface OperationExpression extends Span {
  readonly kind: "operation";
  readonly operands: readonly Expression[];
  readonly operators: readonly PlacedOperator[];
}

export interface PlacedOperator {
  readonly operator: ValueOperator;
  readonly span: Span;
  /** Written as another language's `||` or `&&`, which is reported; what it joins may be workflows. */
  readonly isForeign: boolean;
}

/** Prefixes, outermost first. */
export interface UnaryExpression extends Span {
  readonly kind: "unary";
  readonly operators: readonly ("not" | "-")[];
  readonly operand: Expression;
}

/** A step with its options and handlers, in the order in which they stand. */
export interface StepExpression extends Span {
  readonly kind: "step";
  readonly of: Expression;
  readonly attachments: readonly Attachment[];
}

/** `with {…}`, `on success s`, `on error e` */
export type Attachment = OptionsAttachment | HandlerAttachment;

export interface OptionsAttachment extends Span {
  readonly kind: "with";
  readonly options: Expression;
}

export interface HandlerAttachment extends Span {
  readonly kind: "on";
  readonly event: "success" | "error";
  readonly handler: Expression;
}

/** A head with calls, indexes and members behind it. */
export interface PostfixExpression extends Span {
  readonly kind: "postfix";
  readonly head: Expression;
  readonly suffixes: readonly Suffix[];
}

export type Suffix = CallSuffix | IndexSuffix | MemberSuffix;

export interface CallSuffix extends Span {
  readonly kind: "call";
  /** `!(`: takes nothing from before. */
  readonly isImmutable: boolean;
  readonly args: readonly Argument[];
}

export interface IndexSuffix extends Span {
  readonly kind: "index";
  readonly index: Expression;
}

export interface MemberSuffix extends Span {
  readonly kind: "member";
  readonly name: string;
}

/** A positional argument, one by name, or a list of positional ones. */
export interface Argument extends Span {
  readonly name: Identifier | undefined;
  readonly isSpread: boolean;
  readonly value: Expression;
}

/** An expression in parentheses. */
export interface ParenthesizedExpression extends Span {
  readonly kind: "parentheses";
  readonly inner: Expression;
}

/** What could not be parsed; the error is reported already. */
export interface BrokenExpression extends Span {
  readonly kind: "broken";
}

export type Expression =
  | Literal
  | NameExpression
  | QuotedExpression
  | GivenExpression
  | Template
  | ListExpression
  | Comprehension
  | ObjectExpression
  | IfExpression
  | PipeExpression
  | ParallelExpression
  | OperationExpression
  | UnaryExpression
  | StepExpression
  | PostfixExpression
  | ParenthesizedExpression
  | BrokenExpression;

/** A type as it is written. */
export type TypeExpression = NamedType | EnumType;

export interface NamedType extends Span {
  readonly kind: "named";
  readonly name: Identifier;
  readonly of: TypeExpression | undefined;
  readonly isNullable: boolean;
}

export interface EnumType extends Span {
  readonly kind: "enum";
  readonly values: readonly Identifier[];
  readonly isNullable: boolean;
}

interface StatementCommon extends Span {
  /** The lines of `##` directly above. */
  readonly doc: string | undefined;
}

export interface ImportStatement extends StatementCommon {
  readonly kind: "import";
  readonly specifier: Identifier;
  readonly alias: Identifier | undefined;
  readonly params: Expression | undefined;
}

export interface ParamStatement extends StatementCommon {
  readonly kind: "param";
  readonly name: Identifier;
  readonly type: TypeExpression;
  readonly defaultValue: Expression | undefined;
}

export interface LetStatement extends StatementCommon {
  readonly kind: "let";
  readonly name: Identifier;
  readonly value: Expression;
}

export interface DefStatement extends StatementCommon {
  readonly kind: "def";
  readonly name: Identifier;
  readonly parameters: readonly DefParameter[];
  readonly body: Expression;
}

export interface DefParameter extends Span {
  readonly name: Identifier;
  readonly defaultValue: Expression | undefined;
}

export interface MainStatement extends StatementCommon {
  readonly kind: "main";
  readonly value: Expression;
}

/** A statement that could not be parsed; its name, where it has one, is known, so that nothing else is wrong because of it. */
export interface BrokenStatement extends StatementCommon {
  readonly kind: "broken";
  readonly name: Identifier | undefined;
}

export type Statement =
  | ImportStatement
  | ParamStatement
  | LetStatement
  | DefStatement
  | MainStatement
  | BrokenStatement;

/** A whole file. */
export interface FlowFile {
  readonly kind: "file";
  /** The lines of `##` at its head. */
  readonly doc: string | undefined;
  readonly statements: readonly Statement[];
}
