/**
 * The steps of a turn, in their order, as in docs/architecture.md. The engine does the first and the last itself:
 * settle ended attempts, and plan and apply.
 */
import type { Event } from "../../model/ports/event-log.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { SourceFolder } from "../../model/ports/dag-source.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { insertEvent } from "../../state/control/events.ts";
import { listDagRows, readNewestSuccess } from "../../state/runs/dags.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { answerRequests, type OwnWork } from "../commands/answer-requests.ts";
import type { StepGuard } from "../engine/step-guard.ts";
import { syncDags } from "../runs/sync-dags.ts";
import type { DagReader } from "../runs/dag-reader.ts";
import type { DagWatch } from "../runs/dag-watch.ts";
import { endFinishedBackfills } from "../runs/end-backfills.ts";
import { followSuccesses } from "../runs/follow-successes.ts";
import { makeDueRuns } from "../runs/make-due-runs.ts";
import type { RunMaker } from "../runs/new-run.ts";
import { watchUnknownStates } from "../runs/unknown-states.ts";
import type { WakeSignal } from "../waking/wake-signal.ts";
import type { UnwrittenEvents } from "../waking/unwritten-events.ts";

/** Shared by the turns of one process. */
export interface TurnTools {
  readonly database: Database;
  readonly log: Logger;
  readonly service: ServiceObserver;
  readonly maker: RunMaker;
  /** For events that belong to no Dag. */
  readonly timezone: string;
  readonly wakeSignal: WakeSignal;
  readonly reader: DagReader;
  readonly watch: DagWatch;
  readonly unwritten: UnwrittenEvents;
}

/** One turn's transaction. */
export interface Turn {
  readonly query: Query;
  readonly now: Date;
  readonly guard: StepGuard;
  readonly events: readonly Event[];
  /** Read and not yet in the database. */
  readonly folder: SourceFolder | null;
  /** Of the folder that this turn takes in, else of the last one. */
  readonly dags: SourceFolder["dags"];
  readonly own: OwnWork;
}

export interface TurnStep {
  readonly name: string;
  /** Skipped while the scheduler drains: its work would not start. */
  readonly makesWork: boolean;
  /** Returns whether it may have written to Dags or runs: then their cache is read again. */
  take(turn: Turn, tools: TurnTools): boolean;
}

/** In the turn's transaction, after ended attempts are settled and before the plan. */
export const TURN_STEPS: readonly TurnStep[] = [
  {
    name: "own events",
    makesWork: false,
    take({ query, now, events }, { timezone }) {
      for (const event of events) insertEvent(query, event, now, timezone);
      return false;
    },
  },
  {
    name: "unknown states",
    makesWork: false,
    take: ({ query, now, guard }, { timezone }) => watchUnknownStates(query, now, timezone, guard),
  },
  {
    name: "Dag files",
    makesWork: false,
    take({ query, now, folder, guard }, { timezone }) {
      if (folder !== null) syncDags(query, folder, now, timezone, guard);
      return folder !== null;
    },
  },
  {
    name: "requests",
    makesWork: true,
    take: ({ query, now, dags, own }, { maker, log }) =>
      answerRequests(query, { ...maker, dags }, own, log, now) > 0,
  },
  {
    name: "slots",
    makesWork: true,
    take({ query, now, guard }, { maker, watch, service }) {
      const skips = makeDueRuns(query, maker, watch.dags, now, guard);
      for (const { dagId, skipped } of skips ?? []) {
        service.slotsSkipped(dagId, skipped.count, skipped.kind);
      }
      return skips !== undefined;
    },
  },
  {
    name: "successes",
    makesWork: true,
    take: ({ query, now, guard }, { maker, watch }) =>
      followSuccesses(query, maker, watch.dags, readNewestSuccess(query), now, guard),
  },
  {
    name: "backfills",
    makesWork: false,
    take({ query, now, guard }, { timezone }) {
      endFinishedBackfills(query, now, timezone, guard);
      return false;
    },
  },
];

/** What a turn committed. */
export interface CommittedTurn {
  readonly at: Date;
  readonly events: readonly Event[];
  readonly folder: SourceFolder | null;
  /** Whether one of the steps may have written to Dags or runs. */
  readonly isChanged: boolean;
}

export interface AfterCommit {
  readonly name: string;
  follow(turn: CommittedTurn, tools: TurnTools): void;
}

/** Once the transaction is committed and the engine has started and stopped attempts. */
export const AFTER_COMMIT: readonly AfterCommit[] = [
  {
    name: "taken in",
    follow({ events, folder }, { unwritten, watch, reader, service }) {
      unwritten.markWritten(events);
      if (folder === null) return;
      watch.setFolder(folder);
      reader.markTaken(folder);
      service.importErrors(folder.broken.size);
    },
  },
  {
    name: "next slots",
    follow({ at, isChanged }, { database, watch, wakeSignal }) {
      if (isChanged) watch.markStale();
      if (!watch.isStale) return;
      // The turn's time, not the present: a slot that came due since was not missed.
      watch.setRows(listDagRows(database), at);
      // The new rows may have made something due.
      wakeSignal.raise();
    },
  },
];
