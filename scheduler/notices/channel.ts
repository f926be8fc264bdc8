/** A way to send notices, as the sender uses it. What an answer means for the notice: judge-answer.ts. */
import type { Finding } from "../../model/ports/examination.ts";
import type { Notice, NoticeTarget } from "../../model/ports/notice.ts";

/** `refused`: final for this notice. `failed`: it may succeed later. */
export type Answer =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "failed"; readonly error: string };

export interface NoticeChannel {
  readonly name: NoticeTarget["channel"];
  /** The receiver, at the beginning of a sentence and inside one: `The webhook`, `the webhook`. */
  readonly title: readonly [string, string];
  /** What to check when it refuses a notice: a sentence. */
  readonly todo: string;
  /** Rejects with the signal's reason if aborted; everything else is an answer. */
  deliver(notice: Notice, signal: AbortSignal): Promise<Answer>;
  /** For `dagmar doctor`: sends no notice. */
  examine(signal: AbortSignal): Promise<Finding>;
}
