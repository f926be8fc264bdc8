/** For commands that show the database as it changes: one connection that only reads, and a wait for the next change. */
import type { App } from "../app.ts";

const LOOK_MS = 500;
/** Durations and waiting times change without the database. */
const REDRAW_MS = 5_000;

export interface DatabaseWatch {
  /** Resolves when another process has committed something; `or a while` also a few seconds later. */
  waitForChange(until: "only" | "or a while"): Promise<void>;
}

/** The app with its one connection for reading, and the watch on it. Asks SQLite for the file's version and for nothing else. */
export async function watchDatabase(
  app: App,
  drain: AbortSignal,
): Promise<{ readonly app: App; readonly watch: DatabaseWatch }> {
  const database = await app.openDatabase("read");
  let seen = database.version;
  return {
    app: { ...app, openDatabase: () => Promise.resolve(database) },
    watch: {
      async waitForChange(until) {
        const startedMs = app.clock.monotonicMs();
        for (;;) {
          await app.clock.sleep(LOOK_MS, drain);
          const version = database.version;
          const isLate = until === "or a while" && app.clock.monotonicMs() - startedMs >= REDRAW_MS;
          if (version === seen && !isLate) continue;
          seen = version;
          return;
        }
      },
    },
  };
}
