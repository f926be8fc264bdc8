/** The Dag that a request is about: named by its id, and resolved by the process that carries the request out, from its own Dag files. */
import { CommandRefused } from "../../model/errors.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { RunMaker } from "../runs/new-run.ts";

/** Plain JSON. */
export interface NamedDag {
  readonly dagId: string;
  /** Of the version that the asker has read. A scheduler that has read another one refuses what makes tasks run. */
  readonly fingerprint: string;
}

/** A request as it lies in the database. */
export type Named<Request extends { readonly version: DagVersion }> = Omit<Request, "version"> & {
  readonly dag: NamedDag;
};

export type DagVersions = ReadonlyMap<string, DagVersion>;

/** The process that carries requests out. */
export interface Holder extends RunMaker {
  /** Its Dags, as it has read them last. */
  readonly dags: DagVersions;
}

export function nameDag({ definition, fingerprint }: DagVersion): NamedDag {
  return { dagId: definition.dagId, fingerprint };
}

/** Raises `DAG_UNKNOWN`. */
export function findVersion({ dags }: Pick<Holder, "dags">, { dagId }: NamedDag): DagVersion {
  const version = dags.get(dagId);
  if (version !== undefined) return version;
  throw new CommandRefused("DAG_UNKNOWN", `There is no sound Dag ${dagId} in the Dag folder.`, {
    hint: "`dagmar dags validate` checks them.",
  });
}
