/** Keeps the facts for health and readiness, as the service reports them. */
import { describeError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { readLease } from "../../state/control/lease.ts";
import type { ServiceFacts } from "./health.ts";

export interface ServiceState {
  /** Observes, and passes every call on. */
  readonly observer: ServiceObserver;
  setRole(role: ServiceFacts["role"]): void;
  /** A standby has looked at the lease. */
  tick(): void;
  facts(): ServiceFacts;
}

export function createServiceState(database: Database, clock: Clock, next: ServiceObserver): ServiceState {
  let role: ServiceFacts["role"] = "standby";
  let lastTickMs: number | null = null;
  let brokenDags: number | null = null;
  let stepFault: ServiceFacts["stepFault"] = null;
  return {
    observer: {
      ...next,
      tick(durationSeconds) {
        lastTickMs = clock.monotonicMs();
        next.tick(durationSeconds);
      },
      stepEnded(fault) {
        stepFault =
          fault === null ? null : { message: fault, sinceMs: stepFault?.sinceMs ?? clock.monotonicMs() };
        next.stepEnded(fault);
      },
      importErrors(count) {
        brokenDags = count;
        next.importErrors(count);
      },
    },
    setRole(given) {
      role = given;
    },
    tick() {
      lastTickMs = clock.monotonicMs();
    },
    facts: () => ({
      role,
      lastTickMs,
      brokenDags,
      stepFault,
      nowMs: clock.monotonicMs(),
      lastWriteError: database.lastWriteError,
      ...(role === "standby" ? { leaseExpiresInSeconds: null } : readExpiry(database, clock)),
    }),
  };
}

/** An error of reading the lease is a fact too: the health check shows it. */
function readExpiry(
  database: Database,
  clock: Clock,
): Pick<ServiceFacts, "leaseExpiresInSeconds" | "leaseReadError"> {
  try {
    const lease = readLease(database);
    if (lease === undefined) return { leaseExpiresInSeconds: null };
    return { leaseExpiresInSeconds: (Date.parse(lease.expiresAt) - clock.now().getTime()) / 1000 };
  } catch (error) {
    return { leaseExpiresInSeconds: null, leaseReadError: describeError(error) };
  }
}
