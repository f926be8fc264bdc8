/** What becomes of a notice after a try: sent, given up, or tried again, and when. Knows nothing of how it was sent. */
import type { Notice } from "../../model/ports/notice.ts";

/** After the first try, the second, the third; the last one again and again. */
const DELAYS_SECONDS = [30, 120, 600, 3600] as const;
export const LONGEST_DELAY_SECONDS = 3600;
const GIVE_UP_SECONDS = 24 * 3600;
/** More than that are never made in a day. */
const MOST_TRIES = 30;

/** The answer's HTTP status, or a few words on why there was none. */
export type Answer = { readonly status: number } | { readonly fault: string };

export type Verdict =
  | { readonly kind: "sent" }
  | { readonly kind: "given_up"; readonly error: string }
  | { readonly kind: "again"; readonly error: string; readonly at: Date };

/**
 * 408 and 429 and whatever is no word of the receiver's about the notice itself is tried again, for a day after the notice
 * was made; a notice that is older by then, because nobody was there to send it, still had its one try.
 */
export function judgeAnswer(notice: Notice, answer: Answer, now: Date): Verdict {
  if ("status" in answer && answer.status >= 200 && answer.status < 300) return { kind: "sent" };
  const error = "status" in answer ? `it answered with status ${answer.status}` : answer.fault;
  if ("status" in answer && isFinal(answer.status)) return { kind: "given_up", error };
  const delaySeconds = DELAYS_SECONDS[notice.tries] ?? LONGEST_DELAY_SECONDS;
  const at = new Date(now.getTime() + delaySeconds * 1000);
  // `createdAt` may be no instant, or lie in the future: then the tries alone tell.
  const isInTime = at.getTime() <= Date.parse(notice.createdAt) + GIVE_UP_SECONDS * 1000;
  return !isInTime || notice.tries >= MOST_TRIES ? { kind: "given_up", error } : { kind: "again", error, at };
}

function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
