/** Notices for Slack, Discord, Teams and Telegram have the forms that these document, whatever the message holds. */
import { expect, test } from "vitest";
import { findNoticeTemplate } from "../../../config/settings/notice-templates.ts";
import { parseNoticeTemplate } from "../../../config/settings/setting-values.ts";
import { renderNotice } from "../../../scheduler/notices/render-notice.ts";
import { makeNotice } from "../../scheduler/notice-world.ts";

const MESSAGE = 'csv_ingest failed: <@everyone> *not bold* & "quoted"\n2nd line';

const render = (name: string): unknown =>
  JSON.parse(renderNotice(findNoticeTemplate(name) ?? "", makeNotice({ message: MESSAGE })));

test.each([
  ["slack", { text: MESSAGE, blocks: [{ type: "section", text: { type: "plain_text", text: MESSAGE } }] }],
  ["discord", { content: MESSAGE, allowed_mentions: { parse: [] } }],
  ["telegram:-1001234567890", { chat_id: "-1001234567890", text: MESSAGE }],
  ["telegram:@my_channel", { chat_id: "@my_channel", text: MESSAGE }],
])("%s", (name, body) => expect(render(name)).toEqual(body));

test("teams: a message with one Adaptive Card", () => {
  expect(render("teams")).toMatchObject({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: { type: "AdaptiveCard", body: [{ type: "TextBlock", text: MESSAGE, wrap: true }] },
      },
    ],
  });
});

test.each(["telegram", "telegram:", "telegram:a b", "msteams", "{"])("%s is no template", (text) => {
  expect(parseNoticeTemplate(text)).toEqual({
    fault: expect.stringContaining("slack, discord, teams, telegram:<chat id>") as string,
  });
});

test("a name is taken where the setting stands, and so is JSON of one's own", () => {
  expect(parseNoticeTemplate("discord")).toEqual({ value: findNoticeTemplate("discord") });
  expect(parseNoticeTemplate('{"text":"x"}')).toEqual({ value: '{"text":"x"}' });
});
