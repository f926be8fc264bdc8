/** The display of a run in progress: for a terminal, a file, or a program that reads JSON. */
import type { Writable } from "node:stream";
import type { EngineObserver } from "../../scheduler/engine/engine-observer.ts";

export interface RunDisplay {
  readonly observer: EngineObserver;
  /** Log lines pass through here, so that they do not break the redrawn lines. */
  readonly logStream: Writable;
  /** Leaves the final lines on the screen. */
  close(): Promise<void>;
}
