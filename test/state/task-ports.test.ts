/**
 * The ports that tasks get as `state`. Every call is asynchronous, because another process may hold the database one
 * day.
 */
import { expect, test } from "vitest";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import { openTestWorld } from "../support/test-world.ts";

const METHODS: { readonly [Port in keyof TaskPorts]: Record<keyof TaskPorts[Port], true> } = {
  objects: {
    listKnown: true,
    find: true,
    findNewestFile: true,
    adopt: true,
    markMissing: true,
    noteSeenAgain: true,
    noteListed: true,
    noteRemovals: true,
    findRemovals: true,
    prepareFile: true,
    commitFile: true,
    confirmAdopted: true,
    dropPreparedFile: true,
  },
  inputs: { resolve: true, resolveMany: true, recordWrite: true, listWriters: true },
  catalog: { listPrefixes: true },
  leases: { take: true },
  tables: { findStanding: true, findPlanned: true, plan: true, commit: true, drop: true },
  candidates: { find: true, stage: true },
  batches: {
    openAsk: true,
    plan: true,
    isStillPlanned: true,
    spool: true,
    decide: true,
    listUnsealed: true,
    listSealed: true,
    seal: true,
    readBody: true,
    leaveOutStored: true,
    discard: true,
    rekey: true,
    commit: true,
    fixManifests: true,
    reconcile: true,
    close: true,
    pickStored: true,
    listFailures: true,
  },
  events: { record: true },
};

test("every method of every port returns a promise, also for its errors", async () => {
  const { ports } = await openTestWorld();
  for (const [port, names] of Object.entries(METHODS)) {
    const methods = ports[port as keyof TaskPorts] as unknown as Record<string, () => unknown>;
    for (const name of Object.keys(names)) {
      // Without arguments: the result does not matter here.
      const answer = methods[name]?.();
      expect(answer, `${port}.${name}`).toBeInstanceOf(Promise);
      await Promise.allSettled([answer]);
    }
  }
});
