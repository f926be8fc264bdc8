/** A notice as a mail: its subject is one line, its text has no control characters, and its id tells it from others. */
import { expect, test } from "vitest";
import type { Notice } from "../../../model/ports/notice.ts";
import { renderMail } from "../../../scheduler/notices/render-mail.ts";
import { makeRoute } from "../../support/mail-server.ts";

const NOTICE = {
  noticeId: 1,
  dagId: "csv_ingest",
  runId: "manual__1",
  kind: "failure",
  failures: 3,
  message: "csv_ingest failed",
  createdAt: "2026-11-23T09:00:00.000Z",
} as unknown as Notice;
const FACTS = { timezone: "America/Sao_Paulo", databaseId: "db" };

function render(changes: Partial<Notice> = {}, address = "dagmar@example.com", facts = FACTS) {
  return renderMail({ ...NOTICE, ...changes }, makeRoute(25, { from: { name: "", address } }), facts);
}

test("its text has the message, the instant in the zone and the command that shows the run", () => {
  expect(render()).toMatchObject({
    subject: "Dagmar: csv_ingest failed",
    body: "csv_ingest failed\n\nAt 2026-11-23 06:00:00 -03:00.\n`dagmar runs show csv_ingest/manual__1` shows the run.\n",
    date: new Date("2026-11-23T09:00:00.000Z"),
  });
});

test("control characters are one space, line breaks and tabs stay in the text alone", () => {
  const { subject, body } = render({ message: " a\u0000\u0007\u001bb\r\nc\td=?utf-8?\u2028e " });
  expect(subject).toBe("Dagmar: a b c d= ?utf-8? e");
  expect(body.split("\n\n")[0]).toBe(" a b \nc\td=?utf-8?\u2028e ");
});

test("a long message is cut in the subject and whole in the text", () => {
  const { subject, body } = render({ message: "x".repeat(500) });
  expect(subject.length).toBeLessThan(160);
  expect(body).toContain("x".repeat(500));
});

test("an instant that is none is left out", () => {
  expect(render({ createdAt: "yesterday" })).toMatchObject({
    body: "csv_ingest failed\n\n`dagmar runs show csv_ingest/manual__1` shows the run.\n",
    date: undefined,
  });
});

test("the id is the same for the same notice, and another for another one", () => {
  const { messageId } = render();
  expect(messageId).toMatch(/^<dagmar\.[0-9a-f]{32}@example\.com>$/);
  expect(render({ message: "other words" }).messageId).toBe(messageId);
  const others = [
    render({ dagId: "b" }),
    render({ runId: "manual__2" }),
    render({ kind: "recovery" as never }),
    render({ createdAt: "2026-11-23T09:00:00.001Z" }),
    render({}, "dagmar@example.com", { ...FACTS, databaseId: "other" }),
  ].map((mail) => mail.messageId);
  expect(new Set([messageId, ...others]).size).toBe(6);
  expect(render({}, "dagmar@exämple.com").messageId).toMatch(/@xn--exmple-cua\.com>$/);
  expect(render({}, "dagmar@").messageId).toMatch(/@localhost>$/);
});
