/**
 * Sends due notices over one channel and records the outcome. At least once: if the process dies between the receiver's
 * answer and the commit, the notice is sent again. note-run-end.ts creates the notices.
 */
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { Notice } from "../../model/ports/notice.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { insertEvent } from "../../state/control/events.ts";
import { endNotice, findDueNotice, findNextDueAt, postponeNotice } from "../../state/control/notices.ts";
import type { NoticeChannel } from "./channel.ts";
import { judgeAnswer, LONGEST_DELAY_SECONDS, type Verdict } from "./judge-answer.ts";

/** After a failure no notice is sent for this long. */
const REST_SECONDS = 30;

/** Called after the commit. */
export interface NoticeObserver {
  noticeTried?(notice: Notice, outcome: Verdict["kind"]): void;
}

export interface NoticeSenderOptions {
  readonly database: Database;
  readonly channel: NoticeChannel;
  readonly clock: Clock;
  readonly log: Logger;
  /** For events about runs that no longer exist. */
  readonly timezone: string;
  readonly observer: NoticeObserver;
}

export interface NoticeSender {
  /**
   * Sends due notices one by one, oldest first, and returns how many were sent. Stops at the first try that failed
   * for now. A second call waits for the first. If `signal` is aborted, it ends without an error and the current
   * notice stays open. Errors: those of the database.
   */
  send(signal: AbortSignal): Promise<number>;
  /** When the next notice is due, possibly in the past; `null` if there is none. */
  nextDueAt(): Date | null;
}

export function createNoticeSender(options: NoticeSenderOptions): NoticeSender {
  const { database, channel, clock, log, timezone, observer } = options;
  const [, receiver] = channel.title;
  // Monotonic: a clock that is set back must not lengthen the wait.
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let sending: Promise<number> | undefined;

  async function sendDue(signal: AbortSignal): Promise<number> {
    let sent = 0;
    while (!signal.aborted && clock.monotonicMs() >= restUntilMs) {
      const now = clock.now();
      const notice = findDueNotice(database, channel.name, now, findUnlikelyDate(now));
      if (notice === undefined) break;
      const answer = await channel.deliver(notice, signal).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (answer === undefined) break;
      const verdict = judgeAnswer(notice, answer, clock.now());
      await writeDown(notice, verdict);
      if (verdict.kind === "sent") sent += 1;
      if (verdict.kind === "again") restUntilMs = clock.monotonicMs() + REST_SECONDS * 1000;
    }
    return sent;
  }

  async function writeDown(notice: Notice, verdict: Verdict): Promise<void> {
    await database.write((query) => {
      const now = clock.now();
      switch (verdict.kind) {
        case "sent":
          endNotice(query, notice, { state: "sent" }, now);
          return;
        case "again":
          postponeNotice(query, notice, verdict.error, verdict.at);
          return;
        case "given_up":
          endNotice(query, notice, { state: "given_up", error: verdict.error }, now);
          insertEvent(query, describeGivenUp(channel, notice, verdict.error), now, timezone);
      }
    });
    const facts = { dag: notice.dagId, run: notice.runId, kind: notice.kind };
    if (verdict.kind === "sent") log.info(`Sent a notice about a run to ${receiver}.`, facts);
    if (verdict.kind === "given_up")
      log.error(describeGivenUp(channel, notice, verdict.error).message, facts);
    if (verdict.kind === "again") {
      log.warn(
        `A notice about a run could not be sent to ${receiver}: ${verdict.error}. It is tried again.`,
        {
          ...facts,
          at: verdict.at,
        },
      );
    }
    observer.noticeTried?.(notice, verdict.kind);
  }

  return {
    async send(signal) {
      sending ??= sendDue(signal).finally(() => {
        sending = undefined;
      });
      return sending;
    },
    nextDueAt() {
      const now = clock.now();
      const dueAt = findNextDueAt(database, channel.name, now, findUnlikelyDate(now));
      if (dueAt === null) return null;
      const restMs = Math.max(0, restUntilMs - clock.monotonicMs());
      return new Date(Math.max(Date.parse(dueAt), restMs === 0 ? 0 : now.getTime() + restMs));
    },
  };
}

/** A try planned further ahead than any delay comes from a clock that was set back since: it is due now. */
function findUnlikelyDate(now: Date): Date {
  return new Date(now.getTime() + LONGEST_DELAY_SECONDS * 1000);
}

function describeGivenUp(channel: NoticeChannel, notice: Notice, error: string) {
  const [receiver] = channel.title;
  const target = notice.recipient === null ? "" : ` for ${notice.recipient}`;
  return {
    level: "error",
    kind: "notice_given_up",
    message: `${receiver} did not accept the notice "${notice.message}"${target}: ${error}. ${channel.todo}`,
    dagId: notice.dagId,
    runId: notice.runId,
    data: {
      kind: notice.kind,
      tries: notice.tries + 1,
      channel: notice.channel,
      recipient: notice.recipient,
    },
  } as const;
}
