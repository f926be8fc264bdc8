/** What a whole listing of the store says about the recorded objects. Computed from the arguments alone. */
import type { ObjectSummary } from "../../model/ports/lake.ts";
import type { KnownObject } from "../../model/ports/object-store.ts";

export interface Comparison {
  /** Not recorded, or recorded with another size, or foreign and changed: to be checked. */
  readonly unknown: readonly ObjectSummary[];
  /** Recorded as ours with this size, but with another etag: other bytes, or only written again. */
  readonly touched: readonly { readonly object: KnownObject; readonly summary: ObjectSummary }[];
  /** Recorded, and not in the listing. */
  readonly absent: readonly KnownObject[];
  /** Foreign before and unchanged since. */
  readonly foreign: readonly ObjectSummary[];
}

export function compareListing(
  known: ReadonlyMap<string, KnownObject>,
  standing: ReadonlyMap<string, ObjectSummary>,
): Comparison {
  const unknown: ObjectSummary[] = [];
  const touched: { object: KnownObject; summary: ObjectSummary }[] = [];
  const foreign: ObjectSummary[] = [];
  for (const summary of standing.values()) {
    const object = known.get(summary.key);
    if (object?.isCommitted !== true) unknown.push(summary);
    else if (object.kind === "foreign") (isSameEtag(object, summary) ? foreign : unknown).push(summary);
    else if (object.sizeBytes !== summary.sizeBytes) unknown.push(summary);
    else if (!isSameEtag(object, summary)) touched.push({ object, summary });
  }
  const absent = [...known.values()].filter((object) => object.isCommitted && !standing.has(object.key));
  return { unknown, touched, absent, foreign };
}

/** A store that gives no etag, at the put or in the list, cannot show a change. */
function isSameEtag(object: KnownObject, summary: ObjectSummary): boolean {
  return object.etag === summary.etag || object.etag === "" || object.etag === null || summary.etag === "";
}
