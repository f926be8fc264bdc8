/** The story of one id in this lake. */
import { CommandRefused } from "../../model/errors.ts";
import { listIdEntries, type IdEntry } from "../../state/pages/id-page.ts";
import type { App } from "../app.ts";

/** Newest generation first. Raises `ID_UNKNOWN`. */
export async function describeId(app: App, askedId: string): Promise<readonly IdEntry[]> {
  const entries = listIdEntries(await app.openDatabase("read"), app.lake.id, askedId);
  if (entries.length > 0) return entries;
  throw new CommandRefused("ID_UNKNOWN", `No run has asked for ${askedId}.`, {
    hint: "Check the id. It is known once a task has it among its candidates.",
  });
}
