/** How people and the program write a run's name. `app/runs/find-run.ts` finds the run. */

export interface RunKey {
  readonly dagId: string;
  readonly runId: string;
}

/** A parsed name: the run of a date, a run by its id, or a single word, which may be a Dag's or a run's id. */
export type RunName =
  | { readonly kind: "date"; readonly dagId: string; readonly date: string }
  | ({ readonly kind: "id" } & RunKey)
  | { readonly kind: "word"; readonly word: string };

/** `csv_ingest/manual__2026-11-23T09:00:00.000Z`: every command accepts it. */
export function nameRun({ dagId, runId }: RunKey): string {
  return `${dagId}/${runId}`;
}

/** `DAG@DATE`, `DAG/RUN_ID` or a word. The Dag's id ends at the first `@` or `/`, which no id contains. */
export function parseRunName(text: string): RunName {
  const end = text.search(/[@/]/);
  if (end < 1) return { kind: "word", word: text };
  const dagId = text.slice(0, end);
  const rest = text.slice(end + 1);
  return text[end] === "@" ? { kind: "date", dagId, date: rest } : { kind: "id", dagId, runId: rest };
}

/**
 * Whether it can only be a run's name: a Dag's id contains none of these characters, and a run's id contains a time.
 */
export function namesOneRun(text: string): boolean {
  return /[@/:]/.test(text);
}
