/**
 * The grammar of statements, on top of that of expressions. One rule: it takes the tokens of one statement; where
 * statements begin is decided before (outline.ts).
 */
import type { IToken } from "chevrotain";
import type {
  DefParameter,
  DefStatement,
  EnumType,
  ImportStatement,
  LetStatement,
  MainStatement,
  NamedType,
  ParamStatement,
  Statement,
  TypeExpression,
} from "../ast.ts";
import { ExpressionGrammar } from "./expression-grammar.ts";
import { identifierOf } from "./nodes.ts";
import * as t from "./tokens.ts";

type Doc = string | undefined;

/** One instance serves all parsing: it is reset with each statement. */
export class FlowGrammar extends ExpressionGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** Sets the tokens of the next statement. */
  begin(tokens: IToken[]): void {
    this.problems.length = 0;
    this.openIfs.length = 0;
    this.input = tokens;
  }

  readonly statement = this.RULE(
    "statement",
    (doc?: Doc): Statement =>
      this.OR<Statement>([
        { ALT: () => this.SUBRULE(this.importStatement, { ARGS: [doc] }) },
        { ALT: () => this.SUBRULE(this.paramStatement, { ARGS: [doc] }) },
        { ALT: () => this.SUBRULE(this.letStatement, { ARGS: [doc] }) },
        { ALT: () => this.SUBRULE(this.defStatement, { ARGS: [doc] }) },
        { ALT: () => this.SUBRULE(this.mainStatement, { ARGS: [doc] }) },
      ]),
  );

  readonly importStatement = this.RULE("importStatement", (doc?: Doc): ImportStatement => {
    const { startOffset: start } = this.CONSUME(t.Import);
    const specifier = identifierOf(this.CONSUME(t.StringToken));
    const alias = this.OPTION(() => {
      this.CONSUME(t.As);
      return identifierOf(this.CONSUME(t.Name));
    });
    const params = this.OPTION2(() => {
      this.CONSUME(t.With);
      return this.SUBRULE(this.objectExpression);
    });
    return { kind: "import", specifier, alias, params, doc, start, end: this.endOfLast() };
  });

  readonly paramStatement = this.RULE("paramStatement", (doc?: Doc): ParamStatement => {
    const { startOffset: start } = this.CONSUME(t.Param);
    const name = identifierOf(this.CONSUME(t.Name));
    this.CONSUME(t.Colon);
    const type = this.SUBRULE(this.type);
    const defaultValue = this.OPTION(() => {
      this.CONSUME(t.Assign);
      return this.SUBRULE(this.expression);
    });
    return { kind: "param", name, type, defaultValue, doc, start, end: this.endOfLast() };
  });

  readonly letStatement = this.RULE("letStatement", (doc?: Doc): LetStatement => {
    const { startOffset: start } = this.CONSUME(t.Let);
    const name = identifierOf(this.CONSUME(t.Name));
    this.CONSUME(t.Assign);
    const value = this.SUBRULE(this.expression);
    return { kind: "let", name, value, doc, start, end: this.endOfLast() };
  });

  readonly defStatement = this.RULE("defStatement", (doc?: Doc): DefStatement => {
    const { startOffset: start } = this.CONSUME(t.Def);
    const name = identifierOf(this.CONSUME(t.Name));
    this.CONSUME(t.LeftParen);
    const parameters: DefParameter[] = [];
    this.OPTION(() => {
      parameters.push(this.SUBRULE(this.parameter));
      this.MANY({
        GATE: () => this.isMore(t.RightParen),
        MAX_LOOKAHEAD: 1,
        DEF: () => {
          this.CONSUME(t.Comma);
          parameters.push(this.SUBRULE2(this.parameter));
        },
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Assign);
    const body = this.SUBRULE(this.expression);
    return { kind: "def", name, parameters, body, doc, start, end: this.endOfLast() };
  });

  readonly parameter = this.RULE("parameter", (): DefParameter => {
    const name = identifierOf(this.CONSUME(t.Name));
    const defaultValue = this.OPTION(() => {
      this.CONSUME(t.Assign);
      return this.SUBRULE(this.expression);
    });
    return { name, defaultValue, start: name.start, end: this.endOfLast() };
  });

  readonly mainStatement = this.RULE("mainStatement", (doc?: Doc): MainStatement => {
    const value = this.SUBRULE(this.expression);
    return { kind: "main", value, doc, start: value.start, end: value.end };
  });

  readonly type = this.RULE(
    "type",
    (): TypeExpression =>
      this.OR<TypeExpression>([
        { ALT: () => this.SUBRULE(this.namedType) },
        { ALT: () => this.SUBRULE(this.enumType) },
      ]),
  );

  readonly namedType = this.RULE("namedType", (): NamedType => {
    const name = identifierOf(this.CONSUME(t.Name));
    const of = this.OPTION(() => {
      this.CONSUME(t.Less);
      const inner = this.SUBRULE(this.type);
      this.CONSUME(t.Greater);
      return inner;
    });
    const isNullable = this.OPTION2(() => this.CONSUME(t.Question)) !== undefined;
    return { kind: "named", name, of, isNullable, start: name.start, end: this.endOfLast() };
  });

  readonly enumType = this.RULE("enumType", (): EnumType => {
    const values = [identifierOf(this.CONSUME(t.StringToken))];
    this.MANY(() => {
      this.CONSUME(t.Pipe);
      values.push(identifierOf(this.CONSUME2(t.StringToken)));
    });
    const isNullable = this.OPTION(() => this.CONSUME(t.Question)) !== undefined;
    return { kind: "enum", values, isNullable, start: values[0]?.start ?? 0, end: this.endOfLast() };
  });
}
