/** Candidate sets kept in one go, and plans as lists: what tests have few of and tasks have many of. */
import type { PlannedId } from "../../model/records/ask-policy.ts";
import type { IdPlan } from "../../model/ports/batch-store.ts";
import type {
  CandidateCounts,
  CandidateKey,
  CandidateSet,
  CandidateStore,
} from "../../model/ports/candidate-store.ts";

export async function saveCandidates(
  store: CandidateStore,
  key: CandidateKey,
  dataset: string,
  ids: readonly string[],
  counts: CandidateCounts,
): Promise<CandidateSet> {
  const stage = await store.stage(key, dataset);
  await stage.add(ids);
  const set = await stage.complete(counts);
  await stage.discard();
  return set;
}

export async function listPlanned(planning: Promise<IdPlan>): Promise<readonly PlannedId[]> {
  const plan = await planning;
  const planned = await Promise.all(Array.from({ length: plan.size }, (_, index) => plan.at(index)));
  return planned.filter((id) => id !== undefined);
}

/** The plan that asks these ids, the last `failedCount` of which have failed before. */
export function makePlan(ids: readonly string[], failedCount = 0): IdPlan {
  return {
    size: ids.length,
    failedCount,
    at: async (position) => {
      const askedId = ids[position];
      if (askedId === undefined) return undefined;
      const hasFailed = position >= ids.length - failedCount;
      return { position, askedId, generation: "0", ...(hasFailed ? { hasFailed } : {}) };
    },
  };
}
