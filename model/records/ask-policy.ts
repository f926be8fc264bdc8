/** Which ids of a candidate set are asked in this run, and in which generation. */
import { FIRST_GENERATION } from "./question.ts";

export const ID_OUTCOMES = ["stored", "not_found", "failed"] as const;
export type IdOutcome = (typeof ID_OUTCOMES)[number];

/** One candidate id: its newest decision, and whether its answer is in the spool. */
export interface KnownId {
  readonly askedId: string;
  readonly outcome: IdOutcome | null;
  readonly isPermanent: boolean;
  /** Logical date of the run that decided it, ISO UTC; `null` when there is no decision. */
  readonly logicalDate: string | null;
  readonly generation: string | null;
  readonly isSpooled: boolean;
  /** Its object was removed by hand. */
  readonly isRemoved: boolean;
}

export interface AskPolicy {
  readonly logicalDate: string;
  readonly runStamp: string;
  readonly recheckAfterSeconds: number;
  /** `null`: stored ids are never asked again. */
  readonly refreshAfterSeconds: number | null;
  /** Set by `--refetch`: every id is asked once in this generation. */
  readonly refetchGeneration: string | null;
}

export interface PlannedId {
  /** Its place among the candidates. */
  readonly position: number;
  readonly askedId: string;
  readonly generation: string;
  /** Its last attempt failed transiently: another failure says little about the service. */
  readonly hasFailed?: boolean;
}

/**
 * The generation in which an id is asked, or `undefined` if it is not asked. Transient failures are always asked
 * again; `not_found` and permanent failures after `recheckAfter`, counted between logical dates: a later rerun of an
 * old date asks the same ids. An id whose object was removed by hand is asked by a refetch only.
 */
export function decideAsk(known: KnownId, policy: AskPolicy): string | undefined {
  if (known.isSpooled) return undefined;
  const refetch = policy.refetchGeneration;
  if (refetch !== null && known.generation !== refetch) return refetch;
  if (known.isRemoved) return undefined;
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

export interface AskLimit {
  readonly max: number | null;
  readonly alreadyDecided: number;
}

/**
 * A planned id without its text: a plan of a million ids takes 8 MB; a list of objects would take ten times as much.
 */
export type PlannedPlace = Omit<PlannedId, "askedId">;

export interface AskPlan {
  readonly size: number;
  /** How many failed transiently; they come last. */
  readonly failedCount: number;
  /** `undefined` after the last. */
  at(index: number): PlannedPlace | undefined;
}

export interface AskPlanner extends AskPlan {
  /** Call it in the candidates' order. `false` if the plan is full. */
  add(known: KnownId & { readonly position: number }): boolean;
}

/**
 * The ids to ask, in candidate order, at most `limit` minus those that this ask has already decided. Transient
 * failures come last: if a service is down, its probes are then first requests and not retries.
 */
export function createAskPlanner(candidates: number, policy: AskPolicy, limit: AskLimit): AskPlanner {
  const budget = limit.max === null ? Infinity : Math.max(0, limit.max - limit.alreadyDecided);
  /** New ids from the left, failed ones from the right. */
  const positions = new Uint32Array(candidates);
  const generations = new Uint32Array(candidates);
  const names: string[] = [];
  const numbers = new Map<string, number>();
  let fresh = 0;
  let failed = 0;

  function numberOf(generation: string): number {
    const known = numbers.get(generation);
    if (known !== undefined) return known;
    numbers.set(generation, names.length);
    return names.push(generation) - 1;
  }

  return {
    get size() {
      return fresh + failed;
    },
    get failedCount() {
      return failed;
    },
    add(known) {
      if (fresh + failed >= budget) return false;
      const generation = decideAsk(known, policy);
      if (generation === undefined) return true;
      const isFailed = known.outcome === "failed" && !known.isPermanent;
      const place = isFailed ? candidates - ++failed : fresh++;
      positions[place] = known.position;
      generations[place] = numberOf(generation);
      return true;
    },
    at(index) {
      if (index < 0 || index >= fresh + failed) return undefined;
      const hasFailed = index >= fresh;
      const place = hasFailed ? candidates - 1 - (index - fresh) : index;
      const position = positions[place] ?? 0;
      const generation = names[generations[place] ?? 0] ?? FIRST_GENERATION;
      return hasFailed ? { position, generation, hasFailed } : { position, generation };
    },
  };
}
