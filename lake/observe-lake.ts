/** A lake that reports the outcome of every put; everything else is done by the lake it wraps. */
import type { PutResult } from "../model/ports/lake.ts";
import type { PutOutcome } from "../model/ports/service-observer.ts";
import type { SweepableLake } from "./sweepable-lake.ts";

export function observeLake(lake: SweepableLake, tell: (outcome: PutOutcome) => void): SweepableLake {
  async function watch(sha256: string, put: Promise<PutResult>): Promise<PutResult> {
    try {
      const result = await put;
      if (result.outcome === "created") tell("created");
      else tell(result.head.metadata["sha256"] === sha256 ? "exists" : "conflict");
      return result;
    } catch (error) {
      tell("error");
      throw error;
    }
  }
  return {
    id: lake.id,
    capabilities: (signal) => lake.capabilities(signal),
    putBytes: (request) => watch(request.sha256, lake.putBytes(request)),
    putFile: (request) => watch(request.sha256, lake.putFile(request)),
    replaceFile: (request) => watch(request.sha256, lake.replaceFile(request)),
    head: (key, signal) => lake.head(key, signal),
    get: (key, signal) => lake.get(key, signal),
    getFile: (request) => lake.getFile(request),
    list: (prefix, signal) => lake.list(prefix, signal),
    remove: (key, object, signal) => lake.remove(key, object, signal),
    sweepLeftovers: (prefix, startedBefore, signal) => lake.sweepLeftovers(prefix, startedBefore, signal),
    serverAddress: lake.serverAddress,
    renaming: lake.renaming,
    notes: lake.notes,
    examine: (prefixes, signal) => lake.examine(prefixes, signal),
    close: () => lake.close(),
  };
}
