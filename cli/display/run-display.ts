/** What is shown while a run is under way; how depends on who looks: a terminal, a file, a program. */
import type { Writable } from "node:stream";
import type { EngineObserver } from "../../scheduler/engine/engine-observer.ts";

export interface RunDisplay {
  readonly observer: EngineObserver;
  /** Log lines go through here, so that they do not tear what is drawn. */
  readonly logStream: Writable;
  /** Leaves what is final on the screen. */
  close(): Promise<void>;
}
