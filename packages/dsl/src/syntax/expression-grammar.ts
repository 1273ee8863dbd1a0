/**
 * The grammar of expressions, as Chevrotain rules whose actions build the tree. One rule: what operators mean to each
 * other is decided behind it (precedence.ts), so a row of them is one flat rule.
 */
import type { IToken, TokenType } from "chevrotain";
import type {
  Argument,
  Attachment,
  Clause,
  Entry,
  Expression,
  HandlerAttachment,
  IfExpression,
  Item,
  Suffix,
  Template,
} from "../ast.ts";
import type { Span } from "../source.ts";
import { EmbeddedActionsParser } from "./chevrotain.ts";
import {
  binaryOf,
  durationOf,
  givenOf,
  identifierOf,
  literalOf,
  misplacedArgument,
  nameOf,
  numberOf,
  repeatedKeys,
  type SyntaxProblem,
  spanOfToken,
  stringOf,
  wordOf,
} from "./nodes.ts";
import { buildTree, type RowPart } from "./precedence.ts";
import { structuredMessages } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

/** What stands before an argument's value. */
interface ArgumentPrefix {
  readonly isSpread: boolean;
  readonly token: IToken;
}

/** The rules of expressions; those of statements are added to them. */
export class ExpressionGrammar extends EmbeddedActionsParser {
  /** Where the `if` begins that is being read; the last is the innermost. */
  readonly openIfs: Span[] = [];
  /** What was wrong in the last statement, besides the errors of the grammar. */
  readonly problems: SyntaxProblem[] = [];

