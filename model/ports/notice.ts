/** Notices about a Dag's runs, where they are sent, and the states of a notice. */
import type { TransitionTable } from "../run/transitions.ts";

export const NOTICE_KINDS = ["failure", "recovery"] as const;
/** Too many failed runs in a row; the first success after such a notice. */
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export const NOTICE_STATES = ["open", "sent", "given_up"] as const;
type NoticeState = (typeof NOTICE_STATES)[number];

export const NOTICE_TRANSITIONS = {
  open: ["sent", "given_up"],
  sent: [],
  given_up: [],
} as const satisfies TransitionTable<NoticeState>;

export const NOTICE_CHANNELS = ["webhook", "mail"] as const;
type NoticeChannelName = (typeof NOTICE_CHANNELS)[number];

/** One place that gets each notice; every target has its own row, so that a failure of one delays no other. */
export interface NoticeTarget {
  readonly channel: NoticeChannelName;
  /** The mail address; `null` for the webhook. */
  readonly recipient: string | null;
}

/** As its row holds it. Instants are ISO UTC. */
export interface Notice extends NoticeTarget {
  readonly noticeId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly kind: NoticeKind;
  /** Failed runs in a row when it was created. */
  readonly failures: number;
  readonly message: string;
  readonly state: NoticeState;
  /** Failed tries to send it. */
  readonly tries: number;
  /** `null` when it is no longer open. */
  readonly nextTryAt: string | null;
  /** Why the last try failed. */
  readonly error: string | null;
  readonly createdAt: string;
  readonly sentAt: string | null;
}
