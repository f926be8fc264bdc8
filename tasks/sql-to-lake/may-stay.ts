/** Whether the table or page that stands at a key stays: because it is the same, because it is kept, or because it is newer. */
import { isNewer } from "../../model/records/table-identity.ts";
import type { PlaceContext } from "./standing.ts";

export interface Replacement {
  readonly fingerprint: string;
  readonly inputsDate: string;
  /** Whether the first one of a key stays for ever. */
  readonly isKept: boolean;
}

/** An event says why, unless it is the one that would be made. */
export async function mayStay(
  { state, lake, options, run, taskId }: PlaceContext,
  { fingerprint, inputsDate, isKept }: Replacement,
  table: { readonly fingerprint: string; readonly inputsDate: string; readonly logicalDate: string },
): Promise<boolean> {
  if (table.fingerprint === fingerprint) return true;
  const isOlder =
    run.refetchGeneration === null && isNewer(table, { inputsDate, logicalDate: run.logicalDate });
  if (!isKept && !isOlder) return false;
  const why = isKept
    ? "`publish: keep` keeps the first table of a key, and its inputs, SQL, columns or params have changed since."
    : `It was made from newer inputs, or by a later run (${table.logicalDate}). With --refetch this run replaces it.`;
  await state.events.record({
    level: "warn",
    kind: isKept ? "table_kept" : "table_is_newer",
    message: `${options.key} was not replaced. ${why}`,
    dagId: run.dagId,
    runId: run.runId,
    taskId,
    data: { lake: lake.id, key: options.key },
  });
  return true;
}
