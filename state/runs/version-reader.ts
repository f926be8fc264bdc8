/** Reads versions of Dags for one request: each is parsed once, because versions never change. */
import type { DagDefinition } from "../../model/dag/dag.ts";
import type { Query } from "../sqlite/query.ts";
import { readDagVersion } from "./dag-runs.ts";

export type ReadVersion = (fingerprint: string) => DagDefinition;

export function createVersionReader(query: Query): ReadVersion {
  const known = new Map<string, DagDefinition>();
  return (fingerprint) => {
    const version = known.get(fingerprint) ?? readDagVersion(query, fingerprint);
    known.set(fingerprint, version);
    return version;
  };
}
