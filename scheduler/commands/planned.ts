/** What a preview showed, as a short text: a command that was confirmed from a preview is refused if its plan has changed. */
import { createHash } from "node:crypto";
import { CommandRefused } from "../../model/errors.ts";

/** `plan`: plain data that has all that a person confirms, and nothing that changes without changing that. */
export function hashPlan(plan: unknown): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("base64url").slice(0, 22);
}

/** `expected`: of the preview; `null` or missing if there was none. Raises `PLAN_CHANGED`. */
export function assertPlanned(expected: string | null | undefined, plan: unknown): void {
  if (expected === null || expected === undefined || expected === hashPlan(plan)) return;
  throw new CommandRefused(
    "PLAN_CHANGED",
    "What would be done has changed since the preview; nothing was done.",
    {
      hint: "Look at the new preview, then confirm it.",
    },
  );
}