  // Forms that are chosen from most often are made once, not with each choice.
  readonly #expressionForms: { ALT: () => Expression }[] = [
    { ALT: () => this.SUBRULE(this.ifExpression) },
    { ALT: () => this.SUBRULE(this.operators) },
  ];
  readonly #primaryForms: { ALT: () => Expression }[] = [
    { ALT: () => nameOf(this.CONSUME(t.Name)) },
    { ALT: () => ({ kind: "quoted", ...identifierOf(this.CONSUME(t.QuotedName)) }) },
    { ALT: () => givenOf(this.CONSUME(t.Given)) },
    { ALT: () => numberOf(this.CONSUME(t.NumberToken)) },
    { ALT: () => durationOf(this.CONSUME(t.DurationToken)) },
    { ALT: () => stringOf(this.CONSUME(t.StringToken)) },
    { ALT: () => this.SUBRULE(this.template) },
    { ALT: () => literalOf(this.CONSUME(t.True), true) },
    { ALT: () => literalOf(this.CONSUME(t.False), false) },
    { ALT: () => literalOf(this.CONSUME(t.Null), null) },
    { ALT: () => this.SUBRULE(this.list) },
    { ALT: () => this.SUBRULE(this.objectExpression) },
    { ALT: () => this.SUBRULE(this.parentheses) },
  ];
  readonly #suffixForms: { ALT: () => Suffix }[] = [
    { ALT: () => this.SUBRULE(this.call) },
    { ALT: () => this.SUBRULE(this.index) },
    { ALT: () => this.SUBRULE(this.member) },
  ];
  readonly #prefixForms: { ALT: () => IToken }[] = [
    { ALT: () => this.CONSUME(t.Not) },
    { ALT: () => this.CONSUME(t.Minus) },
    { ALT: () => this.CONSUME(t.Bang) },
  ];
  readonly #argumentPrefixForms: { ALT: () => ArgumentPrefix }[] = [
    { ALT: () => ({ isSpread: false, token: this.SUBRULE(this.argumentName) }) },
    { ALT: () => ({ isSpread: true, token: this.CONSUME(t.Ellipsis) }) },
  ];
  readonly #argumentPrefix = {
    GATE: (): boolean => NAME_ENDS.has(this.LA(2).tokenType) || this.LA(1).tokenType === t.Ellipsis,
    MAX_LOOKAHEAD: 1,
    DEF: (): ArgumentPrefix => this.OR(this.#argumentPrefixForms),
  };

  constructor() {
    super([...t.vocabulary], {
      maxLookahead: 2,
      recoveryEnabled: false,
      errorMessageProvider: structuredMessages,
      skipValidations: true,
    });
  }

  readonly expression = this.RULE("expression", (): Expression => this.OR(this.#expressionForms));

  readonly ifExpression = this.RULE("ifExpression", (): IfExpression => {
    const { startOffset: start, endOffset } = this.CONSUME(t.If);
    this.ACTION(() => this.openIfs.push({ start, end: (endOffset ?? start) + 1 }));
    const condition = this.SUBRULE(this.expression);
    this.CONSUME(t.Then);
    const branches = [{ condition, result: this.SUBRULE2(this.expression) }];
    // `else if` goes on with the same node, so a row of them has no depth.
    this.MANY(() => {
      this.CONSUME(t.Else);
      this.CONSUME2(t.If);
      const nextCondition = this.SUBRULE3(this.expression);
      this.CONSUME2(t.Then);
      branches.push({ condition: nextCondition, result: this.SUBRULE4(this.expression) });
    });
    this.CONSUME3(t.Else);
    const otherwise = this.SUBRULE5(this.expression);
    this.ACTION(() => this.openIfs.pop());
    return { kind: "if", branches, otherwise, start, end: otherwise.end };
  });

  /** Operands and operators in a row. */
  readonly operators = this.RULE("operators", (): Expression => {
    let row: RowPart[] | undefined;
    this.MANY(() => {
      row ??= [];
      row.push(this.#prefix(this.OR(this.#prefixForms)));
    });
    const first = this.SUBRULE(this.step);
    if (row !== undefined) row.push({ kind: "operand", expression: first });
    this.MANY2(() => {
      const rest = row ?? [{ kind: "operand", expression: first }];
      row = rest;
      rest.push(binaryOf(this.CONSUME(t.BinaryOperator)));
      this.MANY3(() => rest.push(this.#prefix(this.OR2(this.#prefixForms))));
      rest.push({ kind: "operand", expression: this.SUBRULE2(this.step) });
    });
    return row === undefined ? first : this.ACTION(() => this.#treeOf(row ?? []));
  });

  /** The same where only a value may stand: without `|` and `&`. */
  readonly valueOperators = this.RULE("valueOperators", (): Expression => {
    const row: RowPart[] = [];
    this.MANY(() => row.push(this.#prefix(this.OR(this.#prefixForms))));
    row.push({ kind: "operand", expression: this.SUBRULE(this.step) });
    this.MANY2(() => {
      row.push(binaryOf(this.CONSUME(t.ValueOperator)));
      this.MANY3(() => row.push(this.#prefix(this.OR2(this.#prefixForms))));
      row.push({ kind: "operand", expression: this.SUBRULE2(this.step) });
    });
    return this.ACTION(() => this.#treeOf(row));
  });

  readonly step = this.RULE("step", (): Expression => {
    const of = this.#postfixForm();
    let attachments: Attachment[] | undefined;
    this.MANY2(() => {
      attachments ??= [];
      attachments.push(this.SUBRULE(this.options));
    });
    this.MANY3(() => {
      attachments ??= [];
      attachments.push(this.SUBRULE(this.handler));
    });
    if (attachments === undefined) return of;
    return { kind: "step", of, attachments, start: of.start, end: this.endOfLast() };
  });

  readonly options = this.RULE("options", (): Attachment => {
    const { startOffset: start } = this.CONSUME(t.With);
    const options = this.SUBRULE(this.postfix);
    return { kind: "with", options, start, end: options.end };
  });

  readonly handler = this.RULE("handler", (): HandlerAttachment => {
    const { startOffset: start } = this.CONSUME(t.On);
    const event = this.CONSUME(t.Name);
    const of = this.SUBRULE(this.postfix);
    const attachments: Attachment[] = [];
    this.MANY(() => attachments.push(this.SUBRULE(this.options)));
    const end = this.endOfLast();
    const handler: Expression = attachments.length === 0 ? of : { kind: "step", of, attachments, start: of.start, end };
    this.ACTION(() => {
      if (event.image === "success" || event.image === "error") return;
      this.problems.push({ kind: "event", span: spanOfToken(event), found: event.image });
    });
    return { kind: "on", event: event.image === "success" ? "success" : "error", handler, start, end };
  });

  readonly postfix = this.RULE("postfix", (): Expression => this.#postfixForm());

  /** A part of two rules, since a rule of its own would cost each operand one more call. */
  #postfixForm(): Expression {
    const head = this.OR(this.#primaryForms);
    let suffixes: Suffix[] | undefined;
    this.MANY(() => {
      suffixes ??= [];
      suffixes.push(this.OR2(this.#suffixForms));
    });
    if (suffixes === undefined) return head;
    return { kind: "postfix", head, suffixes, start: head.start, end: this.endOfLast() };
  }

  readonly index = this.RULE("index", (): Suffix => {
    const { startOffset: start } = this.CONSUME(t.LeftBracket);
    const index = this.SUBRULE(this.expression);
    this.CONSUME(t.RightBracket);
    return { kind: "index", index, start, end: this.endOfLast() };
  });

  readonly member = this.RULE("member", (): Suffix => {
    const { startOffset: start } = this.CONSUME(t.Dot);
    const { image: name } = this.CONSUME(t.Word);
    return { kind: "member", name, start, end: this.endOfLast() };
  });

  readonly call = this.RULE("call", (): Suffix => {
    const isImmutable = this.OPTION(() => this.CONSUME(t.ImmutableMark)) !== undefined;
    const { startOffset: start } = this.CONSUME(t.LeftParen);
    const args: Argument[] = [];
    this.OPTION2(() => {
      args.push(this.SUBRULE(this.argument));
      this.MANY({
        GATE: () => this.isMore(t.RightParen),
        MAX_LOOKAHEAD: 1,
        DEF: () => {
          this.CONSUME(t.Comma);
          args.push(this.SUBRULE2(this.argument));
        },
      });
      this.OPTION3(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightParen);
    this.ACTION(() => {
      const misplaced = misplacedArgument(args);
      if (misplaced !== undefined) this.problems.push({ kind: "positionalAfterNamed", span: misplaced });
    });
    return { kind: "call", isImmutable, args, start, end: this.endOfLast() };
  });

  readonly argument = this.RULE("argument", (): Argument => {
    const prefix = this.OPTION(this.#argumentPrefix);
    const value = this.SUBRULE(this.expression);
    return this.ACTION(() => ({
      name: prefix === undefined || prefix.isSpread ? undefined : wordOf(prefix.token),
      isSpread: prefix?.isSpread ?? false,
      value,
      start: prefix?.token.startOffset ?? value.start,
      end: value.end,
    }));
  });

  readonly argumentName = this.RULE("argumentName", (): IToken => {
    const word = this.CONSUME(t.Word);
    this.OR([
      { ALT: () => this.CONSUME(t.Colon) },
      {
        ALT: () => {
          const assign = this.CONSUME(t.Assign);
          this.ACTION(() => {
            const span = { start: word.startOffset, end: spanOfToken(assign).end };
            this.problems.push({ kind: "habit", span, found: `${word.image}=`, write: `${word.image}:` });
          });
        },
      },
    ]);
    return word;
  });

  readonly parentheses = this.RULE("parentheses", (): Expression => {
    const { startOffset: start } = this.OR([
      { ALT: () => this.CONSUME(t.LeftParen) },
      { ALT: () => this.CONSUME(t.LineLeftParen) },
    ]);
    const inner = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    return { kind: "parentheses", inner, start, end: this.endOfLast() };
  });

  readonly template = this.RULE("template", (): Template => {
    const { startOffset: start } = this.CONSUME(t.TemplateOpen);
    const parts: (string | Expression)[] = [];
    const addText = (token: IToken): void => {
      if (typeof token.payload === "string" && token.payload !== "") parts.push(token.payload);
    };
    addText(this.CONSUME(t.TemplateText));
    this.MANY(() => {
      this.CONSUME(t.InterpolationOpen);
      parts.push(this.SUBRULE(this.expression));
      this.CONSUME(t.InterpolationClose);
      addText(this.CONSUME2(t.TemplateText));
    });
    this.CONSUME(t.TemplateClose);
    return { kind: "template", parts, start, end: this.endOfLast() };
  });

  readonly list = this.RULE("list", (): Expression => {
    const { startOffset: start } = this.OR2([
      { ALT: () => this.CONSUME(t.LeftBracket) },
      { ALT: () => this.CONSUME(t.LineLeftBracket) },
    ]);
    const items: Item[] = [];
    const clauses: Clause[] = [];
    this.OPTION(() => {
      items.push(this.SUBRULE(this.item));
      this.OR([
        { ALT: () => this.AT_LEAST_ONE(() => clauses.push(this.SUBRULE(this.clause))) },
        {
          ALT: () => {
            this.MANY({
              GATE: () => this.isMore(t.RightBracket),
              MAX_LOOKAHEAD: 1,
              DEF: () => {
                this.CONSUME(t.Comma);
                items.push(this.SUBRULE2(this.item));
              },
            });
            this.OPTION2(() => this.CONSUME2(t.Comma));
          },
        },
      ]);
    });
    this.CONSUME(t.RightBracket);
    const end = this.endOfLast();
    const [item] = items;
    if (item === undefined || clauses.length === 0) return { kind: "list", items, start, end };
    this.ACTION(() => {
      if (item.isSpread) this.problems.push({ kind: "spreadBeforeClause", span: item });
    });
    return { kind: "comprehension", item: item.value, clauses, start, end };
  });

  readonly item = this.RULE("item", (): Item => {
    const spread = this.OPTION(() => this.CONSUME(t.Ellipsis));
    const value = this.SUBRULE(this.expression);
    return { isSpread: spread !== undefined, value, start: spread?.startOffset ?? value.start, end: value.end };
  });

  readonly clause = this.RULE("clause", (): Clause => {
    const { startOffset: start } = this.CONSUME(t.For);
    const name = identifierOf(this.CONSUME(t.Name));
    this.CONSUME(t.In);
    const list = this.SUBRULE(this.valueOperators);
    const conditions: Expression[] = [];
    this.MANY(() => {
      this.CONSUME(t.If);
      conditions.push(this.SUBRULE2(this.valueOperators));
    });
    return { name, list, conditions, start, end: this.endOfLast() };
  });

  readonly objectExpression = this.RULE("objectExpression", (): Expression => {
    const { startOffset: start } = this.CONSUME(t.LeftBrace);
    const entries: Entry[] = [];
    this.OPTION(() => {
      entries.push(this.SUBRULE(this.entry));
      this.MANY({
        GATE: () => this.isMore(t.RightBrace),
        MAX_LOOKAHEAD: 1,
        DEF: () => {
          this.CONSUME(t.Comma);
          entries.push(this.SUBRULE2(this.entry));
        },
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightBrace);
    this.ACTION(() => {
      for (const key of repeatedKeys(entries)) this.problems.push({ kind: "keyTwice", span: key, key: key.name });
    });
    return { kind: "object", entries, start, end: this.endOfLast() };
  });

  readonly entry = this.RULE("entry", (): Entry => {
    const key = this.OR([
      { ALT: () => wordOf(this.CONSUME(t.Word)) },
      { ALT: () => identifierOf(this.CONSUME(t.StringToken)) },
    ]);
    this.CONSUME(t.Colon);
    const value = this.SUBRULE(this.expression);
    return { key, value, start: key.start, end: value.end };
  });

  /** The offset behind the token that was read last. */
  protected endOfLast(): number {
    return (this.LA(0).endOffset ?? 0) + 1;
  }

  /** Whether a further element follows the comma, and not the end. */
  protected isMore(close: TokenType): boolean {
    return this.LA(2).tokenType !== close;
  }

  #prefix(token: IToken): RowPart {
    const span = spanOfToken(token);
    this.ACTION(() => {
      if (token.tokenType === t.Bang) this.problems.push({ kind: "habit", span, found: "!", write: "not" });
    });
    return { kind: "prefix", operator: token.tokenType === t.Minus ? "-" : "not", span };
  }

  #treeOf(row: readonly RowPart[]): Expression {
    const [only] = row;
    if (row.length === 1 && only?.kind === "operand") return only.expression;
    const tree = buildTree(row, (operator, span) => this.problems.push({ kind: "chaining", operator, span }));
    return tree ?? { kind: "broken", start: 0, end: 0 };
  }
}

const NAME_ENDS: ReadonlySet<TokenType> = new Set([t.Colon, t.Assign]);
