/** A column's declared type, in DuckDB's words, as a tree: `struct(id bigint, name varchar)[]`. What engines call it is theirs. */

export type ColumnType =
  /** `name` in lower case; `sizes` of a decimal or a text. */
  | { readonly kind: "plain"; readonly name: string; readonly sizes: readonly number[] }
  | { readonly kind: "list"; readonly of: ColumnType }
  | { readonly kind: "map"; readonly key: ColumnType; readonly value: ColumnType }
  | { readonly kind: "struct"; readonly fields: readonly StructField[] };

export interface StructField {
  readonly name: string;
  readonly type: ColumnType;
}

/** A quoted name, a word, a number, or one sign. */
const TOKEN = /\s*(?:"((?:[^"]|"")*)"|([a-z_][a-z0-9_]*)|(\d+)|([(),[\]]))/giy;

interface Token {
  readonly kind: "quoted" | "word" | "number" | "sign";
  readonly text: string;
}

/** `undefined` for a text that is no type. */
export function parseColumnType(text: string): ColumnType | undefined {
  const tokens = cutTokens(text);
  if (tokens === undefined) return undefined;
  const reader = new Reader(tokens);
  const type = readType(reader);
  return reader.isAtEnd ? type : undefined;
}

function cutTokens(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const trimmed = text.trim();
  let end = 0;
  for (const match of trimmed.matchAll(TOKEN)) {
    const [all, quoted, word, number, sign] = match;
    end = match.index + all.length;
    if (quoted !== undefined) tokens.push({ kind: "quoted", text: quoted.replaceAll('""', '"') });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else tokens.push({ kind: "sign", text: sign ?? "" });
  }
  return end === trimmed.length ? tokens : undefined;
}

class Reader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  take(...kinds: readonly Token["kind"][]): string | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined || !kinds.includes(token.kind)) return undefined;
    this.#next += 1;
    return token.text;
  }

  takeSign(sign: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.#next += 1;
    return true;
  }
}

function readType(reader: Reader): ColumnType | undefined {
  let type = readSingle(reader);
  while (type !== undefined && reader.takeSign("[")) {
    // A list of a fixed length is a list.
    reader.take("number");
    if (!reader.takeSign("]")) return undefined;
    type = { kind: "list", of: type };
  }
  return type;
}

function readSingle(reader: Reader): ColumnType | undefined {
  const words: string[] = [];
  for (let word = reader.take("word"); word !== undefined; word = reader.take("word"))
    words.push(word.toLowerCase());
  const name = words.join(" ");
  if (name === "") return undefined;
  if (!reader.takeSign("(")) return { kind: "plain", name, sizes: [] };
  if (name === "struct" || name === "row") return readStruct(reader);
  if (name === "map") return readMap(reader);
  const sizes: number[] = [];
  do {
    const size = reader.take("number");
    if (size === undefined) return undefined;
    sizes.push(Number(size));
  } while (reader.takeSign(","));
  return reader.takeSign(")") ? { kind: "plain", name, sizes } : undefined;
}

function readStruct(reader: Reader): ColumnType | undefined {
  const fields: StructField[] = [];
  do {
    const name = reader.take("quoted", "word");
    const type = name === undefined ? undefined : readType(reader);
    if (name === undefined || type === undefined) return undefined;
    fields.push({ name, type });
  } while (reader.takeSign(","));
  return reader.takeSign(")") ? { kind: "struct", fields } : undefined;
}

function readMap(reader: Reader): ColumnType | undefined {
  const key = readType(reader);
  if (key === undefined || !reader.takeSign(",")) return undefined;
  const value = readType(reader);
  return value !== undefined && reader.takeSign(")") ? { kind: "map", key, value } : undefined;
}
