/** A day whose CSVs are in the lake and whose titles are still to be requested, and the outcome of its attempts. */
import { isUnknown } from "../../support/cli.ts";
import { DATE, openFolderWorld, type IngestOptions, type IngestWorld } from "./ingest-world.ts";

/** A title of each kind that TMDB has. */
interface Target {
  readonly movie: string;
  readonly series: string;
}

/** Gone with the test. */
export async function prepareTmdb(
  options: IngestOptions = {},
): Promise<IngestWorld & { readonly target: Target }> {
  const opened = await openFolderWorld(options);
  await opened.world.prepare(["run", "csv_ingest", "--date", DATE]);
  const known = (ids: readonly string[]): string => ids.filter((id) => !isUnknown(id))[3] ?? "";
  return { ...opened, target: { movie: known(opened.ids.movies), series: known(opened.ids.series) } };
}

/** Error codes of a task of `tmdb_ingest`, attempt by attempt; `null` for none. */
export function listAttempts({ world }: IngestWorld, taskId: string): readonly (string | null)[] {
  return world
    .query<{ code: string | null }>(
      "SELECT error_code AS code FROM v_attempts WHERE task_id = ? AND dag_id = 'tmdb_ingest' ORDER BY attempt",
      taskId,
    )
    .map(({ code }) => code);
}
