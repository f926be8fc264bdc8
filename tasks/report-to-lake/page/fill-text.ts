/** A text of the Dag with the values of the facts that it names. */
import { JobFault } from "../../sql-to-lake/engine/job.ts";
import type { Row } from "../compute-parts.ts";
import type { Language } from "../languages.ts";
import type { Words } from "../options.ts";
import { formatDay, formatFact, formatShort, readNumber } from "./format.ts";

const NAMES = /\{([a-z][a-z0-9_]*)(?::(usd|year|date))?\}/g;

/**
 * `{name}`; for an amount of money `{name:usd}`, for a year `{name:year}`, for a day `{name:date}`. Raises
 * `REPORT_NOT_AS_DECLARED` for a name that is no fact.
 */
export function fillText(words: Words, facts: Row, language: Language): string {
  return words[language].replaceAll(NAMES, (_whole, name: string, as?: "usd" | "year" | "date") => {
    const value = readFact(facts, name);
    if (as === "date") return formatDay(value, language);
    const number = readNumber(value);
    return as === undefined || number === null
      ? formatFact(value, language)
      : formatShort(number, as, language);
  });
}

export function readFact(facts: Row, name: string): Row[string] | undefined {
  if (Object.hasOwn(facts, name)) return facts[name];
  throw new JobFault("REPORT_NOT_AS_DECLARED", `The part of the facts has no column ${name}.`, {
    hint: `Columns: ${Object.keys(facts).join(", ")}.`,
  });
}
