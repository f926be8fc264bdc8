/** Separates code from comments and strings in a TypeScript source; the laws decide which names and imports matter. */

export interface MaskedSource {
  /** The source, as long as before and with the same lines; comments and the insides of texts are spaces. */
  readonly code: string;
  /** Texts without `${…}`, by the offset of their opening quote. */
  readonly texts: ReadonlyMap<number, string>;
  /** Every stretch of text, those between the `${…}` of a template included. */
  readonly stretches: readonly { readonly offset: number; readonly text: string }[];
}

const WORD = /[\p{ID_Continue}$]/u;
/** After these a slash opens a regular expression, although they look like names. */
const BEFORE_EXPRESSION =
  /(?:^|[^\p{ID_Continue}$.])(?:return|typeof|case|in|of|delete|void|throw|new|instanceof|do|else|yield|await)$/u;

/**
 * Raises an error where a text does not end on its line or at all: a source that was misread must not pass as checked.
 * A regular expression is distinguished from a division by the token before it, which is enough for formatted sources.
 */
export function maskSource(source: string): MaskedSource {
  const texts = new Map<number, string>();
  const stretches: { offset: number; text: string }[] = [];
  const openBraces: number[] = [];
  let depth = 0;
  let code = "";

  const blankUntil = (end: number): void => {
    code += source.slice(code.length, end).replaceAll(/[^\n]/g, " ");
  };
  const fail = (what: string, offset: number): never => {
    throw new Error(`line ${lineAt(source, offset)}: ${what} without an end`);
  };
  const readQuoted = (quote: string): void => {
    const start = code.length;
    let at = start + 1;
    while (source[at] !== quote) {
      if (at >= source.length || source[at] === "\n") fail("a text", start);
      at += source[at] === "\\" ? 2 : 1;
    }
    const text = source.slice(start + 1, at);
    texts.set(start, text);
    stretches.push({ offset: start, text });
    code += quote;
    blankUntil(at);
    code += quote;
  };
  /** From a backtick, or from the brace that closes an expression inside a template. */
  const readTemplate = (): void => {
    const start = code.length;
    let at = start + 1;
    while (source[at] !== "`" && !source.startsWith("${", at)) {
      if (at >= source.length) fail("a template", start);
      at += source[at] === "\\" ? 2 : 1;
    }
    const text = source.slice(start + 1, at);
    stretches.push({ offset: start, text });
    if (source[start] === "`" && source[at] === "`") texts.set(start, text);
    code += source[start];
    blankUntil(at);
    if (source[at] === "`") {
      code += "`";
      return;
    }
    code += "${";
    openBraces.push(depth);
  };
  const readRegularExpression = (): void => {
    const start = code.length;
    let at = start + 1;
    let isInClass = false;
    while (isInClass || source[at] !== "/") {
      if (at >= source.length || source[at] === "\n") fail("a regular expression", start);
      if (source[at] === "[") isInClass = true;
      if (source[at] === "]") isInClass = false;
      at += source[at] === "\\" ? 2 : 1;
    }
    code += "/";
    blankUntil(at);
    code += "/";
  };

  if (source.startsWith("#!")) blankUntil(endOfLine(source, 0));
  while (code.length < source.length) {
    const at = code.length;
    const sign = source[at] ?? "";
    if (source.startsWith("//", at)) blankUntil(endOfLine(source, at));
    else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      blankUntil(end === -1 ? fail("a comment", at) : end + 2);
    } else if (sign === '"' || sign === "'") readQuoted(sign);
    else if (sign === "`") readTemplate();
    else if (sign === "/" && opensExpression(code)) readRegularExpression();
    else if (sign === "}" && depth === openBraces.at(-1)) {
      openBraces.pop();
      readTemplate();
    } else {
      if (sign === "{") depth += 1;
      if (sign === "}") depth -= 1;
      code += sign;
    }
  }
  return { code, texts, stretches };
}

export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

function endOfLine(source: string, offset: number): number {
  const end = source.indexOf("\n", offset);
  return end === -1 ? source.length : end;
}

function opensExpression(codeBefore: string): boolean {
  const before = codeBefore.trimEnd();
  const last = before.at(-1) ?? "";
  if (WORD.test(last)) return BEFORE_EXPRESSION.test(before);
  return !")]}\"'`".includes(last) || last === "";
}
