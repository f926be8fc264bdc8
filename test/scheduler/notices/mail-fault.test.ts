/** What an error of a mail's delivery means, for each error that the mail library raises. */
import { expect, test } from "vitest";
import type { MailRoute } from "../../../model/ports/mail-route.ts";
import { judgeMailFault } from "../../../scheduler/notices/mail-fault.ts";

const ROUTE: MailRoute = {
  host: "mail.example",
  port: 587,
  security: "starttls",
  login: { user: "dagmar", password: "hunter2" },
  from: { name: "", address: "dagmar@example" },
  to: [{ name: "", address: "ana@example" }],
};

function judge(error: object, route: MailRoute = ROUTE): { readonly kind: string; readonly error: string } {
  const answer = judgeMailFault(error, route);
  if (answer.kind === "taken") throw new Error("a fault is no success");
  return answer;
}

test.each([
  [
    { code: "EAUTH", command: "AUTH PLAIN", response: "535 5.7.8 hunter2 is wrong", permanent: true },
    "refused",
    "it refused the user and password (535 5.7.8)",
  ],
  [{ code: "EAUTH", command: "API" }, "failed", "it offers no way to sign in that is known here"],
  [
    { code: "EAUTH", command: "AUTH PLAIN", response: "no code" },
    "failed",
    "it refused the user and password (an unknown code)",
  ],
  [
    { code: "ETLS", command: "STARTTLS", response: "454 not now", permanent: false },
    "failed",
    "it offers no STARTTLS (454 not now), and DAGMAR_SMTP_TLS requires it",
  ],
  [
    { code: "ETLS", command: "CONN", response: "554 no", permanent: true },
    "failed",
    "it answered the connection with 554 no",
  ],
  [
    { code: "EENVELOPE", command: "RCPT TO", response: "550 5.1.1\r\n no such user", permanent: true },
    "refused",
    "it answered RCPT TO with 550 5.1.1 no such user",
  ],
  [
    { code: "EENVELOPE", command: "MAIL FROM", response: "553 sender", permanent: true },
    "refused",
    "it answered MAIL FROM with 553 sender",
  ],
  [
    { code: "EMESSAGE", command: "DATA", response: "552 too large", permanent: true },
    "refused",
    "it answered DATA with 552 too large",
  ],
  [
    { code: "EENVELOPE", command: "RCPT TO", response: "450 later", permanent: false },
    "failed",
    "it answered RCPT TO with 450 later",
  ],
  [
    { code: "EPROTOCOL", command: "CONN", response: "554 busy", permanent: true },
    "failed",
    "it answered the connection with 554 busy",
  ],
  [
    { code: "EENVELOPE", command: "RCPT TO", response: "550 hunter2 is your password", permanent: true },
    "refused",
    "it answered RCPT TO with 550",
  ],
  [{ code: "ECONNECTION" }, "failed", "the connection was ended, or no mail server answers there"],
  [{ code: "EPROTOCOL" }, "failed", "the connection was ended, or no mail server answers there"],
  [{ code: "hunter2" }, "failed", "no answer"],
  [{}, "failed", "no answer"],
] as const)("%j", (error, kind, text) => {
  expect(judge(error)).toEqual({ kind, error: text });
});

test("the network's own code is what is reported, if there is one", () => {
  const refused = judge({ code: "ESOCKET", originalCode: "ECONNREFUSED" });
  expect(refused).toMatchObject({ kind: "failed", error: expect.stringMatching(/^no answer: ./) as string });
  expect(judge({ code: "ECONNREFUSED" })).toEqual(refused);
  expect(judge({ code: "ETIMEDOUT", originalCode: "ECONNREFUSED" })).toEqual(refused);
  expect(judge({ code: "ETIMEDOUT" })).not.toEqual(refused);
  expect(judge({ code: "ESOCKET", originalCode: "CERT_HAS_EXPIRED" }).error).toMatch(/^it is not trusted: ./);
});

test("a long reply is cut, and without a login none of it is hidden", () => {
  const open = { ...ROUTE, login: null };
  const error = { code: "EENVELOPE", command: "RCPT TO", response: `550 hunter2 ${"x".repeat(500)}` };
  const { error: text } = judge(error, open);
  expect(text).toMatch(/^it answered RCPT TO with 550 hunter2 x+/);
  expect(text.length).toBeLessThan(260);
});
