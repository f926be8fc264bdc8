/** The Dag of a request: named by its id. The process that carries out the request finds it in its own Dag files. */
import { CommandRefused } from "../../model/errors.ts";
import type { DagVersion } from "../../state/runs/dag-runs.ts";
import type { RunMaker } from "../runs/new-run.ts";

/** Plain JSON. */
export interface NamedDag {
  readonly dagId: string;
  /** Of the version that the command has read. A scheduler with another version refuses to run its tasks. */
  readonly fingerprint: string;
}

/** A request as the database holds it. */
export type Named<Request extends { readonly version: DagVersion }> = Omit<Request, "version"> & {
  readonly dag: NamedDag;
};

export type DagVersions = ReadonlyMap<string, DagVersion>;

/** The process that carries out requests. */
export interface Holder extends RunMaker {
  /** Its Dags, as last read. */
  readonly dags: DagVersions;
}

export function nameDag({ definition, fingerprint }: DagVersion): NamedDag {
  return { dagId: definition.dagId, fingerprint };
}

/** Raises `DAG_UNKNOWN`. */
export function findVersion({ dags }: Pick<Holder, "dags">, { dagId }: NamedDag): DagVersion {
  const version = dags.get(dagId);
  if (version !== undefined) return version;
  throw new CommandRefused("DAG_UNKNOWN", `The Dag folder has no valid Dag ${dagId}.`, {
    hint: "`dagmar dags validate` checks them.",
  });
}
