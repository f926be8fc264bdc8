/**
 * Whether the service is healthy (nobody needs to restart it) and ready (it does the work now), judged from plain facts.
 * How the facts are gathered and the verdict is sent is decided elsewhere.
 */

export interface ServiceFacts {
  readonly role: "active" | "standby" | "stopping";
  /** Monotonic: the loop's last turn, or a standby's last look at the lease. `null` before the first. */
  readonly lastTickMs: number | null;
  /** On the same clock. */
  readonly nowMs: number;
  /** What the last write of the database failed with; `null` when it went well. */
  readonly lastWriteError: string | null;
  /** What has kept the loop's steps from being written, and since when, on the same clock; `null` when the last one was. */
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

/** The minute timer wakes the loop once a minute at the least; half as much again is for a machine that is busy. */
const MAX_TICK_AGE_SECONDS = 90;

/** A standby is healthy; so is a service that is stopping, which must not be killed while its tasks end. */
export function judgeHealth(facts: ServiceFacts): Health {
  return conclude({ loop: checkLoop(facts), lease: checkLease(facts) });
}

/** Ready is who holds the lease and can work. A broken Dag file stops that Dag, not the service. */
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
      return fail("standing by: another process holds the lease");
    case "stopping":
      return fail("stopping: nothing new is started");
  }
}

function checkLoop({ role, lastTickMs, nowMs }: ServiceFacts): Check {
  if (role === "stopping") return pass("stopping: running tasks are waited for");
  if (lastTickMs === null) {
    return role === "standby" ? pass("standing by") : fail("the loop has not turned yet");
  }
  const ageSeconds = Math.max(0, nowMs - lastTickMs) / 1000;
  const detail = `turned ${formatSeconds(ageSeconds)} ago`;
  return ageSeconds <= MAX_TICK_AGE_SECONDS
    ? pass(detail)
    : fail(`${detail}, more than ${MAX_TICK_AGE_SECONDS} s`);
}

function checkLease({ role, leaseExpiresInSeconds, leaseReadError }: ServiceFacts): Check {
  if (role === "standby") return pass("standing by");
  if (leaseReadError !== undefined) return fail(`could not be read: ${leaseReadError}`);
  // Given back as the last act of stopping.
  if (leaseExpiresInSeconds === null) return role === "stopping" ? pass("given back") : fail("not held");
  return leaseExpiresInSeconds > 0
    ? pass(`held, for another ${formatSeconds(leaseExpiresInSeconds)} unless renewed`)
    : fail(`ran out ${formatSeconds(-leaseExpiresInSeconds)} ago without being renewed`);
}

function checkDags({ brokenDags }: ServiceFacts): Check {
  if (brokenDags === null) return fail("the Dag folder was not read yet");
  if (brokenDags === 0) return pass("all Dag files are in order");
  return pass(`${brokenDags} broken; \`dagmar dags validate\` says where`);
}

function checkWrites({ lastWriteError, stepFault, nowMs }: ServiceFacts): Check {
  if (stepFault !== null) {
    const seconds = formatSeconds(Math.max(0, nowMs - stepFault.sinceMs) / 1000);
    return fail(`no step of the scheduler could be written for ${seconds}: ${stepFault.message}`);
  }
  return lastWriteError === null
    ? pass("the last write went well")
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
