/** A stretch of SQL as it stands in a source, cut into tokens; `${…}` is one token, whatever is inside. */

export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many parentheses and CASEs it stands in; an opening and its closing one stand outside. */
  readonly depth: number;
}

const TOKEN = /'[^']*'|[\w.]+|<=|>=|<>|\|\||[^\s\w]/y;

export function readTokens(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  let at = 0;
  while (at < sql.length) {
    if (/\s/.test(sql[at] ?? "")) {
      at += 1;
      continue;
    }
    const start = at;
    at = sql.startsWith("${", at) ? endOfHole(sql, at) : endOfToken(sql, at);
    const text = sql.slice(start, at);
    if (text === ")" || text === "END") depth -= 1;
    tokens.push({ text, start, end: at, depth });
    if (text === "(" || text === "CASE") depth += 1;
  }
  return tokens;
}

function endOfToken(sql: string, at: number): number {
  TOKEN.lastIndex = at;
  return TOKEN.test(sql) ? TOKEN.lastIndex : at + 1;
}

function endOfHole(sql: string, from: number): number {
  let braces = 0;
  for (let at = from + 1; at < sql.length; at += 1) {
    if (sql[at] === "{") braces += 1;
    if (sql[at] === "}") braces -= 1;
    if (braces === 0) return at + 1;
  }
  return sql.length;
}
