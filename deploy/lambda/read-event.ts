/** What an event asks for: a Dag, and where given a date and params. Whether the Dag has them is decided when it is loaded. */
import { suggestName } from "../../config/suggestion.ts";
import type { Params } from "../../model/dag/dag.ts";
import { CommandRefused } from "../../model/errors.ts";
import { parseGivenDate } from "../../model/time/given-date.ts";

export interface AskedRun {
  readonly dag: string;
  /** As `--date` takes it: a day, or an instant; `null` resumes the unfinished run, or makes one for now. */
  readonly date: string | null;
  /** Empty: the Dag's defaults. */
  readonly params: Params;
}

const FIELDS = ["dag", "date", "params"];
const HINT = 'Send {"dag": "tmdb_ingest"}, and if needed "date": "2026-11-23" and "params": {"limit": 100}.';

/** `event`: as Lambda hands it over, JSON already parsed. Raises `USAGE` with every fault. */
export function readEvent(event: unknown): AskedRun {
  if (!isObject(event)) throw refuse([`it is ${describe(event)}, not an object`]);
  const { dag, date = null, params = {} } = event;
  const faults = Object.keys(event)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => describeUnknown(name));
  if (typeof dag !== "string" || dag.trim() === "") faults.unshift(describeDagFault(event));
  if (date !== null && !isDate(date)) {
    faults.push(`date is ${describe(date)}, not a day such as "2026-11-23" or an instant`);
  }
  if (!isObject(params)) faults.push(`params is ${describe(params)}, not an object`);
  if (faults.length > 0) throw refuse(faults);
  return { dag: dag as string, date: date as string | null, params: params as Params };
}

function describeDagFault(event: Readonly<Record<string, unknown>>): string {
  return "dag" in event ? `dag is ${describe(event["dag"])}, not a Dag's id` : "dag is missing";
}

/** A day of the calendar is the same in every zone; whether the Dag's zone skipped it is found out with the Dag. */
function isDate(value: unknown): boolean {
  return typeof value === "string" && parseGivenDate(value, "UTC") !== undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeUnknown(name: string): string {
  const hint = suggestName(name, FIELDS);
  return `${JSON.stringify(name)} is no field of it${hint === undefined ? "" : ` (${hint})`}`;
}

const SHOWN_CHARACTERS = 60;

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function refuse(faults: readonly string[]): CommandRefused {
  return new CommandRefused("USAGE", `The event is not valid: ${faults.join("; ")}. Nothing was run.`, {
    hint: HINT,
  });
}
