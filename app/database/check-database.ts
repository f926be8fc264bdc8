/** What is wrong with the database: its file, its references, and rows that hold words which this version does not know. */
import { listUnknownWords } from "../../state/upkeep/unknown-words.ts";
import type { App } from "../app.ts";

export async function checkDatabase(
  app: App,
): Promise<{ readonly database: string; readonly faults: readonly string[] }> {
  const database = await app.openDatabase("read");
  const faults = database.check();
  // A file that is damaged may not even be read through.
  const words = faults.length === 0 ? listUnknownWords(database) : [];
  return { database: database.path, faults: [...faults, ...words] };
}
