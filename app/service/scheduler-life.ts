/** Whether a scheduler is at work, as the lease shows it to other processes and threads. */
import { LEASE_SECONDS } from "../../scheduler/lease/lease-keeper.ts";
import { readLease } from "../../state/control/lease.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { SCHEDULER_PURPOSE } from "../ask-scheduler.ts";

export interface SchedulerLife {
  readonly isAlive: boolean;
  /** When the lease was last renewed, ISO UTC; `null` if no scheduler holds it. */
  readonly heartbeatAt: string | null;
}

export function readSchedulerLife(query: Query, now: Date): SchedulerLife {
  const lease = readLease(query);
  if (lease?.purpose !== SCHEDULER_PURPOSE) return { isAlive: false, heartbeatAt: null };
  const expiresMs = Date.parse(lease.expiresAt);
  return {
    isAlive: expiresMs > now.getTime(),
    heartbeatAt: new Date(expiresMs - LEASE_SECONDS * 1000).toISOString(),
  };
}
