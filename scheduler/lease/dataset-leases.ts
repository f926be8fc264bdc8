/** The lease of a dataset's records: a lease in the lake, renewed while an attempt asks for them. */
import { encodeNoteName, type LakeNotes } from "../../lake/lake-notes.ts";
import { describeError, LakeError, TaskReschedule } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { DatasetLease, DatasetLeases, LeaseTaker } from "../../model/ports/dataset-leases.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import { findLeaseHolder, takeLakeLease, type LakeLease, type LeaseHolder } from "./lake-lease.ts";

/** How long a holder that cannot be seen from here, and has stopped renewing, keeps others away. */
const HOLD_MS = 60_000;
const RENEW_MS = 20_000;
/** A holder that could not renew ends its work this long before others may take over. */
const SPARE_MS = 10_000;
/** After this time a task that found it held looks again. */
const LOOK_AGAIN_SECONDS = 15;

export interface LeaseTools {
  readonly notes: LakeNotes;
  readonly clock: Clock;
}

export function createDatasetLeases({ notes, clock }: LeaseTools): DatasetLeases {
  return {
    async take(dataset, taker) {
      const { dagId: dag, runId: run } = taker.run;
      const wanted = { facts: { dataset, dag, run }, until: new Date(clock.now().getTime() + HOLD_MS) };
      try {
        const taken = await takeLakeLease(notes, nameLease(dataset), clock, wanted, taker.signal);
        if ("heldBy" in taken) throw refuse(dataset, taken.heldBy, taker.run.timezone);
        return keep(dataset, taken.lease, wanted.until, clock, taker);
      } catch (error) {
        if (!isDenied(error)) throw error;
        taker.log.warn(
          `Nothing keeps another Dagmar with a database of its own from asking for ${dataset} in this lake at the same time: ${describeError(error)}`,
        );
        return { lost: new AbortController().signal, release: () => Promise.resolve() };
      }
    },
  };
}

/** Another process that asks for the dataset's records at the moment; `undefined` also without the permission to look. */
export async function findDatasetHolder(
  { notes, clock }: LeaseTools,
  dataset: string,
): Promise<LeaseHolder | undefined> {
  try {
    return await findLeaseHolder(notes, nameLease(dataset), clock);
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof LakeError && error.code === "LAKE_DENIED";
}

function nameLease(dataset: string): string {
  return `leases/${encodeNoteName(dataset)}.lease`;
}

function keep(
  dataset: string,
  lease: LakeLease,
  firstUntil: Date,
  clock: Clock,
  { log }: LeaseTaker,
): DatasetLease {
  const lost = new AbortController();
  const ended = new AbortController();
  let until = firstUntil;

  async function renew(): Promise<void> {
    const wanted = new Date(clock.now().getTime() + HOLD_MS);
    try {
      if (await lease.extend(wanted, ended.signal)) until = wanted;
      else lose("another process has taken its lease over");
    } catch (error) {
      if (!ended.signal.aborted)
        log.warn(`The lease on ${dataset} could not be renewed: ${describeError(error)}`);
    }
  }

  function lose(why: string): void {
    const message = `This attempt has stopped asking for ${dataset}: ${why}. What it has stored stays, and the next attempt continues.`;
    lost.abort(new TaskReschedule("DATASET_BUSY", message, LOOK_AGAIN_SECONDS));
  }

  const measureRest = (): number => until.getTime() - SPARE_MS - clock.now().getTime();
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    clock.sleep(Math.max(ms, 0), signal).catch(() => undefined);

  async function watch(): Promise<void> {
    while (!lost.signal.aborted) {
      await pause(Math.min(RENEW_MS, measureRest()), ended.signal);
      if (ended.signal.aborted) return;
      // A store that does not answer must not keep this one from stopping in time.
      const answered = new AbortController();
      await Promise.race([renew(), pause(measureRest(), answered.signal)]);
      answered.abort();
      if (measureRest() <= 0) lose("its lease could not be renewed in time");
    }
  }

  const watching = watch();
  return {
    lost: lost.signal,
    async release() {
      ended.abort();
      await watching;
      await lease.release().catch((error: unknown) => {
        log.warn(
          `The lease on ${dataset} could not be given back; it ends by itself: ${describeError(error)}`,
        );
      });
    },
  };
}

function refuse(dataset: string, { facts, pid, host, since }: LeaseHolder, timezone: string): TaskReschedule {
  const holder = `${facts["dag"]}/${facts["run"]} (pid ${pid} on ${host}, since ${formatLocalText(since, timezone)})`;
  return new TaskReschedule(
    "DATASET_BUSY",
    `Another Dagmar with its own database is asking for ${dataset} in this lake: ${holder}.`,
    LOOK_AGAIN_SECONDS,
  );
}
