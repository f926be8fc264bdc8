/**
 * Rings once a minute, by node-cron. It wakes the loop and decides nothing: what is due is decided from the cursors in the
 * database, so that a late, lost or doubled ring changes nothing. A finer pattern would walk every second of a clock's jump.
 */
import { schedule } from "node-cron";

/** Hangs a bell up; what it gives takes it down. */
export type Doorbell = (ring: () => void) => () => void;

export const ringEachMinute: Doorbell = (ring) => {
  const task = schedule("* * * * *", ring, { name: "dagmar" });
  return () => void task.destroy();
};
