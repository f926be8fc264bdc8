/**
 * Keeps one broken thing from stopping everything else in its step. A step runs without guards first; if it throws,
 * it runs again with a savepoint around each thing, and only the thing that throws is given up.
 */
import { StateError } from "../../model/errors.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";

/** Something other than a run, such as a Dag's slots. */
export interface GuardedThing {
  /** A sentence for people that says what is not done: `a skips its slots`. */
  readonly what: string;
  readonly dagId: string;
  /** Keeps it from throwing again in every step. */
  readonly giveUp: () => void;
}

export interface StepGuard {
  readonly isCareful: boolean;
  /** Such a run is not touched again in this step. */
  isGivenUp(dagRunId: number): boolean;
  /** `undefined` if the run was given up, by this work or earlier in the step. */
  run<T>(dagRunId: number, work: () => T): T | undefined;
  /** `undefined` when it was given up. */
  thing<T>(thing: GuardedThing, work: () => T): T | undefined;
}

export const NO_GUARD: StepGuard = {
  isCareful: false,
  isGivenUp: () => false,
  run: (_, work) => work(),
  thing: (_, work) => work(),
};

export interface GivingUp {
  run(dagRunId: number, error: unknown): void;
  thing(thing: GuardedThing, error: unknown): void;
}

export function createCarefulGuard(query: Query, giveUp: GivingUp): StepGuard {
  const givenUp = new Set<number>();

  function attempt<T>(work: () => T, onFault: (error: unknown) => void): T | undefined {
    try {
      return inSavepoint(query, work);
    } catch (error) {
      if (isDatabaseFault(error)) throw error;
      onFault(error);
      return undefined;
    }
  }

  return {
    isCareful: true,
    isGivenUp: (dagRunId) => givenUp.has(dagRunId),
    run(dagRunId, work) {
      if (givenUp.has(dagRunId)) return undefined;
      return attempt(work, (error) => {
        givenUp.add(dagRunId);
        giveUp.run(dagRunId, error);
      });
    },
    thing: (thing, work) => attempt(work, (error) => giveUp.thing(thing, error)),
  };
}

/** Whether the error may come from one thing in the step; a lost lease or a full disk concerns all of it. */
export function mayBeOneThing(error: unknown): boolean {
  return !(error instanceof StateError && CONCERNS_ALL.has(error.code));
}

const CONCERNS_ALL: ReadonlySet<string> = new Set(["LEASE_LOST", "DATABASE_FULL", "DATABASE_BUSY"]);
