/** Takes, renews and releases the database's lease for this process. */
import { formatLocalText } from "../../model/time/local-time.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { describeError, isFencedOff, StateError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { releaseLease, renewLease, takeLease } from "../../state/control/lease.ts";
import type { Lease } from "../../state/control/lease-holder.ts";
import { isProcessAlive, type ProcessIdentity } from "./process-identity.ts";

export const LEASE_SECONDS = 30;
const RENEW_SECONDS = 10;

export interface HeldLease {
  readonly epoch: number;
  /** Aborted with `LEASE_LOST` when another process took over, with `DATABASE_MOVED` when the file is another one. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface LeaseTools {
  readonly clock: Clock;
  readonly log: Logger;
  /** For times in messages. */
  readonly timezone: string;
}

/** Raises `DATABASE_BUSY` when another process holds it. */
export async function holdLease(
  database: Database,
  identity: ProcessIdentity,
  purpose: string,
  tools: LeaseTools,
): Promise<HeldLease> {
  const { clock, log, timezone } = tools;
  failpoint("lease.take.before");
  const taken = await database.write((query) => {
    const now = clock.now();
    return takeLease(
      query,
      { ...identity, purpose },
      { now: now.toISOString(), expiresAt: expiry(now) },
      (held) => isLeaseFree(held, now),
    );
  });
  if ("heldBy" in taken) throw refuse(taken.heldBy, timezone);
  failpoint("lease.take.after");
  const { epoch } = taken;
  database.fenceBy(epoch);
  const stopping = new AbortController();
  const lost = new AbortController();
  const renewing = renew();

  async function renew(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(RENEW_SECONDS * 1000, stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        await database.write((query) => {
          renewLease(query, epoch, expiry(clock.now()));
        });
      } catch (error) {
        log.warn(`The lease could not be renewed: ${describeError(error)}`);
        if (isFencedOff(error)) {
          lost.abort(error);
          return;
        }
      }
    }
  }

  return {
    epoch,
    lost: lost.signal,
    async release() {
      stopping.abort();
      await renewing;
      if (lost.signal.aborted) return;
      try {
        failpoint("lease.release.before");
        await database.write((query) => {
          releaseLease(query, epoch);
        });
        failpoint("lease.release.after");
      } catch (error) {
        // Another process took over since the last renewal: there is nothing to release, and this process stays
        // fenced off.
        if (isFencedOff(error)) return;
        throw error;
      }
      database.fenceBy(null);
    },
  };
}

function expiry(now: Date): string {
  return new Date(now.getTime() + LEASE_SECONDS * 1000).toISOString();
}

/**
 * A dead holder's lease is free at once. A living one keeps it until the expiry: if it stalled for that long, the
 * epoch fences it off when it wakes. An expiry far in the future means that the clock was set back, so the lease is
 * free; an unreadable expiry counts as passed.
 */
export function isLeaseFree(held: Lease, now: Date): boolean {
  const alive = isProcessAlive(held);
  if (alive === false) return true;
  const remainingMs = Date.parse(held.expiresAt) - now.getTime();
  return !(remainingMs > 0) || (alive === "unknown" && remainingMs > 2 * LEASE_SECONDS * 1000);
}

const STAND_BY_MS = 1_000;

export interface StandbyObserver {
  /** Names the holder, or says that the database is locked. Called again only when the message changes. */
  standsBy(message: string): void;
  looked(): void;
}

/** Like `holdLease`, but waits while another process holds the lease. `null` if `stopping` is aborted first. */
export async function awaitLease(
  database: Database,
  identity: ProcessIdentity,
  purpose: string,
  tools: LeaseTools,
  stopping: AbortSignal,
  observer: StandbyObserver,
): Promise<HeldLease | null> {
  let told = "";
  while (!stopping.aborted) {
    try {
      return await holdLease(database, identity, purpose, tools);
    } catch (error) {
      if (!(error instanceof StateError) || error.code !== "DATABASE_BUSY") throw error;
      if (error.message !== told) observer.standsBy(error.message);
      told = error.message;
      observer.looked();
    }
    await tools.clock.sleep(STAND_BY_MS, stopping).catch(() => undefined);
  }
  return null;
}

function refuse(held: Lease, timezone: string): StateError {
  return new StateError(
    "DATABASE_BUSY",
    `Another process is using this database: ${held.purpose} (pid ${held.pid} on ${held.host}, since ${formatLocalText(held.acquiredAt, timezone)}).`,
    { hint: "Wait until it has finished, or stop it; then run the same command again." },
  );
}
