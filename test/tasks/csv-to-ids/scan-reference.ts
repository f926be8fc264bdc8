/** The obvious way to scan: slow, and sharing no code with the scanner. The scanner must give the same results. */

export interface ReferenceCondition {
  readonly any_of?: readonly string[] | undefined;
  readonly equals?: string | number | undefined;
  readonly at_least?: string | number | undefined;
  readonly at_most?: string | number | undefined;
  readonly is_null?: boolean | undefined;
}

export interface ReferenceResult {
  readonly ids: string[];
  readonly rows: number;
  readonly emptyLines: number;
  readonly bytes: number;
  readonly matchedRows: number;
  readonly faulty: { too_long: number; wrong_columns: number; bad_id: number };
  readonly notUtf8: { cells: Record<string, number>; rows: number; firstLine: number | null };
  readonly seen: Readonly<Record<string, never>>;
  readonly faultyLines: readonly { readonly kind: string; readonly line: number }[];
}

/** The file's lines as bytes; a file that ends in LF has no line after it. */
function splitLines(file: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let at = 0; at <= file.length; at++) {
    if (at < file.length && file[at] !== 0x0a) continue;
    if (at === file.length && start === at) break;
    const line = file.subarray(start, at);
    lines.push(line.at(-1) === 0x0d ? line.subarray(0, -1) : line);
    start = at + 1;
  }
  return lines;
}

export function scanByReference(
  file: Buffer,
  delimiter: string,
  idColumn: string,
  conditions: Readonly<Record<string, ReferenceCondition>>,
  maxLineBytes: number,
): ReferenceResult {
  const [header, ...lines] = splitLines(file);
  const names = (header ?? Buffer.alloc(0))
    .toString()
    .replace(/^\uFEFF/, "")
    .split(delimiter);
  const faultyLines: { kind: string; line: number }[] = [];
  const ids: string[] = [];
  const notUtf8: ReferenceResult["notUtf8"] = { cells: {}, rows: 0, firstLine: null };
  let emptyLines = 0;
  let matchedRows = 0;
  for (const [index, line] of lines.entries()) {
    if (line.length <= maxLineBytes && !isText(line)) {
      notUtf8.rows++;
      notUtf8.firstLine ??= index + 2;
      const parts = line.toString("latin1").split(delimiter).slice(0, names.length);
      for (const [column, part] of parts.entries()) {
        const name = names[column] ?? "";
        if (!isText(Buffer.from(part, "latin1"))) notUtf8.cells[name] = (notUtf8.cells[name] ?? 0) + 1;
      }
    }
    const cells = line.toString().split(delimiter);
    const cellOf = (name: string): string => (cells[names.indexOf(name)] ?? "").normalize("NFC");
    const id = cellOf(idColumn);
    if (line.length === 0) emptyLines++;
    else if (line.length > maxLineBytes) faultyLines.push({ kind: "too_long", line: index + 2 });
    else if (cells.length !== names.length) faultyLines.push({ kind: "wrong_columns", line: index + 2 });
    else if (!/^tt[0-9]{7,10}$/.test(id)) faultyLines.push({ kind: "bad_id", line: index + 2 });
    else if (Object.entries(conditions).every(([name, condition]) => meets(cellOf(name), condition))) {
      matchedRows++;
      if (!ids.includes(id)) ids.push(id);
    }
  }
  const count = (kind: string): number => faultyLines.filter((fault) => fault.kind === kind).length;
  const faulty = {
    too_long: count("too_long"),
    wrong_columns: count("wrong_columns"),
    bad_id: count("bad_id"),
  };
  return {
    ids,
    rows: lines.length - emptyLines,
    emptyLines,
    bytes: file.length,
    matchedRows,
    faulty,
    faultyLines,
    notUtf8,
    seen: {},
  };
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

function meets(cell: string, condition: ReferenceCondition): boolean {
  const isNull = cell === "" || cell === "\\N";
  const { any_of, equals, at_least, at_most, is_null } = condition;
  if (is_null !== undefined && is_null !== isNull) return false;
  const others = [any_of, equals, at_least, at_most].some((value) => value !== undefined);
  if (isNull) return !others;
  if (any_of !== undefined && !cell.split(",").some((name) => any_of.includes(name.trim()))) return false;
  if (typeof equals === "string" && cell !== equals) return false;
  if (typeof equals === "number" && readNumber(cell) !== equals) return false;
  if (at_least !== undefined && !isOrdered(at_least, cell, cell, at_least)) return false;
  return at_most === undefined || isOrdered(at_most, cell, at_most, cell);
}

/** lower <= upper, as numbers if the bound is one, else as texts. */
function isOrdered(
  bound: string | number,
  cell: string,
  upper: string | number,
  lower: string | number,
): boolean {
  if (!Number.isNaN(readNumber(String(bound)))) {
    return !Number.isNaN(readNumber(cell)) && readNumber(String(lower)) <= readNumber(String(upper));
  }
  return String(lower) <= String(upper);
}

function readNumber(text: string): number {
  const isWritten = /^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$/.test(text);
  const value = Number.parseFloat(text);
  return isWritten && Number.isFinite(value) ? value : Number.NaN;
}
