/** Sends notices when they are due, outside the loop: a webhook that hangs delays no turn. */
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { describeError } from "../../model/errors.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";

const LOOK_EVERY_MS = 1_000;

/** Resolves when `stopping` is aborted; open notices are sent after the next start. */
export async function sendDueNotices(
  app: App,
  database: Database,
  service: ServiceObserver,
  stopping: AbortSignal,
): Promise<void> {
  const { url, template } = app.settings.notify;
  if (url === null) return;
  const { createNoticeSender } = await import("../../scheduler/notices/send-notices.ts");
  const sender = createNoticeSender({
    database,
    url,
    template,
    clock: app.clock,
    log: app.log,
    timezone: app.settings.timezone,
    makeAgent: app.makeAgent,
    observer: {
      noticeTried(_, outcome) {
        service.noticeSent(outcome === "sent");
      },
    },
  });
  while (!stopping.aborted) {
    try {
      const due = sender.nextDueAt();
      if (due !== null && due <= app.clock.now()) await sender.send(stopping);
    } catch (error) {
      app.log.warn(`Notices could not be processed: ${describeError(error)}`);
    }
    await app.clock.sleep(LOOK_EVERY_MS, stopping).catch(() => undefined);
  }
}
