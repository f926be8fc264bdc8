/**
 * What several Dag files can only have wrong together: Dags that follow unknown ones or each other, and tasks whose
 * objects could meet.
 *
 * Of two tasks that clash one is told: the one whose Dag is off, else the one whose Dag's id sorts later. So a file that
 * is added can stop itself, or a Dag behind it in the alphabet, but never both.
 */
import { suggestOrList } from "../suggestion.ts";
import type { CheckedDag, KeyClaim } from "./check-dag-file.ts";
import type { Fault } from "./fault.ts";
import { mayKeysClash, mayTextsBeSame } from "./key-clash.ts";

/** Faults by Dag id. `knownIds` holds the Dags that exist, broken ones included. */
export function listCrossFaults(
  dags: readonly CheckedDag[],
  knownIds: ReadonlySet<string>,
): ReadonlyMap<string, readonly Fault[]> {
  const faults = new Map<string, Fault[]>();
  const report = (dag: CheckedDag, fault: Fault): void => {
    const dagId = dag.dag.definition.dagId;
    faults.set(dagId, [...(faults.get(dagId) ?? []), fault]);
  };
  for (const dag of dags) {
    for (const fault of checkAfter(dag, dags, knownIds)) report(dag, fault);
  }
  const claims = listClaims(dags);
  for (const [index, claim] of claims.entries()) {
    for (const earlier of claims.slice(0, index)) {
      const message = describeClash(claim, earlier);
      if (message !== undefined) report(claim.dag, { path: claim.claim.path, message });
    }
  }
  return faults;
}

function checkAfter(
  dag: CheckedDag,
  dags: readonly CheckedDag[],
  knownIds: ReadonlySet<string>,
): readonly Fault[] {
  const dagId = dag.dag.definition.dagId;
  const faults = dag.after.flatMap(({ dagId: upstream, path }, index): readonly Fault[] => {
    if (upstream === dagId) return [{ path, message: "a Dag cannot come after itself" }];
    if (dag.after.findIndex((other) => other.dagId === upstream) < index) {
      return [{ path, message: `"${upstream}" is named twice` }];
    }
    if (knownIds.has(upstream)) return [];
    const others = [...knownIds].filter((id) => id !== dagId);
    return [{ path, message: `there is no Dag "${upstream}"`, hint: suggestOrList(upstream, others) }];
  });
  const cycle = findCycle(dagId, dags);
  if (cycle === undefined) return faults;
  return [
    ...faults,
    { path: ["schedule", "after"], message: `Dags come after each other in a cycle: ${cycle.join(" → ")}` },
  ];
}

/** The way from a Dag over its upstreams back to itself, when there is one of two Dags or more. */
function findCycle(start: string, dags: readonly CheckedDag[]): readonly string[] | undefined {
  const upstreams = new Map(
    dags.map((dag) => [dag.dag.definition.dagId, dag.after.map((other) => other.dagId)]),
  );
  const seen = new Set<string>();
  const waiting: (readonly string[])[] = [[start]];
  for (let way = waiting.pop(); way !== undefined; way = waiting.pop()) {
    for (const upstream of upstreams.get(way.at(-1) ?? "") ?? []) {
      if (upstream === start && way.length > 1) return [...way, start];
      if (upstream === start || seen.has(upstream)) continue;
      seen.add(upstream);
      waiting.push([...way, upstream]);
    }
  }
  return undefined;
}

interface Claimed {
  readonly dag: CheckedDag;
  readonly claim: KeyClaim;
}

function listClaims(dags: readonly CheckedDag[]): readonly Claimed[] {
  const order = dags.toSorted((left, right) => {
    if (left.dag.enabled !== right.dag.enabled) return left.dag.enabled ? -1 : 1;
    return left.dag.definition.dagId < right.dag.definition.dagId ? -1 : 1;
  });
  return order.flatMap((dag) => dag.claims.map((claim) => ({ dag, claim })));
}

function describeClash(later: Claimed, earlier: Claimed): string | undefined {
  const other = `task "${earlier.claim.taskId}" of ${later.dag === earlier.dag ? "this Dag" : `Dag "${earlier.dag.dag.definition.dagId}"`}`;
  if (mayTextsBeSame(later.claim.dataset, earlier.claim.dataset)) {
    return `the dataset "${later.claim.dataset}" is also written by ${other}; a dataset has one writer`;
  }
  if (!mayKeysClash(later.claim.key, earlier.claim.key)) return undefined;
  return `the key could clash with "${earlier.claim.key}" of ${other}`;
}
