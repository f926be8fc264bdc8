/** The YAML parser's errors as faults that say what to write instead. */
import { describeDepth } from "./yaml-limits.ts";
import type { Fault } from "./fault.ts";

/** The beginning of a line that is looked at. */
const LINE_LIMIT = 1_000;

interface SyntaxFault {
  readonly code: string;
  readonly message: string;
  readonly pos: [number, number];
}

/** A value without the quotes that it needs gives several errors in its line: they are one fault, with the correct line. */
export function describeSyntaxErrors(text: string, errors: readonly SyntaxFault[]): readonly Fault[] {
  const told = new Set<number>();
  return errors.flatMap((error): readonly Fault[] => {
    const start = text.lastIndexOf("\n", error.pos[0] - 1) + 1;
    const unquoted = findUnquoted(text, start);
    if (unquoted === undefined) return [describeSyntaxError(error)];
    if (told.has(start)) return [];
    told.add(start);
    return [unquoted];
  });
}

/** An unquoted `schedule: @daily` or a line of stars: YAML gives the character that the value begins with another meaning. */
function findUnquoted(text: string, lineStart: number): Fault | undefined {
  const [line = ""] = text.slice(lineStart, lineStart + LINE_LIMIT).split("\n", 1);
  const [, before = "", name = "", value = ""] =
    /^(\s*(?:- +)?(["']?[\w-]+["']?):\s+)([*@%`]|\{\{)/.exec(line) === null
      ? []
      : (/^(\s*(?:- +)?(["']?[\w-]+["']?):\s+)(.*?)(?:\s+#.*|\r)?$/.exec(line) ?? []);
  if (value === "") return undefined;
  const isJinja = value.startsWith("{{");
  return {
    path: [],
    message: `the value ${value} must be in quotes, because YAML gives ${value.charAt(0)} a meaning of its own`,
    offset: lineStart + before.length,
    hint: isJinja ? `write ${name}: "\${ds}"` : `write ${name}: ${JSON.stringify(value)}`,
  };
}

function describeSyntaxError(error: SyntaxFault): Fault {
  const offset = error.pos[0];
  if (error.message.includes("call stack")) return { path: [], message: describeDepth(), offset };
  if (error.code === "MULTIPLE_DOCS") {
    return { path: [], message: "the file holds several YAML documents; one file is one Dag", offset };
  }
  const hint = error.code === "TAB_AS_INDENT" ? "indent with spaces" : undefined;
  return {
    path: [],
    message: `not valid YAML: ${error.message}`,
    offset,
    ...(hint === undefined ? {} : { hint }),
  };
}
