/** A Dag with the Dags that it follows, also through others, as the database has them. */
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import { findDag } from "../../state/pages/dag-page.ts";
import type { Query } from "../../state/sqlite/query.ts";

export function readFollowedDags(query: Query, version: DagVersion): ReadonlyMap<string, DagVersion> {
  const found = new Map([[version.definition.dagId, version]]);
  const visit = ({ definition: { schedule } }: DagVersion): void => {
    if (schedule.kind !== "after") return;
    for (const dagId of schedule.dagIds) {
      const upstream = found.has(dagId) ? undefined : findDag(query, dagId);
      if (upstream === undefined) continue;
      found.set(dagId, upstream);
      visit(upstream);
    }
  };
  visit(version);
  return found;
}
