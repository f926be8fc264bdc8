/** Where notices go: whether the mail server can be reached and accepts the user, and which last notice was given up. */
import { existsSync } from "node:fs";
import type { Finding } from "../../model/ports/examination.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import { listLastEnds } from "../../state/control/notices.ts";
import type { App } from "../app.ts";
import { listNoticeTargets, openNoticeChannels } from "../notices/open-channels.ts";

const what = "notices";

/** No notice is sent. */
export async function examineNotices(app: App, signal: AbortSignal): Promise<readonly Finding[]> {
  // Only a mail that is sent needs the database's id.
  const channels = await openNoticeChannels(app, () => "");
  if (channels.length === 0) {
    const says = "neither DAGMAR_NOTIFY_URL nor DAGMAR_SMTP_URL is set: no notice of failures is sent";
    return [{ what, state: "ok", says, todo: null }];
  }
  const found = await Promise.all(channels.map((channel) => channel.examine(signal)));
  return [...found, ...(await listGivenUp(app))];
}

/** Targets whose last notice was given up, unless they are no longer configured. */
async function listGivenUp(app: App): Promise<readonly Finding[]> {
  if (!existsSync(app.settings.databaseFile)) return [];
  const targets = listNoticeTargets(app.settings.notify);
  const ends = listLastEnds(await app.openDatabase("read"));
  return ends
    .filter(({ state }) => state === "given_up")
    .filter((end) =>
      targets.some(({ channel, recipient }) => channel === end.channel && recipient === end.recipient),
    )
    .map(({ channel, recipient, createdAt, error, dagId }): Finding => {
      const target = recipient === null ? "the webhook" : recipient;
      const at = formatLocalText(createdAt, app.settings.timezone);
      return {
        what: channel,
        state: "warn",
        says: `the last notice for ${target}, of ${dagId} at ${at}, was given up: ${error ?? "no reason is recorded"}`,
        todo: "Correct the settings of notices and restart the scheduler. This line disappears with the next notice that is sent.",
      };
    });
}
