/** Parses and formats durations as people write them (`30s`, `5m`, `2h`, `7d`), and limits their length. */

const UNIT_SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
export const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/;

/**
 * Ten years. Waits are stored in the database or split into several timers, so the limit of a timer does not matter.
 */
export const LONGEST_DURATION_SECONDS = 3650 * 86_400;
/** The shortest time between two attempts of a task, whatever its settings or its type ask for: no task may spin. */
export const LEAST_WAIT_SECONDS = 1;

/** Seconds of a text such as `90s` or `1.5h`; `undefined` if it is not a duration or too long. */
export function parseDurationSeconds(text: string): number | undefined {
  const seconds = readSeconds(text);
  return seconds === undefined || seconds > LONGEST_DURATION_SECONDS ? undefined : seconds;
}

export const DURATION_FORM = 'must be a duration such as "30s", "5m", "2h" or "7d"';

/** What is wrong with a text that should be a duration; `undefined` if it is valid. */
export function findDurationFault(text: string): string | undefined {
  const seconds = readSeconds(text);
  if (seconds === undefined) return DURATION_FORM;
  return seconds > LONGEST_DURATION_SECONDS ? "must not be longer than 3650d" : undefined;
}

function readSeconds(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_SECONDS[match[2] as keyof typeof UNIT_SECONDS];
}

/** `850 ms`, `12.3 s`, `4 m 05 s`, `2 h 03 m`: at most two units, for people. */
export function formatDuration(seconds: number): string {
  // The limits match the rounding, so that no output is "1000 ms" or "60.0 s".
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86_400)} d ${pad(Math.floor((whole % 86_400) / 3600))} h`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
