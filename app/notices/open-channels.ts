/** The channels that are configured, and the targets that get a row for each notice. */
import type { Settings } from "../../config/settings/settings.ts";
import type { NoticeTarget } from "../../model/ports/notice.ts";
import type { NoticeChannel } from "../../scheduler/notices/channel.ts";
import type { App } from "../app.ts";

export function listNoticeTargets({ url, mail }: Settings["notify"]): readonly NoticeTarget[] {
  return [
    ...(url === null ? [] : [{ channel: "webhook", recipient: null } as const]),
    ...(mail?.to ?? []).map(({ address }) => ({ channel: "mail", recipient: address }) as const),
  ];
}

/** `readDatabaseId`: asked when a mail is sent. */
export async function openNoticeChannels(
  { settings, clock, makeAgent }: Pick<App, "settings" | "clock" | "makeAgent">,
  readDatabaseId: () => string,
): Promise<readonly NoticeChannel[]> {
  const { url, template, mail } = settings.notify;
  const channels: NoticeChannel[] = [];
  if (url !== null) {
    const { createWebhookChannel } = await import("../../scheduler/notices/webhook-channel.ts");
    channels.push(createWebhookChannel({ url, template, clock, makeAgent }));
  }
  if (mail !== null) {
    const { createMailChannel } = await import("../../scheduler/notices/mail-channel.ts");
    const facts = () => ({ timezone: settings.timezone, databaseId: readDatabaseId() });
    channels.push(createMailChannel({ route: mail, clock, facts }));
  }
  return channels;
}
