/**
 * With which lake, input folder and Dag files a process works, and whether a command that was given elsewhere means the same:
 * a scheduler does what it is asked with its own, so that a command which means others is refused.
 */
import { CommandRefused } from "../../model/errors.ts";
import type { NamedDag } from "./named-dag.ts";

/** Plain JSON: it goes with each request. */
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
    `A scheduler is at work with other settings: ${differences.join("; ")}.`,
    {
      hint: "Give the command with the scheduler's settings, or stop the scheduler. Nothing was done.",
    },
  );
}

/** Raises `SETTINGS_DIFFER`. `found` is the fingerprint of that Dag in the scheduler's folder, which it has read since. */
export function refuseVersion(
  asked: NamedDag,
  found: string | undefined,
  asker: WorkSettings,
  own: WorkSettings,
): CommandRefused {
  const theirs =
    found === undefined
      ? `it has no sound Dag ${asked.dagId}`
      : `its ${asked.dagId} is ${found.slice(0, 12)}`;
  const folders = asker.dags === own.dags ? own.dags : `${own.dags}, here ${asker.dags}`;
  return new CommandRefused(
    "SETTINGS_DIFFER",
    `The scheduler's Dag file is another one: ${theirs}, here it is ${asked.fingerprint.slice(0, 12)} (its Dag folder is ${folders}).`,
    { hint: "Both must read the same file, by the same DAGMAR_TIMEZONE and DAGMAR_POOLS. Nothing was done." },
  );
}
