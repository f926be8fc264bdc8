/**
 * The outcome of a try to send a notice: sent, given up, or tried again, and when. Knows nothing of how it was sent.
 */
import type { Notice } from "../../model/ports/notice.ts";

/** After the first try, the second and the third; the last delay repeats. */
const DELAYS_SECONDS = [30, 120, 600, 3600] as const;
export const LONGEST_DELAY_SECONDS = 3600;
const GIVE_UP_SECONDS = 24 * 3600;
/** More tries do not fit into a day. */
const MOST_TRIES = 30;

/** The answer's HTTP status, or a short reason why there was none. */
export type Answer = { readonly status: number } | { readonly fault: string };

export type Verdict =
  | { readonly kind: "sent" }
  | { readonly kind: "given_up"; readonly error: string }
  | { readonly kind: "again"; readonly error: string; readonly at: Date };

/**
 * Tries again after 408, 429 and every failure that is not the receiver's verdict on the notice, for a day after the
 * notice was created. A notice that is already older gets one try.
 */
export function judgeAnswer(notice: Notice, answer: Answer, now: Date): Verdict {
  if ("status" in answer && answer.status >= 200 && answer.status < 300) return { kind: "sent" };
  const error = "status" in answer ? `it answered with status ${answer.status}` : answer.fault;
  if ("status" in answer && isFinal(answer.status)) return { kind: "given_up", error };
  const delaySeconds = DELAYS_SECONDS[notice.tries] ?? LONGEST_DELAY_SECONDS;
  const at = new Date(now.getTime() + delaySeconds * 1000);
  // `createdAt` may be unreadable or in the future: then only the number of tries counts.
  const isInTime = at.getTime() <= Date.parse(notice.createdAt) + GIVE_UP_SECONDS * 1000;
  return !isInTime || notice.tries >= MOST_TRIES ? { kind: "given_up", error } : { kind: "again", error, at };
}

function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
