/** Stryker's mutants as this project's own results. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { shorten, type MutantResult, type Verdict } from "./result.ts";

interface Place {
  readonly line: number;
  readonly column: number;
}

export interface StrykerMutant {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string | undefined;
  readonly location: { readonly start: Place; readonly end: Place };
}

export interface StrykerResult extends StrykerMutant {
  readonly status: string;
}

const VERDICT_OF: Readonly<Record<string, Verdict>> = {
  Killed: "noticed",
  RuntimeError: "noticed",
  Timeout: "timed out",
  Survived: "survived",
  NoCoverage: "not covered",
};

/** `undefined` for a mutant that was not tried: not drawn, or left out by a comment or as static. */
export function readResult(result: StrykerResult, root: string): MutantResult | undefined {
  const verdict = VERDICT_OF[result.status];
  if (verdict === undefined) return undefined;
  const { start, end } = result.location;
  const file = relative(root, result.fileName);
  const lines = readFileSync(result.fileName, "utf8")
    .split("\n")
    .slice(start.line - 1, end.line);
  const cut = lines.map((line, index) => {
    const until = index === lines.length - 1 ? end.column - 1 : line.length;
    return line.slice(index === 0 ? start.column - 1 : 0, until);
  });
  const change = `${shorten(cut.join("\n"))} → ${shorten(result.replacement ?? result.mutatorName)}`;
  return { file, line: start.line, change, verdict };
}
