/**
 * Wakes the loop once a minute with node-cron. What is due is decided from the cursors in the database, so a late,
 * lost or doubled wake-up changes nothing.
 */
import { schedule, type Logger } from "node-cron";
import type { Clock } from "../../model/ports/clock.ts";

/**
 * Starts the timer and returns its stop function. Start it again after the clock was set back: it would wait too
 * long.
 */
export type MinuteTimer = (wake: () => void) => () => void;

const MINUTE_MS = 60_000;

/** Keeps node-cron's own warnings about missed slots out of the log. */
const SILENT: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

/**
 * When its timer fires, node-cron walks slot by slot from the slot that it waited for to the present. With an
 * every-minute pattern this takes half a minute after the clock was set ahead by a year. So each task waits for one
 * calendar minute, which repeats only a year later, fires however late it is, and is replaced by a task for the next
 * minute.
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
