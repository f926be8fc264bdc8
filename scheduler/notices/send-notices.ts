/**
 * Sends the notices that are due to the webhook, and writes down what became of them. At least once: who dies between the
 * webhook's answer and the commit sends the notice again. Which notices there are is decided in note-run-end.
 */
import type { Agent } from "node:http";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { Notice } from "../../model/ports/notice.ts";
import type { Database } from "../../state/sqlite/database.ts";
import { insertEvent } from "../../state/control/events.ts";
import { endNotice, findDueNotice, findNextDueAt, postponeNotice } from "../../state/control/notices.ts";
import { judgeAnswer, LONGEST_DELAY_SECONDS, type Verdict } from "./judge-answer.ts";
import { postJson } from "./post-json.ts";
import { renderNotice } from "./render-notice.ts";

/** A webhook that has just failed is left alone for this long, whichever notice is due. */
const REST_SECONDS = 30;

/** Told after the transaction that made it true. */
export interface NoticeObserver {
  noticeTried?(notice: Notice, outcome: Verdict["kind"]): void;
}

export interface NoticeSenderOptions {
  readonly database: Database;
  /** A secret: it reaches no log, event, row or error. */
  readonly url: string;
  /** JSON, as the settings have checked it. */
  readonly template: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of events about runs that are gone. */
  readonly timezone: string;
  readonly observer: NoticeObserver;
  /** Makes what the connection goes through, such as a proxy. */
  readonly makeAgent?: (() => Agent) | undefined;
}

export interface NoticeSender {
  /**
   * Sends what is due, one after the other, oldest first, and gives the number that was sent. Ends with the first try that
   * failed for now. A call while another is at work waits for that one. When `signal` is aborted it ends without an error,
   * and what was under way stays open. Errors: those of the database.
   */
  send(signal: AbortSignal): Promise<number>;
  /** When there is something to send; `null` for not at all. In the past when it is due already. */
  nextDueAt(): Date | null;
}

export function createNoticeSender(options: NoticeSenderOptions): NoticeSender {
  const { database, url, template, clock, log, timezone, observer } = options;
  // Monotonic: a clock that is set back makes nobody wait.
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let sending: Promise<number> | undefined;

  async function sendDue(signal: AbortSignal): Promise<number> {
    let sent = 0;
    while (!signal.aborted && clock.monotonicMs() >= restUntilMs) {
      const now = clock.now();
      const notice = findDueNotice(database, now, findUnlikelyDate(now));
      if (notice === undefined) break;
      const answer = await postJson(
        url,
        renderNotice(template, notice),
        clock,
        signal,
        options.makeAgent,
      ).catch((error: unknown) => {
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
          insertEvent(query, describeGivenUp(notice, verdict.error), now, timezone);
      }
    });
    const facts = { dag: notice.dagId, run: notice.runId, kind: notice.kind };
    if (verdict.kind === "sent") log.info("The webhook was told of a run's end.", facts);
    if (verdict.kind === "given_up") log.error(describeGivenUp(notice, verdict.error).message, facts);
    if (verdict.kind === "again") {
      log.warn(`The webhook could not be told of a run's end: ${verdict.error}. It is tried again.`, {
        ...facts,
        at: verdict.at,
      });
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
      const dueAt = findNextDueAt(database, now, findUnlikelyDate(now));
      if (dueAt === null) return null;
      const restMs = Math.max(0, restUntilMs - clock.monotonicMs());
      return new Date(Math.max(Date.parse(dueAt), restMs === 0 ? 0 : now.getTime() + restMs));
    },
  };
}

/** A try further ahead than any delay was planned by a clock that has been set back since: it is due. */
function findUnlikelyDate(now: Date): Date {
  return new Date(now.getTime() + LONGEST_DELAY_SECONDS * 1000);
}

function describeGivenUp(notice: Notice, error: string) {
  return {
    level: "error",
    kind: "notice_given_up",
    message: `The webhook was not told "${notice.message}": ${error}. Is DAGMAR_NOTIFY_URL still right?`,
    dagId: notice.dagId,
    runId: notice.runId,
    data: { kind: notice.kind, tries: notice.tries + 1 },
  } as const;
}
