/** Where a source has SQL, and every change of it. SQL is recognised by its words in capitals. */
import { parseAst } from "rolldown/parseAst";
import { shorten } from "../result.ts";
import { mutateSql } from "./mutate-sql.ts";

export interface SqlMutant {
  readonly file: string;
  readonly line: number;
  readonly change: string;
  /** The piece of SQL between two `${…}` in which the change is: whatever runs it has this text in it. */
  readonly piece: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

const SQL =
  /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|WHERE|AND|OR|ORDER BY|IS NULL|IS NOT NULL|NOT IN|IN)\b|= \?/;

interface Text {
  readonly start: number;
  readonly end: number;
}

export function listSqlMutants(file: string, source: string): readonly SqlMutant[] {
  const texts = findTexts(parseAst(source, { lang: "ts" }));
  return texts.flatMap(({ start, end }) => {
    const text = source.slice(start + 1, end - 1);
    if (!SQL.test(text.replaceAll(/\$\{[^}]*\}/g, ""))) return [];
    return mutateSql(text).map((change) => {
      const at = start + 1 + change.start;
      return {
        file,
        line: source.slice(0, at).split("\n").length,
        change: `${change.name}: ${shorten(text.slice(change.start, change.end) || text)}`,
        piece: findPiece(text, change.start),
        start: at,
        end: start + 1 + change.end,
        replacement: change.replacement,
      };
    });
  });
}

export function applyMutant(source: string, { start, end, replacement }: SqlMutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function findPiece(text: string, at: number): string {
  const before = text.slice(0, at).lastIndexOf("}");
  const from = before === -1 ? 0 : before + 1;
  const after = text.indexOf("${", at);
  // As SQLite gets it: without the backslashes of the source.
  return text.slice(from, after === -1 ? text.length : after).replaceAll(/\\(.)/gs, "$1");
}

/** Every text and template of the program, outer ones first; what stands in a template's `${…}` is looked at too. */
function findTexts(root: unknown): readonly Text[] {
  const found: Text[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    if (typeof node !== "object" || node === null) return;
    const { type, value, start, end } = node as Text & { type?: string; value?: unknown };
    if (type === "TemplateLiteral" || (type === "Literal" && typeof value === "string"))
      found.push({ start, end });
    for (const child of Object.values(node)) visit(child);
  };
  visit(root);
  return found;
}
