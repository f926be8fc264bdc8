/**
 * The outcome of a try to send a notice: sent, given up, or tried again, and when. Knows nothing of how it was sent.
 */
import type { Notice } from "../../model/ports/notice.ts";
import type { Answer } from "./channel.ts";

/** After the first try, the second and the third; the last delay repeats. */
const DELAYS_SECONDS = [30, 120, 600, 3600] as const;
export const LONGEST_DELAY_SECONDS = 3600;
const GIVE_UP_SECONDS = 24 * 3600;
/** More tries do not fit into a day. */
const MOST_TRIES = 30;

export type Verdict =
  | { readonly kind: "sent" }
  | { readonly kind: "given_up"; readonly error: string }
  | { readonly kind: "again"; readonly error: string; readonly at: Date };

/** Tries again after a failure, for a day after the notice was created. A notice that is already older gets one try. */
export function judgeAnswer(notice: Notice, answer: Answer, now: Date): Verdict {
  if (answer.kind === "taken") return { kind: "sent" };
  const { error } = answer;
  if (answer.kind === "refused") return { kind: "given_up", error };
  const delaySeconds = DELAYS_SECONDS[notice.tries] ?? LONGEST_DELAY_SECONDS;
  const at = new Date(now.getTime() + delaySeconds * 1000);
  // `createdAt` may be unreadable or in the future: then only the number of tries counts.
  const isInTime = at.getTime() <= Date.parse(notice.createdAt) + GIVE_UP_SECONDS * 1000;
  return !isInTime || notice.tries >= MOST_TRIES ? { kind: "given_up", error } : { kind: "again", error, at };
}
