/** The values that a task's SQL gets: the Dag's params and the run's day. */
import type { JsonValue } from "../../model/dag/dag.ts";
import type { RunFacts } from "../../model/ports/task-type.ts";
import { formatDateDashes } from "../../model/time/local-time.ts";

/** Only what the texts name: another day or another param is no reason to make the same table again. */
export function chooseParams(
  { run }: { readonly run: RunFacts },
  texts: readonly string[],
): Readonly<Record<string, JsonValue>> {
  const known: Readonly<Record<string, JsonValue>> = {
    ...run.params,
    ds: formatDateDashes(new Date(run.logicalDate), run.timezone),
  };
  const named = new Set(
    texts.flatMap((text) => [...text.matchAll(/\$([a-z_]\w*)/gi)].map(([, name]) => name ?? "")),
  );
  return Object.fromEntries(Object.entries(known).filter(([name]) => named.has(name)));
}
