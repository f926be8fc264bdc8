/**
 * Decides from plain facts whether the service is healthy (needs no restart) and ready (does the work now). Gathering the
 * facts and sending the verdict are not its work.
 */

export interface ServiceFacts {
  readonly role: "active" | "standby" | "stopping";
  /** The loop's last turn, or a standby's last look at the lease, on the monotonic clock. `null` before the first. */
  readonly lastTickMs: number | null;
  /** On the same clock. */
  readonly nowMs: number;
  /** The error of the last write to the database; `null` if it succeeded. */
  readonly lastWriteError: string | null;
  /** Why the loop's steps cannot be written, and since when on the same clock; `null` if the last step was written. */
  readonly stepFault: { readonly message: string; readonly sinceMs: number } | null;
  /** `null` until the Dag folder was read. */
  readonly brokenDags: number | null;
  /** 0 or less once it has run out; `null` without a lease. */
  readonly leaseExpiresInSeconds: number | null;
  /** Why it could not be read. */
  readonly leaseReadError?: string;
}

export interface Check {
  readonly ok: boolean;
  readonly detail: string;
}

export interface Health {
  readonly status: "ok" | "failing";
  readonly checks: Readonly<Record<string, Check>>;
}

/** The minute timer wakes the loop at least once a minute; the extra 30 s allow for a busy machine. */
const MAX_TICK_AGE_SECONDS = 90;

/** A standby is healthy; so is a service that is stopping, which must not be killed while its tasks end. */
export function judgeHealth(facts: ServiceFacts): Health {
  return conclude({ loop: checkLoop(facts), lease: checkLease(facts) });
}

/** A service is ready if it holds the lease and can work. A broken Dag file stops that Dag, not the service. */
export function judgeReadiness(facts: ServiceFacts): Health {
  return conclude({
    role: checkRole(facts),
    loop: checkLoop(facts),
    lease: checkLease(facts),
    dags: checkDags(facts),
    writes: checkWrites(facts),
  });
}

function conclude(checks: Readonly<Record<string, Check>>): Health {
  return { status: Object.values(checks).every(({ ok }) => ok) ? "ok" : "failing", checks };
}

function checkRole({ role }: ServiceFacts): Check {
  switch (role) {
    case "active":
      return pass("active");
    case "standby":
      return fail("standby: another process holds the lease");
    case "stopping":
      return fail("stopping: no new task starts");
  }
}

function checkLoop({ role, lastTickMs, nowMs }: ServiceFacts): Check {
  if (role === "stopping") return pass("stopping: waiting for running tasks");
  if (lastTickMs === null) {
    return role === "standby" ? pass("standby") : fail("the loop has not turned yet");
  }
  const ageSeconds = Math.max(0, nowMs - lastTickMs) / 1000;
  const detail = `turned ${formatSeconds(ageSeconds)} ago`;
  return ageSeconds <= MAX_TICK_AGE_SECONDS
    ? pass(detail)
    : fail(`${detail}, more than ${MAX_TICK_AGE_SECONDS} s`);
}

function checkLease({ role, leaseExpiresInSeconds, leaseReadError }: ServiceFacts): Check {
  if (role === "standby") return pass("standby");
  if (leaseReadError !== undefined) return fail(`could not be read: ${leaseReadError}`);
  // A stopping service releases the lease last.
  if (leaseExpiresInSeconds === null) return role === "stopping" ? pass("released") : fail("not held");
  return leaseExpiresInSeconds > 0
    ? pass(`held, for another ${formatSeconds(leaseExpiresInSeconds)} unless renewed`)
    : fail(`ran out ${formatSeconds(-leaseExpiresInSeconds)} ago without being renewed`);
}

function checkDags({ brokenDags }: ServiceFacts): Check {
  if (brokenDags === null) return fail("the Dag folder has not been read yet");
  if (brokenDags === 0) return pass("all Dag files are valid");
  return pass(`${brokenDags} broken; \`dagmar dags validate\` shows where`);
}

function checkWrites({ lastWriteError, stepFault, nowMs }: ServiceFacts): Check {
  if (stepFault !== null) {
    const seconds = formatSeconds(Math.max(0, nowMs - stepFault.sinceMs) / 1000);
    return fail(`no step of the scheduler could be written for ${seconds}: ${stepFault.message}`);
  }
  return lastWriteError === null
    ? pass("the last write succeeded")
    : fail(`the last write failed: ${lastWriteError}`);
}

function pass(detail: string): Check {
  return { ok: true, detail };
}

function fail(detail: string): Check {
  return { ok: false, detail };
}

function formatSeconds(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
