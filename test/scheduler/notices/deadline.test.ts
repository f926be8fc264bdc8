/** The deadline of a try to send a notice: it ends with the process's signal, and leaves nothing on it. */
import { expect, test } from "vitest";
import type { NoticeChannel } from "../../../scheduler/notices/channel.ts";
import { startDeadline } from "../../../scheduler/notices/deadline.ts";
import { createMailChannel } from "../../../scheduler/notices/mail-channel.ts";
import { createWebhookChannel } from "../../../scheduler/notices/webhook-channel.ts";
import { countHeld } from "../../support/count-held.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { makeRoute, startMailServer } from "../../support/mail-server.ts";
import { makeNotice, startWebhook } from "../notice-world.ts";

const clock = createHandClock();

async function openWebhook(): Promise<NoticeChannel> {
  const { url } = await startWebhook((response) => response.end());
  return createWebhookChannel({ url, template: '{"text":"${message}"}', clock });
}

async function openMail(): Promise<NoticeChannel> {
  const { port } = await startMailServer();
  const route = makeRoute(port, { to: [{ name: "", address: "a@example.com" }] });
  return createMailChannel({ route, clock, facts: () => ({ timezone: "UTC", databaseId: "db" }) });
}

test.each([
  ["the webhook", openWebhook, null],
  ["mail", openMail, "a@example.com"],
])("notices by %s leave nothing on the process's signal", async (_, open, recipient) => {
  const channel = await open();
  const drain = new AbortController();
  for (let sent = 0; sent < 5; sent += 1) {
    expect(await channel.deliver(makeNotice({ recipient }), drain.signal)).toEqual({ kind: "taken" });
  }
  expect(countHeld(drain.signal)).toBe(0);
  expect(clock.sleepers).toBe(0);
});

test("it is over with the caller's signal, even one that was aborted before, and that is no expiry", () => {
  const [later, before] = [new AbortController(), new AbortController()];
  before.abort();
  const deadlines = [later, before].map(({ signal }) => startDeadline(clock, 10_000, signal));
  later.abort();
  expect(deadlines.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  expect(deadlines.map((deadline) => deadline.isExpired())).toEqual([false, false]);
  for (const deadline of deadlines) deadline.end();
  expect(clock.sleepers).toBe(0);
});

test("it expires after its time", async () => {
  const deadline = startDeadline(clock, 10_000, new AbortController().signal);
  await clock.advance(9_999);
  expect([deadline.isExpired(), deadline.signal.aborted]).toEqual([false, false]);
  await clock.advance(1);
  expect([deadline.isExpired(), deadline.signal.aborted]).toEqual([true, true]);
});
