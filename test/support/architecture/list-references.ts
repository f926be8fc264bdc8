/** Which modules and files a source names: imports of every kind, re-exports, and URLs relative to the module. */
import { lineAt, type MaskedSource } from "./mask-source.ts";

export interface Reference {
  /** As written; `undefined` where it is computed, so that no check can follow it. */
  readonly specifier: string | undefined;
  readonly kind: "import" | "url";
  readonly line: number;
}

/** `import … from`, `export … from`; a type's `import("…")` has the shape of a dynamic import. */
const STATIC = /(?<![\w$.])(?:from|import)\s*(?=["'])/g;
const CALL = /(?<![\w$.])(?:import|require)\s*\(\s*|import\.meta\.resolve\s*\(\s*/g;
const URL_CALL = /(?<![\w$.])new\s+URL\s*\(\s*/g;

export function listReferences(source: MaskedSource): readonly Reference[] {
  const { code, texts } = source;
  const references: Reference[] = [];
  const add = (kind: Reference["kind"], offset: number): void => {
    references.push({ specifier: texts.get(offset), kind, line: lineAt(code, offset) });
  };
  for (const match of code.matchAll(STATIC)) add("import", match.index + match[0].length);
  for (const match of code.matchAll(CALL)) add("import", match.index + match[0].length);
  for (const match of code.matchAll(URL_CALL)) {
    const start = match.index + match[0].length;
    if (/\bimport\.meta\b/.test(code.slice(start, endOfArguments(code, start)))) add("url", start);
  }
  return references;
}

function endOfArguments(code: string, start: number): number {
  let open = 1;
  let at = start;
  while (at < code.length && open > 0) {
    if (code[at] === "(") open += 1;
    if (code[at] === ")") open -= 1;
    at += 1;
  }
  return at;
}
