/**
 * The Logger port over winston: one line an event. log-line makes the line, log-value decides what of a value may be
 * shown, and the composition root where the lines go.
 */
import type { Writable } from "node:stream";
import winston from "winston";
import type { Clock } from "../model/ports/clock.ts";
import type { LogLevel, Logger } from "../model/ports/logger.ts";
import { composeLine, makeLogger, type LineFormat, type Write } from "./log-line.ts";
import { makeRedact } from "./log-value.ts";

export interface LoggerOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  readonly format: LineFormat;
  /** `close` does not end it: it may be the process's own. */
  readonly stream: Writable;
  /** Values that are never written, wherever they occur. */
  readonly secrets: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

export interface ClosableLogger extends Logger {
  /** Resolves when every line so far has been handed to the stream and written by it. Later lines are dropped. */
  close(): Promise<void>;
}

/** A logger that writes to `options.stream`. */
export function createLogger(options: LoggerOptions): ClosableLogger {
  const { stream, format, clock } = options;
  const sink = winston.createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    // The line is made here, so that only redacted text reaches winston.
    format: winston.format.printf((info) => String(info.message)),
    transports: [new winston.transports.Stream({ stream, eol: "\n" })],
    exitOnError: false,
  });
  const redact = makeRedact(options.secrets);
  let isOpen = true;

  const write: Write = (event) => {
    if (!isOpen || !sink.isLevelEnabled(event.level)) return;
    const message = composeLine(format, { ...event, at: clock.now() }, redact);
    sink.log({ level: event.level, message });
  };
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await new Promise<void>((resolve) => {
      sink.once("finish", resolve);
      sink.end();
    });
    if (stream.writable) await new Promise<void>((resolve) => stream.write("", () => resolve()));
  };
  return { ...makeLogger(write), close };
}
