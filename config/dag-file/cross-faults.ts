/**
 * Faults that only several Dag files together can have: Dags that follow unknown ones or each other, and tasks whose
 * objects could get the same key.
 *
 * Of two Dags that clash, one gets the fault and the other continues. The fault goes to the Dag that is off; else to
 * the one that the database does not know with this claim; else to the one that it has known for a shorter time. If it
 * knows neither, both get the fault.
 */
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { KnownDags } from "../../model/ports/dag-source.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { suggestOrList } from "../suggestion.ts";
import type { CheckedDag, KeyClaim } from "./check-dag-file.ts";
import type { Fault } from "./fault.ts";
import { mayKeysClash, mayTextsBeSame } from "./key-clash.ts";

type Registry = ReadonlyMap<string, AnyTaskType>;

interface Claimed {
  readonly dag: CheckedDag;
  readonly claim: KeyClaim;
}

/** Two tasks whose objects could get the same key. */
interface Clash {
  readonly what: "dataset" | "key";
  readonly left: Claimed;
  readonly right: Claimed;
}

export interface Contests {
  readonly clashes: readonly Clash[];
  /** From a Dag through those that it follows back to itself, starting with its id. */
  readonly cycles: ReadonlyMap<string, readonly string[]>;
  /** The Dags whose history in the database decides. */
  readonly dagIds: readonly string[];
}

export function findContests(dags: readonly CheckedDag[]): Contests {
  const claims = dags
    .toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1))
    .flatMap((dag) => dag.claims.map((claim) => ({ dag, claim })));
  const clashes = claims.flatMap((right, index) =>
    claims.slice(0, index).flatMap((left): readonly Clash[] => {
      if (mayTextsBeSame(right.claim.dataset, left.claim.dataset)) return [{ what: "dataset", left, right }];
      return mayKeysClash(right.claim.key, left.claim.key) ? [{ what: "key", left, right }] : [];
    }),
  );
  const cycles = new Map(
    dags.flatMap((dag) => {
      const cycle = findCycle(idOf(dag), dags);
      return cycle === undefined ? [] : [[idOf(dag), cycle] as const];
    }),
  );
  const contested = clashes.flatMap(({ left, right }) => [idOf(left.dag), idOf(right.dag)]);
  return { clashes, cycles, dagIds: [...new Set([...contested, ...cycles.keys()])] };
}

/**
 * Faults by Dag id. `knownIds` holds the Dags that exist, broken ones included; `books` holds the records of the
 * contested ones.
 */
export function listCrossFaults(
  dags: readonly CheckedDag[],
  knownIds: ReadonlySet<string>,
  contests: Contests,
  books: KnownDags,
  registry: Registry,
): ReadonlyMap<string, readonly Fault[]> {
  const faults = new Map<string, Fault[]>();
  const report = (dag: CheckedDag, fault: Fault): void => {
    faults.set(idOf(dag), [...(faults.get(idOf(dag)) ?? []), fault]);
  };
  for (const dag of dags) {
    for (const fault of checkAfter(dag, knownIds)) report(dag, fault);
    const cycle = contests.cycles.get(idOf(dag));
    if (cycle === undefined || !isNewInCycle(cycle, books)) continue;
    const message = `Dags follow each other in a cycle: ${cycle.join(" → ")}`;
    report(dag, { path: ["schedule", "after"], message });
  }
  for (const clash of contests.clashes) {
    const { left, right } = clash;
    for (const told of chooseTold(clash, books, registry)) {
      const other = told === left ? right : left;
      report(told.dag, { path: told.claim.path, message: describeClash(clash.what, told, other) });
    }
  }
  return faults;
}

function idOf({ dag }: CheckedDag): string {
  return dag.definition.dagId;
}

function checkAfter(dag: CheckedDag, knownIds: ReadonlySet<string>): readonly Fault[] {
  const dagId = idOf(dag);
  return dag.after.flatMap(({ dagId: upstream, path }, index): readonly Fault[] => {
    if (upstream === dagId) return [{ path, message: "a Dag cannot follow itself" }];
    if (dag.after.findIndex((other) => other.dagId === upstream) < index) {
      return [{ path, message: `"${upstream}" is named twice` }];
    }
    if (knownIds.has(upstream)) return [];
    const others = [...knownIds].filter((id) => id !== dagId);
    return [{ path, message: `there is no Dag "${upstream}"`, hint: suggestOrList(upstream, others) }];
  });
}

/** The path from a Dag through its upstreams back to itself, if there is one of at least two Dags. */
function findCycle(start: string, dags: readonly CheckedDag[]): readonly string[] | undefined {
  const upstreams = new Map(dags.map((dag) => [idOf(dag), dag.after.map((other) => other.dagId)]));
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

/**
 * The Dag that closes the cycle: the database does not know that it follows the next, or it knows this of all of them.
 */
function isNewInCycle(cycle: readonly string[], books: KnownDags): boolean {
  const isKnown = cycle.slice(0, -1).map((dagId, index) => {
    const schedule = books.get(dagId)?.current.schedule;
    return schedule?.kind === "after" && schedule.dagIds.includes(cycle[index + 1] ?? "");
  });
  return isKnown[0] !== true || isKnown.every(Boolean);
}

function chooseTold({ what, left, right }: Clash, books: KnownDags, registry: Registry): readonly Claimed[] {
  if (left.dag === right.dag) return [right];
  if (left.dag.dag.enabled !== right.dag.dag.enabled) return [left.dag.dag.enabled ? right : left];
  const [leftSince, rightSince] = [left, right].map(({ dag, claim }) =>
    findSince(books, idOf(dag), (definition) =>
      definition.tasks.some((task) => registry.get(task.type)?.writes(task.with)?.[what] === claim[what]),
    ),
  );
  if (leftSince === rightSince) return [left, right];
  if (leftSince === undefined || rightSince === undefined) return [leftSince === undefined ? left : right];
  return [leftSince < rightSince ? right : left];
}

/**
 * Since when the database has known that Dag in this form: greater is later. Dags whose file was gone or broken come
 * after the others.
 */
function findSince(
  books: KnownDags,
  dagId: string,
  holds: (definition: DagDefinition) => boolean,
): string | undefined {
  const known = books.get(dagId);
  if (known === undefined || !holds(known.current)) return undefined;
  const since = known.versions.find((version) => holds(version.definition))?.createdAt ?? "";
  return `${known.isActive ? "active" : "inactive"} ${since}`;
}

function describeClash(what: Clash["what"], told: Claimed, other: Claimed): string {
  const name = `task "${other.claim.taskId}" of ${told.dag === other.dag ? "this Dag" : `Dag "${idOf(other.dag)}"`}`;
  return what === "dataset"
    ? `the dataset "${told.claim.dataset}" is also written by ${name}; a dataset has one writer`
    : `the key could clash with "${other.claim.key}" of ${name}`;
}
