/**
 * Keeps one thing that cannot be worked on from stopping everything that shares its step. A step is taken without guards
 * first; where that throws, it is taken again with a savepoint around each thing, and what throws then is given up alone.
 */
import { StateError } from "../../model/errors.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { inSavepoint } from "../../state/sqlite/savepoint.ts";
import { isDatabaseFault } from "../../state/sqlite/sqlite-errors.ts";

/** Something beside a run: a Dag's slots, say. */
export interface GuardedThing {
  /** In words, with what is not done: `The slots of a are not decided`. */
  readonly what: string;
  readonly dagId: string;
  /** Keeps it from throwing again with every step. */
  readonly giveUp: () => void;
}

export interface StepGuard {
  readonly isCareful: boolean;
  /** Nothing more is done with such a run in this step. */
  isGivenUp(dagRunId: number): boolean;
  /** `undefined` when the run was given up, by this work or by some before it in the step. */
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

/** Whether what a step threw may come from one thing in it; a lost lease or a full disk are everybody's. */
export function mayBeOneThing(error: unknown): boolean {
  return !(error instanceof StateError && EVERYBODYS.has(error.code));
}

const EVERYBODYS: ReadonlySet<string> = new Set(["LEASE_LOST", "DATABASE_FULL", "DATABASE_BUSY"]);
