/**
 * Does the verifications that were asked of the scheduler, one after the other and outside its loop: a thread compares, and
 * here its progress and its result are recorded. What a stopped process was doing is cancelled.
 */
import { describeError, isFencedOff } from "../../model/errors.ts";
import type { Event } from "../../model/ports/event-log.ts";
import { insertEvent } from "../../state/control/events.ts";
import {
  beginVerification,
  breakVerification,
  endVerification,
  findOpenVerification,
  noteProgress,
  type Verification,
  type VerifyReport,
  type VerifyScope,
} from "../../state/records/verifications.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";

/** What the thread tells; `done` and `failed` are the last. */
export type VerifyNews =
  | { readonly kind: "progress"; readonly checked: number; readonly objects: number }
  | { readonly kind: "done"; readonly report: VerifyReport }
  | { readonly kind: "failed"; readonly message: string };

export interface VerifyThread {
  /** Rejects when the thread has ended. */
  next(): Promise<VerifyNews>;
  stop(): Promise<void>;
}

export type StartVerify = (scope: VerifyScope) => VerifyThread;

type VerifyingApp = Pick<App, "clock" | "log"> & {
  readonly lake: Pick<App["lake"], "id">;
  readonly settings: Pick<App["settings"], "timezone">;
};

const LOOK_EVERY_MS = 1_000;
/** Each is a commit, which pages that are open read again. */
const NOTE_EVERY_MS = 1_000;

/** Resolves when `stopping` is aborted and no verification is under way. Raises nothing. */
export async function verifyOnRequest(
  app: VerifyingApp,
  database: Database,
  start: StartVerify,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      const open = findOpenVerification(database, app.lake.id);
      if (open?.state === "queued") await verify(app, database, open, start, stopping);
    } catch (error) {
      if (isFencedOff(error)) return;
      app.log.warn(`A verification could not be processed: ${describeError(error)}`);
    }
    await app.clock.sleep(LOOK_EVERY_MS, stopping).catch(() => undefined);
  }
}

async function verify(
  app: VerifyingApp,
  database: Database,
  { verificationId, prefix, isDeep }: Verification,
  start: StartVerify,
  stopping: AbortSignal,
): Promise<void> {
  const { clock } = app;
  if (!(await database.write((query) => beginVerification(query, verificationId, clock.now())))) return;
  const thread = start({ prefix, isDeep });
  const stop = (): void => void thread.stop();
  stopping.addEventListener("abort", stop, { once: true });
  try {
    const end = await follow(app, database, verificationId, thread);
    await (end.kind === "done"
      ? recordReport(app, database, verificationId, end.report)
      : recordBreak(app, database, verificationId, "failed", end.message));
  } catch (error) {
    if (isFencedOff(error)) throw error;
    await (stopping.aborted
      ? recordBreak(app, database, verificationId, "cancelled", "The scheduler was stopped.")
      : recordBreak(app, database, verificationId, "failed", describeError(error)));
  } finally {
    stopping.removeEventListener("abort", stop);
    await thread.stop();
  }
}

/** Records the progress until the last news. */
async function follow(
  { clock }: VerifyingApp,
  database: Database,
  verificationId: number,
  thread: VerifyThread,
): Promise<Exclude<VerifyNews, { readonly kind: "progress" }>> {
  let notedMs = -Infinity;
  for (;;) {
    const news = await thread.next();
    if (news.kind !== "progress") return news;
    if (clock.monotonicMs() - notedMs < NOTE_EVERY_MS) continue;
    notedMs = clock.monotonicMs();
    await database.write((query) => noteProgress(query, verificationId, news.checked, news.objects));
  }
}

async function recordReport(
  { clock, lake, settings }: VerifyingApp,
  database: Database,
  verificationId: number,
  report: VerifyReport,
): Promise<void> {
  const { checked, isFaulty, counts } = report;
  const found = Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`);
  const result = found.length === 0 ? "all are there and match their records" : found.join(", ");
  const event: Event = {
    level: isFaulty ? "error" : "info",
    kind: "verify_done",
    message: `Verification ${verificationId}: ${checked} objects were compared; ${result}.`,
    data: { lake: lake.id, ...counts },
  };
  await database.write((query) => {
    endVerification(query, verificationId, report, clock.now());
    insertEvent(query, event, clock.now(), settings.timezone);
  });
}

async function recordBreak(
  { clock, lake, settings }: VerifyingApp,
  database: Database,
  verificationId: number,
  state: "failed" | "cancelled",
  why: string,
): Promise<void> {
  const event: Event = {
    level: "warn",
    kind: "verify_stopped",
    message: `Verification ${verificationId} ${state === "failed" ? "failed" : "was cancelled"}: ${why}`,
    data: { lake: lake.id },
  };
  await database.write((query) => {
    breakVerification(query, verificationId, state, why, clock.now());
    insertEvent(query, event, clock.now(), settings.timezone);
  });
}
