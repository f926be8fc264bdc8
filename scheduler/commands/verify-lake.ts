/** Enters a verification of the lake. The scheduler's process does it next to the loop: `app/lake/verify-on-request.ts`. */
import { CommandRefused } from "../../model/errors.ts";
import { insertEvent } from "../../state/control/events.ts";
import {
  findOpenVerification,
  insertVerification,
  type VerifyScope,
} from "../../state/records/verifications.ts";
import type { Query } from "../../state/sqlite/query.ts";

export interface VerifyRequest extends VerifyScope {
  /** For the local time of the event. */
  readonly timezone: string;
}

/** Returns its number. Raises `VERIFY_RUNNING`. */
export function requestVerification(
  query: Query,
  lakeId: string,
  { prefix, isDeep, timezone }: VerifyRequest,
  by: string,
  now: Date,
): number {
  const open = findOpenVerification(query, lakeId);
  if (open !== undefined) {
    throw new CommandRefused(
      "VERIFY_RUNNING",
      `Verification ${open.verificationId} of this lake is ${open.state}: ${open.requestedBy} asked for it.`,
      { hint: "Wait until it has ended. A verification ends with the scheduler's process." },
    );
  }
  const verificationId = insertVerification(query, lakeId, { prefix, isDeep }, by, now);
  const what = prefix === "" ? "the lake" : `the keys below ${prefix}`;
  const message = `Verification ${verificationId} of ${what} was requested${isDeep ? "; every object is read" : ""}.`;
  insertEvent(
    query,
    { level: "info", kind: "verify_requested", message, data: { lake: lakeId } },
    now,
    timezone,
  );
  return verificationId;
}
