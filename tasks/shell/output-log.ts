/**
 * A program's output as lines of the task's log, as they come: long lines are cut, and nothing is added beyond a limit.
 * Holds at most one line of each stream.
 */
import type { Logger } from "../../model/ports/logger.ts";
import { EMPTY_LINE, NEWLINE, SHOWN_BYTES, endLine, extendLine, type OutputLine } from "./output-line.ts";

export const STREAMS = ["stdout", "stderr"] as const;
export type StreamName = (typeof STREAMS)[number];

/** What a line takes in the log in addition to its text, so that a flood of empty lines is limited too. */
const LINE_OVERHEAD_BYTES = 64;

export interface OutputLog {
  write(stream: StreamName, chunk: Buffer): void;
  /** Shows the last text if it has no line end. */
  close(): void;
}

export function createOutputLog(
  log: Logger,
  limitBytes: number,
  show: (line: OutputLine) => string,
): OutputLog {
  const begun: Record<StreamName, OutputLine> = { stdout: EMPTY_LINE, stderr: EMPTY_LINE };
  let leftBytes = limitBytes;
  let isFull = false;

  function finishLine(stream: StreamName, rest: Buffer): void {
    const line = endLine(extendLine(begun[stream], rest));
    begun[stream] = EMPTY_LINE;
    leftBytes -= Math.min(line.lengthBytes, SHOWN_BYTES) + LINE_OVERHEAD_BYTES;
    if (leftBytes < 0) {
      isFull = true;
      log.info(`The output is longer than output_limit (${limitBytes} bytes); the rest is not shown.`);
      return;
    }
    const text = show(line);
    if (text.trim() !== "") log.info(text, { stream });
  }

  return {
    write(stream, chunk) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1 && !isFull; end = chunk.indexOf(NEWLINE, start)) {
        finishLine(stream, chunk.subarray(start, end));
        start = end + 1;
      }
      if (!isFull && start < chunk.length) begun[stream] = extendLine(begun[stream], chunk.subarray(start));
    },
    close() {
      for (const stream of STREAMS) {
        if (!isFull && begun[stream].lengthBytes > 0) finishLine(stream, Buffer.alloc(0));
      }
    },
  };
}
