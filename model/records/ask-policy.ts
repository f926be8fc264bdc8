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
  /** Its place among the candidates. */
  readonly position: number;
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

export interface AskLimit {
  readonly max: number | null;
  readonly alreadyDecided: number;
}

/** A planned id without its text: a plan of a million ids takes 8 MB so, and a list of objects ten times as much. */
export type PlannedPlace = Omit<PlannedId, "askedId">;

export interface AskPlan {
  readonly size: number;
  /** How many failed for the moment: they stand last. */
  readonly failedCount: number;
  /** `undefined` behind the last. */
  at(index: number): PlannedPlace | undefined;
}

export interface AskPlanner extends AskPlan {
  /** To be called in the candidates' order. `false`: the plan is full. */
  add(known: KnownId & { readonly position: number }): boolean;
}

/**
 * The ids to ask: the first in candidate order, under a limit at most `limit` less what this ask has decided already. Those
 * that failed for the moment come last: when a service is down, its probes are then first requests and not retries.
 */
export function createAskPlanner(candidates: number, policy: AskPolicy, limit: AskLimit): AskPlanner {
  const budget = limit.max === null ? Infinity : Math.max(0, limit.max - limit.alreadyDecided);
  /** Fresh ones from the left, failed ones from the right. */
  const positions = new Uint32Array(candidates);
  const generations = new Uint32Array(candidates);
  const names: string[] = [];
  const numbers = new Map<string, number>();
  let fresh = 0;
  let failed = 0;

  function numberOf(generation: string): number {
    const number = numbers.get(generation) ?? names.length;
    if (number === names.length) {
      names.push(generation);
      numbers.set(generation, number);
    }
    return number;
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
