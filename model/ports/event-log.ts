/** The EventLog port: records what people must be able to find later. An event goes to the database and the log. */
import type { JsonValue } from "../dag/dag.ts";

export type EventLevel = "info" | "warn" | "error";

export interface Event {
  readonly level: EventLevel;
  /** snake_case, such as `foreign_object`. */
  readonly kind: string;
  readonly message: string;
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly data?: Readonly<Record<string, JsonValue>>;
}

export interface EventLog {
  record(event: Event): Promise<void>;
}
