/**
 * Bodies of notices for the receivers that many have, by name. Their forms as documented in November 2026:
 * - Slack, incoming webhooks (docs.slack.dev, "Sending messages using incoming webhooks") and Block Kit's section block: a
 *   `plain_text` object is shown as it is, while `mrkdwn` and the top-level text give `<`, `&` and `*` a meaning. At most
 *   3,000 characters in a section.
 * - Discord (docs.discord.com, "Execute Webhook"): `content`, at most 2,000 characters; an empty `parse` in
 *   `allowed_mentions` lets no text notify people.
 * - Teams (learn.microsoft.com, "Create Incoming Webhooks", by Workflows): a message with one Adaptive Card; Workflows take
 *   no older form.
 * - Telegram (core.telegram.org/bots/api#sendmessage): `chat_id` and `text`, at most 4,096 characters, posted to
 *   https://api.telegram.org/bot<token>/sendMessage.
 */
import type { JsonValue } from "../../model/dag/dag.ts";

const MESSAGE = "${message}";

const CARD: JsonValue = {
  type: "AdaptiveCard",
  $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
  version: "1.2",
  body: [{ type: "TextBlock", text: MESSAGE, wrap: true }],
};

const NAMED: Readonly<Record<string, JsonValue>> = {
  slack: { text: MESSAGE, blocks: [{ type: "section", text: { type: "plain_text", text: MESSAGE } }] },
  discord: { content: MESSAGE, allowed_mentions: { parse: [] } },
  teams: {
    type: "message",
    attachments: [
      { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: CARD },
    ],
  },
};

/** A number, which groups have below zero, or a channel's `@name`. */
const TELEGRAM = /^telegram:(-?\d{1,20}|@[A-Za-z]\w{3,31})$/;

export const NAMED_TEMPLATES = "slack, discord, teams, telegram:<chat id>";

/** The template of that name as JSON; `undefined` for a name that is none. */
export function findNoticeTemplate(name: string): string | undefined {
  const chat = TELEGRAM.exec(name)?.[1];
  if (chat !== undefined) return JSON.stringify({ chat_id: chat, text: MESSAGE });
  return Object.hasOwn(NAMED, name) ? JSON.stringify(NAMED[name]) : undefined;
}
