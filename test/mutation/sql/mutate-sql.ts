/**
 * The table of changes of SQL: what one would write by mistake, one place at a time. Where a term is dropped it still stands
 * there, so that a mutant fails by what it does and not because a name or a value is missing.
 */
import { readTokens, type Token } from "./sql-tokens.ts";

export interface SqlChange {
  readonly name: string;
  /** Within the text that was given. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A token that becomes another one, wherever it stands. */
const SWAPS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  min: "max",
  max: "min",
  DESC: "ASC",
  LEFT: "",
  DISTINCT: "",
};

/** Words that end a term of a condition, where they stand as deep as it does. */
const AFTER_TERM =
  /^(?:AND|OR|ORDER|GROUP|LIMIT|UNION|WHERE|ON|JOIN|LEFT|THEN|WHEN|ELSE|END|FROM|AS|SET|DO|RETURNING|HAVING|,)$/;
const AFTER_ORDER = /^(?:LIMIT|UNION)$/;
/** What a condition alone has not, as deep as it stands. */
const NO_CONDITION = /^(?:SELECT|INSERT|UPDATE|DELETE|FROM|JOIN|WITH|CASE|AS|SET|WHERE|ORDER|LIMIT|,)$/;

export function mutateSql(sql: string): readonly SqlChange[] {
  const tokens = readTokens(sql);
  return [
    ...swapTokens(tokens),
    ...negateTests(tokens),
    ...dropTerms(sql, tokens),
    ...dropAssignments(sql, tokens),
    ...changeOrder(tokens),
    ...changeLimit(tokens),
  ];
}

function swapTokens(tokens: readonly Token[]): readonly SqlChange[] {
  return tokens.flatMap(({ text, start, end }) => {
    const replacement = Object.hasOwn(SWAPS, text) ? SWAPS[text] : undefined;
    return replacement === undefined ? [] : [{ name: `${text} → ${replacement}`, start, end, replacement }];
  });
}

function negateTests(tokens: readonly Token[]): readonly SqlChange[] {
  return tokens.flatMap(({ text, start, end }, index) => {
    const next = tokens[index + 1];
    if (text === "IS" && next?.text !== "NOT") {
      return [{ name: "IS → IS NOT", start, end, replacement: "IS NOT" }];
    }
    if (text === "NOT" && next !== undefined) {
      return [{ name: "NOT dropped", start, end: next.start, replacement: "" }];
    }
    return [];
  });
}

interface Term {
  readonly first: number;
  readonly last: number;
}

/** Terms of AND and OR, and what a WHERE has alone. */
function dropTerms(sql: string, tokens: readonly Token[]): readonly SqlChange[] {
  const isCondition = tokens.every(({ text, depth }) => depth > 0 || !NO_CONDITION.test(text));
  const starts = tokens.flatMap((token, index) => {
    if (isRangeAnd(tokens, index)) return [];
    if (/^(?:WHERE|AND|OR)$/.test(token.text)) return [index + 1];
    const opensCondition = /^(?:\(|WHEN|ON)$/.test(token.text) && isConnected(tokens, index + 1);
    return opensCondition ? [index + 1] : [];
  });
  if (isCondition && tokens.length > 2 && !/^(?:WHERE|AND|OR|\()$/.test(tokens[0]?.text ?? ""))
    starts.unshift(0);
  return starts.flatMap((first) => {
    const last = endOfTerm(tokens, first);
    if (last < first) return [];
    const [from, until] = [tokens[first]?.start ?? 0, tokens[last]?.end ?? 0];
    const term = sql.slice(from, until);
    const isAlternative = isOneOf(tokens, { first, last });
    const replacement = isAlternative ? `(${term} AND FALSE)` : `(${term} OR TRUE)`;
    return [{ name: `${isAlternative ? "OR" : "AND"} term dropped`, start: from, end: until, replacement }];
  });
}

/** The AND of `BETWEEN … AND …`. */
function isRangeAnd(tokens: readonly Token[], index: number): boolean {
  const depth = tokens[index]?.depth;
  if (tokens[index]?.text !== "AND") return false;
  for (let at = index - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token === undefined || token.depth < (depth ?? 0)) return false;
    if (token.depth === depth && token.text === "BETWEEN") return true;
    if (token.depth === depth && AFTER_TERM.test(token.text)) return false;
  }
  return false;
}

function endOfTerm(tokens: readonly Token[], first: number): number {
  const depth = tokens[first]?.depth ?? 0;
  let last = first - 1;
  for (let at = first; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || token.depth < depth) break;
    if (token.depth === depth && AFTER_TERM.test(token.text) && !isRangeAnd(tokens, at)) break;
    last = at;
  }
  return last;
}

