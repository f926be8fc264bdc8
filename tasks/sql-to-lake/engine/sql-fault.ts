/** What an error of DuckDB means for the task's author: the kind of fault, its text without the excerpt, and the place. */
import { JobFault } from "./job.ts";

/** `lineOffset`: lines of ours before the task's SQL. */
export function describeFault(error: unknown, lineOffset: number): JobFault {
  if (error instanceof JobFault) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (text.startsWith("Out of Memory Error")) {
    return new JobFault("ENGINE_OUT_OF_MEMORY", firstLine(text), {
      hint: "Raise the task's `memory`, or lower its `threads`.",
    });
  }
  const line = Number(/^LINE (\d+):/m.exec(text)?.[1] ?? "0") - lineOffset;
  const message = text.replace(/\n\s*\nLINE \d+:[^]*$/, "").trim();
  if (line <= 0) return new JobFault("SQL_FAILED", shorten(message));
  const column = findColumn(text);
  return new JobFault("SQL_FAILED", shorten(message), column === undefined ? { line } : { line, column });
}

/** The mark below the excerpt. An excerpt that begins in the middle of its line does not tell. */
function findColumn(text: string): number | undefined {
  const [, start = "", excerpt = "", mark = ""] = /^(LINE \d+: )(.*)\n( *)\^/m.exec(text) ?? [];
  if (start === "" || excerpt.startsWith("...")) return undefined;
  return mark.length - start.length + 1;
}

/** A fault of a CSV is followed by all the reader's settings, one of DuckDB itself by the addresses of its functions. */
function shorten(message: string): string {
  return message
    .replace(/^Failed to [^:]+: /, "")
    .replace(/\n\s*\nStack Trace:[^]*$/, "")
    .replace(/\nPossible fixes:[^]*$/, "")
    .replace(/\n+Try setting [^]*$/, "")
    .replaceAll(/\s*\n\s*/g, " · ");
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}
