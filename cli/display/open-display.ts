/** Chooses the display: none for JSON, lines for a pipe, a redrawn table for a terminal. */
import type { Writable } from "node:stream";
import { systemClock } from "../process/system-clock.ts";
import type { Output } from "../output/output.ts";
import type { RunDisplay } from "./run-display.ts";

export interface LateDisplay {
  /** Standard error until the display is opened, the display after. */
  readonly logStream: Writable;
  open(taskIds: readonly string[]): RunDisplay;
}

export async function openDisplay(output: Output, isSilent: boolean): Promise<LateDisplay> {
  const { PassThrough } = await import("node:stream");
  const { createPlainDisplay } = await import("./plain-display.ts");
  // A terminal without a known width (`docker run -t`) cannot redraw lines in place.
  const isDrawable = !isSilent && output.isTerminal && process.stdout.columns > 0;
  const terminal = isDrawable ? await import("./terminal-display.ts") : undefined;
  const logStream = new PassThrough();
  let target: Writable = process.stderr;
  logStream.on("data", (chunk: Buffer) => {
    target.write(chunk);
  });
  return {
    logStream,
    open(taskIds) {
      const display = choose(taskIds);
      target = display.logStream;
      return {
        ...display,
        async close() {
          target = process.stderr;
          await display.close();
        },
      };
    },
  };

  function choose(taskIds: readonly string[]): RunDisplay {
    if (isSilent) return { observer: {}, logStream: process.stderr, close: () => Promise.resolve() };
    if (terminal !== undefined && taskIds.length > 0) {
      return terminal.createTerminalDisplay(output, systemClock, taskIds);
    }
    return createPlainDisplay(output, systemClock);
  }
}
