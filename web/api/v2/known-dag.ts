/** The Dag that a path names. */
import { z } from "zod";
import { CommandRefused } from "../../../model/errors.ts";
import { findDag, type DagEntry } from "../../../state/pages/dag-page.ts";
import type { Query } from "../../../state/sqlite/query.ts";

export const dagId = z.string().min(1).max(250);

/** As `pickDag`, for a route that starts tasks. Raises `DAG_UNKNOWN`, `DAG_INVALID`, `USAGE`. */
export function pickEnabledDag(query: Query, asked: string): DagEntry {
  const found = pickDag(query, asked);
  if (found.hasImportError) {
    throw new CommandRefused("DAG_INVALID", `The file of ${asked} is broken.`, {
      hint: "`dagmar dags validate` shows its faults.",
    });
  }
  if (found.isActive) return found;
  throw new CommandRefused("USAGE", `${asked} is off, or its file is gone: none of its tasks are run.`);
}

/** Raises `DAG_UNKNOWN`. */
export function pickDag(query: Query, asked: string): DagEntry {
  const found = findDag(query, asked);
  if (found !== undefined) return found;
  throw new CommandRefused("DAG_UNKNOWN", `No Dag is called ${asked}.`, {
    hint: "A Dag is known once a scheduler has read its file, or a command has run it.",
  });
}
