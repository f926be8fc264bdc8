/** Events of the loop itself between two turns: logged at once, and kept until a turn has written them. */
import type { Event } from "../../model/ports/event-log.ts";
import type { Logger } from "../../model/ports/logger.ts";

export interface UnwrittenEvents {
  warn(kind: string, message: string): void;
  readonly all: readonly Event[];
  /** They are written and committed; later ones stay. */
  markWritten(events: readonly Event[]): void;
}

export function createUnwrittenEvents(log: Logger): UnwrittenEvents {
  let all: readonly Event[] = [];
  return {
    warn(kind, message) {
      log.warn(message, { event: kind });
      all = [...all, { level: "warn", kind, message }];
    },
    get all() {
      return all;
    },
    markWritten(events) {
      all = all.filter((event) => !events.includes(event));
    },
  };
}
