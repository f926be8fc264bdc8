/**
 * The lake, input folder and Dag files of a process. A scheduler carries out requests with its own settings, so it
 * refuses a command with other ones.
 */
import { CommandRefused } from "../../model/errors.ts";
import type { NamedDag } from "./named-dag.ts";

/** Plain JSON: part of each request. */
export interface WorkSettings {
  readonly lake: string;
  readonly input: string;
  readonly dags: string;
}

/** Raises `SETTINGS_DIFFER`. */
export function assertSameSettings(asker: WorkSettings, own: WorkSettings): void {
  const differences = [
    ...(asker.lake === own.lake ? [] : [`its lake is ${own.lake}, here it is ${asker.lake}`]),
    ...(asker.input === own.input ? [] : [`its input folder is ${own.input}, here it is ${asker.input}`]),
  ];
  if (differences.length === 0) return;
  throw new CommandRefused(
    "SETTINGS_DIFFER",
    `A scheduler is running with other settings: ${differences.join("; ")}.`,
    {
      hint: "Nothing was done. Run the command with the scheduler's settings, or stop the scheduler.",
    },
  );
}

/**
 * Raises `SETTINGS_DIFFER`. `found` is the fingerprint of that Dag in the scheduler's folder, read after the request.
 */
export function refuseVersion(
  asked: NamedDag,
  found: string | undefined,
  asker: WorkSettings,
  own: WorkSettings,
): CommandRefused {
  const theirs =
    found === undefined
      ? `it has no valid Dag ${asked.dagId}`
      : `its ${asked.dagId} is ${found.slice(0, 12)}`;
  const folders = asker.dags === own.dags ? own.dags : `${own.dags}, here ${asker.dags}`;
  return new CommandRefused(
    "SETTINGS_DIFFER",
    `The scheduler has read another version of the Dag file: ${theirs}, here it is ${asked.fingerprint.slice(0, 12)} (its Dag folder is ${folders}).`,
    {
      hint: "Nothing was done. Both must read the same file, with the same DAGMAR_TIMEZONE and DAGMAR_POOLS.",
    },
  );
}