/** Whether the condition that begins there has a further term. */
function isConnected(tokens: readonly Token[], first: number): boolean {
  return /^(?:AND|OR)$/.test(tokens[endOfTerm(tokens, first) + 1]?.text ?? "");
}

/** AND binds closer than OR: a term is one of several alternatives if no AND is next to it. */
function isOneOf(tokens: readonly Token[], { first, last }: Term): boolean {
  const neighbours = [tokens[first - 1]?.text, tokens[last + 1]?.text];
  return neighbours.includes("OR") && !neighbours.includes("AND");
}

/** `SET a = …, b = …`: the column keeps what it has. */
function dropAssignments(sql: string, tokens: readonly Token[]): readonly SqlChange[] {
  return tokens.flatMap((token, index) => {
    if (token.text !== "SET") return [];
    const changes: SqlChange[] = [];
    let first = index + 1;
    for (;;) {
      const last = endOfTerm(tokens, first);
      const column = tokens[first]?.text ?? "";
      const [from, until] = [tokens[first + 2]?.start ?? 0, tokens[last]?.end ?? 0];
      if (last < first + 2 || !/^\w+$/.test(column) || tokens[first + 1]?.text !== "=") return changes;
      const replacement = `iif(TRUE, ${column}, ${sql.slice(from, until)})`;
      changes.push({ name: `${column} not set`, start: from, end: until, replacement });
      if (tokens[last + 1]?.text !== ",") return changes;
      first = last + 2;
    }
  });
}

function changeOrder(tokens: readonly Token[]): readonly SqlChange[] {
  return tokens.flatMap((token, index) => {
    if (token.text !== "ORDER") return [];
    const rest = tokens.slice(index + 2);
    const stop = rest.findIndex(
      ({ text, depth }) => depth < token.depth || (depth === token.depth && AFTER_ORDER.test(text)),
    );
    const keys = stop === -1 ? rest : rest.slice(0, stop);
    const last = keys.at(-1);
    if (last === undefined) return [];
    const drop = { name: "ORDER BY dropped", start: token.start, end: last.end, replacement: "" };
    const turns = keys.flatMap((key, at) => {
      const next = keys[at + 1];
      const isEndOfKey = next === undefined || (next.text === "," && next.depth === token.depth);
      return isEndOfKey && !/^(?:ASC|DESC)$/.test(key.text)
        ? [{ name: "ASC → DESC", start: key.end, end: key.end, replacement: " DESC" }]
        : [];
    });
    return [drop, ...turns];
  });
}

function isValue({ text }: Token): boolean {
  return text === "?" || text.startsWith("${");
}

/** Only a limit that is a value: `LIMIT 1` is written where one row is read. */
function changeLimit(tokens: readonly Token[]): readonly SqlChange[] {
  return tokens.flatMap(({ text }, index) => {
    const value = tokens[index + 1];
    if (text !== "LIMIT" || value === undefined || !isValue(value)) return [];
    const { start, end } = value;
    return [
      { name: "LIMIT one more", start, end, replacement: `${value.text} + 1` },
      { name: "LIMIT dropped", start, end, replacement: `${value.text} * 0 - 1` },
    ];
  });
}
