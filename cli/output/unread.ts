/** Whether the reader of the output has what it wants (`| head`): a command that only prints then ends without a fault. */
import { CommandRefused } from "../../model/errors.ts";

/** Raises any other reason to stop. */
export function isUnread(drain: AbortSignal): boolean {
  if (!drain.aborted) return false;
  const { reason } = drain as { readonly reason: unknown };
  if (reason instanceof CommandRefused && reason.code === "OUTPUT_CLOSED") return true;
  throw reason;
}
