/**
 * The last lines of a stream that are not blank, however long the output: for the task's output and for the message of
 * a failure.
 */
import { EMPTY_LINE, NEWLINE, endLine, extendLine, type OutputLine } from "./output-line.ts";

export interface OutputTail {
  add(chunk: Buffer): void;
  /** At most as many as are kept, in order. */
  readonly lines: readonly OutputLine[];
}

export function createOutputTail(count: number, isBlank: (line: OutputLine) => boolean): OutputTail {
  let kept: readonly OutputLine[] = [];
  /** The line that has no end yet. */
  let begun = EMPTY_LINE;

  /** From the end backwards: most chunks hold more lines than are kept. */
  function findLast(chunk: Buffer, end: number): readonly OutputLine[] {
    const found: OutputLine[] = [];
    for (let to = end; ;) {
      const from = to === 0 ? 0 : chunk.lastIndexOf(NEWLINE, to - 1) + 1;
      const line = endLine(extendLine(from === 0 ? begun : EMPTY_LINE, chunk.subarray(from, to)));
      if (!isBlank(line)) found.unshift(line);
      if (from === 0 || found.length === count) return found;
      to = from - 1;
    }
  }

  return {
    add(chunk) {
      const end = chunk.lastIndexOf(NEWLINE);
      if (end === -1) {
        begun = extendLine(begun, chunk);
        return;
      }
      kept = [...kept, ...findLast(chunk, end)].slice(-count);
      begun = extendLine(EMPTY_LINE, chunk.subarray(end + 1));
    },
    get lines() {
      return (isBlank(begun) ? kept : [...kept, endLine(begun)]).slice(-count);
    },
  };
}
