/** The end of what a stream said, however much it was: for the task's output and for the message of a failure. */
import type { CleanText } from "./clean-text.ts";

const KEPT_BYTES = 16_384;

export interface OutputTail {
  add(chunk: Buffer): void;
  /** The last lines that are not blank, in order, at most `count`. */
  lastLines(count: number): readonly string[];
}

export function createOutputTail(clean: CleanText): OutputTail {
  let kept: Buffer = Buffer.alloc(0);
  let isWhole = true;
  return {
    add(chunk) {
      isWhole &&= kept.length + chunk.length <= KEPT_BYTES;
      // A copy: a part of the chunk would keep all of it in memory.
      const added = chunk.subarray(-KEPT_BYTES);
      kept = Buffer.concat([kept.subarray(Math.max(0, kept.length + added.length - KEPT_BYTES)), added]);
    },
    lastLines(count) {
      const lines = kept.toString("utf8").split(/\r?\n/);
      // The first one is a part of a line, and is left out where there is another.
      if (!isWhole && lines.some((line, index) => index > 0 && line.trim() !== "")) lines.shift();
      const shown = lines.map(clean).filter((line) => line.trim() !== "");
      return shown.slice(-count);
    },
  };
}
