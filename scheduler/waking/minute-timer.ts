/**
 * Wakes the loop once a minute, by node-cron. It decides nothing: what is due is decided from the cursors in the
 * database, so that a late, lost or doubled wake-up changes nothing.
 */
import { schedule, type Logger } from "node-cron";
import type { Clock } from "../../model/ports/clock.ts";

/** Starts the timer; what it gives stops it. A clock that was set back makes it wait: then it is to be started anew. */
export type MinuteTimer = (wake: () => void) => () => void;

const MINUTE_MS = 60_000;

/** What it has to say of slots that it missed would stand in the middle of the log. */
const SILENT: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

/**
 * When its timer ends, node-cron walks from the slot that it waited for to the present, slot by slot: with a pattern of each
 * minute a clock that was set ahead by a year has it walk for half a minute. So each task waits for one minute of the
 * calendar, which comes again a year later, wakes however late it is, and is started anew for the next minute.
 */
export const wakeEachMinute =
  (clock: Pick<Clock, "now">): MinuteTimer =>
  (wake) => {
    let stop = start();

    function start(): () => void {
      const next = new Date(Math.floor(clock.now().getTime() / MINUTE_MS + 1) * MINUTE_MS);
      const pattern = `0 ${next.getUTCMinutes()} ${next.getUTCHours()} ${next.getUTCDate()} ${next.getUTCMonth() + 1} *`;
      const task = schedule(
        pattern,
        () => {
          stop();
          stop = start();
          wake();
        },
        {
          name: "dagmar",
          timezone: "Etc/UTC",
          missedExecutionTolerance: Infinity,
          suppressMissedWarning: true,
          logger: SILENT,
        },
      );
      return () => void task.destroy();
    }

    return () => stop();
  };
