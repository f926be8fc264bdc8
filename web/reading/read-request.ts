/** What the main thread and the reading thread send each other. */
import type { HttpReply, HttpRequest } from "../server/exchange.ts";

/** Plain data: it crosses to the thread when it starts. */
export interface ReadSettings {
  readonly databaseFile: string;
  readonly lakeId: string;
  /** Absolute. */
  readonly dagsFolder: string;
  readonly version: string;
}

export interface ToReader {
  readonly id: number;
  readonly request: HttpRequest;
}

export interface FromReader {
  readonly id: number;
  readonly reply: HttpReply;
  /** Why it could not be answered, for the log; `null` if it was. */
  readonly fault: string | null;
}
