/** Divides a report's SQL at its lines `-- part: name`. */
import { JobFault } from "../sql-to-lake/engine/job.ts";

export interface SqlPart {
  readonly name: string;
  readonly sql: string;
  /** How many lines of the text come before its SQL. */
  readonly linesBefore: number;
}

/** Comments may come before the first part. Raises `SQL_FAILED` for other SQL there, and for a name that is used twice. */
export function splitParts(text: string, takenNames: readonly string[]): readonly SqlPart[] {
  const lines = text.split(/\r?\n/);
  const starts = lines.flatMap((line, index) => {
    const name = /^-- part: ([a-z][a-z0-9_]{0,62})\s*$/.exec(line)?.[1];
    return name === undefined ? [] : [{ name, index }];
  });
  const [first] = starts;
  if (first === undefined) throw new JobFault("SQL_FAILED", "No line `-- part: name` begins a part.");
  const before = lines.slice(0, first.index).findIndex((line) => !/^\s*(?:--.*)?$/.test(line));
  if (before !== -1)
    throw new JobFault("SQL_FAILED", "SQL stands before the first line `-- part: name`.", {
      line: before + 1,
    });
  const names = new Set(takenNames);
  return starts.map(({ name, index }, number) => {
    if (names.has(name))
      throw new JobFault("SQL_FAILED", `${name} is the name of another part or of an input.`, {
        line: index + 1,
      });
    names.add(name);
    const end = starts[number + 1]?.index ?? lines.length;
    return { name, sql: lines.slice(index + 1, end).join("\n"), linesBefore: index + 1 };
  });
}
