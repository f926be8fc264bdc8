/** Numbers the lines of logs that grow: what was counted once is not read again. */
import { NEWLINE, type LogText } from "./log-text.ts";

export interface LineCounter {
  /** The number of lines that end before the offset. */
  count(log: LogText, offset: number): Promise<number>;
}

const STEP_BYTES = 1024 * 1024;
/** Logs whose counts are kept. */
const MOST_LOGS = 32;

export function createLineCounter(): LineCounter {
  /** By the identity of a log's oldest part: the lines before each step. */
  const known = new Map<string, number[]>();

  function remember(log: LogText): number[] {
    const counts = known.get(log.identity) ?? [0];
    // The last used are at the end.
    known.delete(log.identity);
    known.set(log.identity, counts);
    for (const oldest of known.keys()) {
      if (known.size <= MOST_LOGS) break;
      known.delete(oldest);
    }
    // A file that is shorter than what was counted has other content.
    if ((counts.length - 1) * STEP_BYTES > log.sizeBytes) counts.length = 1;
    return counts;
  }

  return {
    async count(log, offset) {
      const counts = remember(log);
      const wanted = Math.floor(offset / STEP_BYTES);
      const buffer = Buffer.allocUnsafe(STEP_BYTES);
      while (counts.length <= wanted) {
        const step = counts.length - 1;
        const lines = countLines(await log.read(step * STEP_BYTES, STEP_BYTES, buffer));
        // Another request may have counted the same meanwhile.
        if (counts.length - 1 === step) counts.push((counts[step] ?? 0) + lines);
      }
      const from = wanted * STEP_BYTES;
      return (counts[wanted] ?? 0) + countLines(await log.read(from, offset - from, buffer));
    },
  };
}

export function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
