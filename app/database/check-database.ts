/** Checks the database: its file, its references, and rows with values that this version does not know. */
import { listUnknownWords } from "../../state/upkeep/unknown-words.ts";
import type { App } from "../app.ts";

export async function checkDatabase(
  app: App,
): Promise<{ readonly database: string; readonly faults: readonly string[] }> {
  const database = await app.openDatabase("read");
  const faults = database.check();
  // A damaged file may not be readable to its end.
  const words = faults.length === 0 ? listUnknownWords(database) : [];
  return { database: database.path, faults: [...faults, ...words] };
}
