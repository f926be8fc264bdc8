/** The result of asking TMDB for one title. */
import type { AbsenceReason } from "./title-check.ts";

export interface FoundTitle {
  readonly outcome: "found";
  /** TMDB's own bytes: one JSON object. */
  readonly body: Uint8Array;
  /** See `hashStructure`. */
  readonly structure: string;
  /** Path template of the answer: `/movie/{imdb_id}`, `/movie/{id}` or `/tv/{id}`. */
  readonly endpoint: string;
  /** ISO UTC. */
  readonly fetchedAt: string;
  readonly providerId: number;
}

export interface AbsentTitle {
  readonly outcome: "not_found";
  readonly reason: AbsenceReason;
  readonly fetchedAt: string;
}

export interface FailedTitle {
  readonly outcome: "failed";
  /**
   * `bad_id`, `wrong_title`, `too_large`, `not_a_title`, `bad_find_answer`, or one of the reasons in `attempt-failure.ts`
   * after the retries.
   */
  readonly reason: string;
  /** For people; holds no secret. */
  readonly detail: string;
  /** Why no answer came, without the request; only of a request that failed. */
  readonly cause?: string;
  /** Asking again at once would give the same, if the service works: see `proofs`. */
  readonly isPermanent: boolean;
  /**
   * The answer is the title that was asked for, so the service works and the failure is the title's own. Default
   * `false`.
   */
  readonly isProven?: boolean;
  readonly fetchedAt: string;
}

export type TitleAnswer = FoundTitle | AbsentTitle | FailedTitle;
