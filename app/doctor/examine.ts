/**
 * The order of an examination, and its limits: all checks run at the same time, each within its own limit, and one that
 * fails or hangs is a finding like any other. What is checked stands in the checks' own files.
 */
import { DagmarError, describeError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Finding } from "../../model/ports/examination.ts";

export interface Check {
  /** Names its findings, and the one that says that it failed. */
  readonly what: string;
  /** Its findings, at least one. */
  run(signal: AbortSignal): Promise<readonly Finding[]>;
}

export const CHECK_LIMIT_MS = 15_000;

/** The findings in the order of the checks, whichever is ready first. Takes little longer than the limit, and raises nothing. */
export async function examine(
  checks: readonly Check[],
  clock: Clock,
  limitMs = CHECK_LIMIT_MS,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(checks.map((check) => runBounded(check, clock, limitMs)));
  return findings.flat();
}

async function runBounded(check: Check, clock: Clock, limitMs: number): Promise<readonly Finding[]> {
  const stop = new AbortController();
  const ready = new AbortController();
  const late = clock.sleep(limitMs, ready.signal).then(() => [describeLate(check.what, limitMs)]);
  // Given up when the check is ready first.
  late.catch(() => undefined);
  try {
    return await Promise.race([startCheck(check, stop.signal), late]);
  } catch (error) {
    return [describeFault(check.what, error)];
  } finally {
    ready.abort();
    stop.abort();
  }
}

/** What it throws at once counts as what it rejects with. */
async function startCheck(check: Check, signal: AbortSignal): Promise<readonly Finding[]> {
  return await check.run(signal);
}

function describeLate(what: string, limitMs: number): Finding {
  const says = `no answer within ${limitMs / 1000} s; the check was given up`;
  return { what, state: "fail", says, todo: "Check the network or the disk behind it." };
}

export function describeFault(what: string, error: unknown): Finding {
  if (error instanceof DagmarError) {
    return { what, state: "fail", says: error.message.replace(/\.$/, ""), todo: error.hint ?? null };
  }
  return { what, state: "fail", says: describeError(error), todo: null };
}
