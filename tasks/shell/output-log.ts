/** A program's output as lines of the task's log, as they come: long lines cut, and beyond a limit nothing more. Holds one line a stream at most. */
import { StringDecoder } from "node:string_decoder";
import type { Logger } from "../../model/logger.ts";
import type { CleanText } from "./clean-text.ts";

export const STREAMS = ["stdout", "stderr"] as const;
export type StreamName = (typeof STREAMS)[number];

const LINE_BYTES = 8192;
/** What a line takes in the log beside its text: a flood of empty lines has an end, too. */
const LINE_OVERHEAD_BYTES = 64;
const NEWLINE = 0x0a;

export interface OutputLog {
  write(stream: StreamName, chunk: Buffer): void;
  /** Shows what stood without a line's end. */
  close(): void;
}

export function createOutputLog(log: Logger, limitBytes: number, clean: CleanText): OutputLog {
  const held: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let leftBytes = limitBytes;
  let isFull = false;

  function finishLine(stream: StreamName, rest: Buffer): void {
    const bytes = hold(held[stream], rest);
    held[stream] = Buffer.alloc(0);
    leftBytes -= Math.min(bytes.length, LINE_BYTES) + LINE_OVERHEAD_BYTES;
    if (leftBytes < 0) {
      isFull = true;
      log.info(`The output goes on; what is beyond output_limit (${limitBytes} bytes) is not shown.`);
      return;
    }
    const line = clean(decodeLine(bytes));
    if (line.trim() !== "") log.info(line, { stream });
  }

  return {
    write(stream, chunk) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1 && !isFull; end = chunk.indexOf(NEWLINE, start)) {
        finishLine(stream, chunk.subarray(start, end));
        start = end + 1;
      }
      if (!isFull && start < chunk.length) held[stream] = hold(held[stream], chunk.subarray(start));
    },
    close() {
      for (const stream of STREAMS) {
        if (!isFull && held[stream].length > 0) finishLine(stream, Buffer.alloc(0));
      }
    },
  };
}

/** One byte more than a line may have tells that it is cut. A copy: a part of the chunk would keep all of it in memory. */
function hold(held: Buffer, rest: Buffer): Buffer {
  const room = LINE_BYTES + 1 - held.length;
  return room <= 0 ? held : Buffer.concat([held, rest.subarray(0, room)]);
}

function decodeLine(bytes: Buffer): string {
  if (bytes.length > LINE_BYTES) {
    // The decoder keeps back a character that the cut has halved.
    return `${new StringDecoder("utf8").write(bytes.subarray(0, LINE_BYTES))}… (cut)`;
  }
  const isCrLf = bytes.at(-1) === 0x0d;
  return bytes.toString("utf8", 0, isCrLf ? bytes.length - 1 : bytes.length);
}
