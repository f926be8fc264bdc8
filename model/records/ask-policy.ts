/** Which ids of a candidate set are asked in this run, and in which generation. */
import { FIRST_GENERATION } from "./question.ts";

export const ID_OUTCOMES = ["stored", "not_found", "failed"] as const;
export type IdOutcome = (typeof ID_OUTCOMES)[number];

/** What is known of one candidate id: its newest decision, and whether its answer lies in the spool. */
export interface KnownId {
  readonly askedId: string;
  readonly outcome: IdOutcome | null;
  readonly isPermanent: boolean;
  /** Logical date of the run that decided it, ISO UTC; `null` when there is no decision. */
  readonly logicalDate: string | null;
  readonly generation: string | null;
  readonly isSpooled: boolean;
}

export interface AskPolicy {
  readonly logicalDate: string;
  readonly runStamp: string;
  readonly recheckAfterSeconds: number;
  /** `null`: stored ids are never asked again. */
  readonly refreshAfterSeconds: number | null;
  /** Set by `--refetch`: everything is asked in this generation, once. */
  readonly refetchGeneration: string | null;
}

export interface PlannedId {
  readonly askedId: string;
  readonly generation: string;
  /** Its last attempt failed for the moment: another failure says little about the service. */
  readonly hasFailed?: boolean;
}

/**
 * The generation in which an id is asked, or `undefined` when it is not. Transient failures are always asked again;
 * `not_found` and permanent failures after `recheckAfter`, counted between logical dates, so that a rerun next week of
 * an old date asks no more than it did then.
 */
export function decideAsk(known: KnownId, policy: AskPolicy): string | undefined {
  if (known.isSpooled) return undefined;
  const refetch = policy.refetchGeneration;
  if (refetch !== null && known.generation !== refetch) return refetch;
  if (known.outcome === null || known.logicalDate === null || known.generation === null)
    return FIRST_GENERATION;
  const ageSeconds = (Date.parse(policy.logicalDate) - Date.parse(known.logicalDate)) / 1000;
  if (known.outcome === "stored") {
    const isStale =
      policy.refreshAfterSeconds !== null && ageSeconds >= policy.refreshAfterSeconds && ageSeconds > 0;
    return refetch === null && isStale ? policy.runStamp : undefined;
  }
  if (known.outcome === "failed" && !known.isPermanent) return known.generation;
  return ageSeconds > 0 && ageSeconds >= policy.recheckAfterSeconds ? known.generation : undefined;
}

/**
 * The ids to ask: the first in candidate order, under a limit at most `limit` less what this ask has decided already. Those
 * that failed for the moment come last: when a service is down, its probes are then first requests and not retries.
 */
export function planAsk(
  known: Iterable<KnownId>,
  policy: AskPolicy,
  limit: { readonly max: number | null; readonly alreadyDecided: number },
): readonly PlannedId[] {
  const budget = limit.max === null ? Infinity : Math.max(0, limit.max - limit.alreadyDecided);
  const fresh: PlannedId[] = [];
  const failed: PlannedId[] = [];
  for (const id of known) {
    if (fresh.length + failed.length >= budget) break;
    const generation = decideAsk(id, policy);
    if (generation === undefined) continue;
    const { askedId } = id;
    if (id.outcome === "failed" && !id.isPermanent) failed.push({ askedId, generation, hasFailed: true });
    else fresh.push({ askedId, generation });
  }
  return [...fresh, ...failed];
}
