/** The story of one id in a lake. */
import { CommandRefused } from "../../model/errors.ts";
import { listIdEntries, type IdEntry } from "../../state/pages/id-page.ts";
import type { Query } from "../../state/sqlite/query.ts";

/** Newest generation first. Raises `ID_UNKNOWN`. */
export function describeId(query: Query, lakeId: string, askedId: string): readonly IdEntry[] {
  const entries = listIdEntries(query, lakeId, askedId);
  if (entries.length > 0) return entries;
  throw new CommandRefused("ID_UNKNOWN", `No run has asked for ${askedId}.`, {
    hint: "Check the id. It is known once a task has it among its candidates.",
  });
}
