/** Options that several task types share: durations, dataset names, and how an option in a Dag file is read. */
import { z } from "zod";
import type { JsonValue } from "../model/dag/dag.ts";
import { DURATION_FORM, findDurationFault, parseDurationSeconds } from "../model/time/duration.ts";

/** Seconds. */
export const durationOption = z.string(DURATION_FORM).transform((text, context) => {
  const seconds = parseDurationSeconds(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: "custom", message: findDurationFault(text) ?? "" });
  return z.NEVER;
});

/** Dataset names: short, and safe in metadata and file names. */
export const datasetOption = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, "a dataset's name is snake_case, at most 63 characters");

/** An option of the Dag file if it is text; otherwise empty text, which its schema refuses elsewhere. */
export function readWritten(options: Readonly<Record<string, JsonValue>>, name: string): string {
  const value = options[name];
  return typeof value === "string" ? value : "";
}

/** The character between a CSV's columns; one byte, so that a scan may look at bytes alone. */
export const delimiterOption = z
  .string()
  .regex(/^[^\r\n\u0080-\uffff]$/, "the delimiter is one ASCII character, and no line break");
