/**
 * Sends notices when they are due, outside the loop: a receiver that hangs delays no turn, and one channel does not wait for
 * another.
 */
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { describeError } from "../../model/errors.ts";
import type { NoticeChannel } from "../../scheduler/notices/channel.ts";
import { readDatabaseId } from "../../state/control/database-identity.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import { openNoticeChannels } from "../notices/open-channels.ts";

const LOOK_EVERY_MS = 1_000;

/** Resolves when `stopping` is aborted; open notices are sent after the next start. */
export async function sendDueNotices(
  app: App,
  database: Database,
  service: ServiceObserver,
  stopping: AbortSignal,
): Promise<void> {
  const channels = await openNoticeChannels(app, () => readDatabaseId(database));
  await Promise.all(channels.map((channel) => sendOver(channel, app, database, service, stopping)));
}

async function sendOver(
  channel: NoticeChannel,
  app: App,
  database: Database,
  service: ServiceObserver,
  stopping: AbortSignal,
): Promise<void> {
  const { createNoticeSender } = await import("../../scheduler/notices/send-notices.ts");
  const sender = createNoticeSender({
    database,
    channel,
    clock: app.clock,
    log: app.log,
    timezone: app.settings.timezone,
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
