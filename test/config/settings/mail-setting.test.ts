/** The mail server and the addresses of notices: what is accepted, which faults are reported, and what is a secret. */
import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../config/settings/settings.ts";
import { ConfigError } from "../../../model/errors.ts";
import type { MailRoute } from "../../../model/ports/mail-route.ts";

const MAIL = {
  DAGMAR_SMTP_URL: "smtp://mail.example.com",
  DAGMAR_SMTP_FROM: "dagmar@example.com",
  DAGMAR_SMTP_TO: "a@example.com",
};

function parse(variables: Readonly<Record<string, string>>) {
  const environment = { variables, fromDotEnv: new Set<string>(), faults: [] };
  return parseSettings(environment, {
    declarations: [],
    workingFolder: "/work",
    readSecretFile: () => "smtps://u:from-file@mail.example.com",
  });
}

function readRoute(changes: Readonly<Record<string, string>>): MailRoute | null {
  return parse({ ...MAIL, ...changes }).notify.mail;
}

/** Without the first line. */
function listFaults(variables: Readonly<Record<string, string>>): string {
  try {
    parse(variables);
    return "none";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n").slice(1).join("\n").trim();
  }
}

test("a whole route", () => {
  expect(
    readRoute({
      DAGMAR_SMTP_URL: "smtps://me%40example.com:p%40ss%2Fword@mail.example.com",
      DAGMAR_SMTP_FROM: "Dagmar Ação <dagmar@example.com>",
      DAGMAR_SMTP_TO: "Ana <a@example.com>, b@exämple.com",
    }),
  ).toEqual({
    host: "mail.example.com",
    port: 465,
    security: "tls",
    login: { user: "me@example.com", password: "p@ss/word" },
    from: { name: "Dagmar Ação", address: "dagmar@example.com" },
    to: [
      { name: "Ana", address: "a@example.com" },
      { name: "", address: "b@exämple.com" },
    ],
  });
});

test.each([
  ["smtp://mail.example.com", undefined, "mail.example.com 587 starttls"],
  ["smtp://mail.example.com:25/", "off", "mail.example.com 25 none"],
  ["smtps://mail.example.com:1465", undefined, "mail.example.com 1465 tls"],
  ["smtps://127.0.0.1", "required", "127.0.0.1 465 tls"],
  ["smtp://localhost:25", undefined, "localhost 25 none"],
  ["smtp://127.0.0.1", undefined, "127.0.0.1 587 none"],
  ["smtp://[::1]:25", undefined, "::1 25 none"],
  ["smtp://localhost:25", "required", "localhost 25 starttls"],
  ["smtp://0.0.0.0:25", undefined, "0.0.0.0 25 starttls"],
  ["smtp://localhost.example.com:25", undefined, "localhost.example.com 25 starttls"],
])("%s with DAGMAR_SMTP_TLS=%s is %s", (url, tls, shown) => {
  const route = readRoute({ DAGMAR_SMTP_URL: url, ...(tls === undefined ? {} : { DAGMAR_SMTP_TLS: tls }) });
  expect(`${route?.host} ${route?.port} ${route?.security}`).toBe(shown);
});

describe("faults", () => {
  test.each([
    [{ DAGMAR_SMTP_URL: "mail.example.com" }, "DAGMAR_SMTP_URL must be an address such as smtp://"],
    [{ DAGMAR_SMTP_URL: "https://mail.example.com" }, "DAGMAR_SMTP_URL must begin with smtp:// or smtps://"],
    [{ DAGMAR_SMTP_URL: "smtp://u:canary@mail/x" }, "DAGMAR_SMTP_URL must end after the server and its port"],
    [{ DAGMAR_SMTP_URL: "smtp://u:can#ary@mail" }, "DAGMAR_SMTP_URL"],
    [
      { DAGMAR_SMTP_URL: "smtp://u:canary@mail?tls=no" },
      "DAGMAR_SMTP_URL must end after the server and its port",
    ],
    [
      { DAGMAR_SMTP_URL: "smtp://canary@mail" },
      "DAGMAR_SMTP_URL must hold both a user and a password, or neither",
    ],
    [{ DAGMAR_SMTP_URL: "smtp://u:canary%zz@mail" }, "DAGMAR_SMTP_URL has a % in its user or password"],
    [{ DAGMAR_SMTP_URL: "smtp://u:canary%0d%0a@mail" }, "DAGMAR_SMTP_URL has a control character"],
    [{ DAGMAR_SMTP_FROM: "Dagmar" }, "DAGMAR_SMTP_FROM must be an address such as dagmar@example.com"],
    [{ DAGMAR_SMTP_FROM: "a@b.example, c@d.example" }, "DAGMAR_SMTP_FROM must be an address"],
    [{ DAGMAR_SMTP_FROM: "x\r\nBcc: <a@b.example>" }, "DAGMAR_SMTP_FROM must be an address"],
    [{ DAGMAR_SMTP_TO: "a@example.com;b@example.com" }, "DAGMAR_SMTP_TO must be an address"],
    [{ DAGMAR_SMTP_TO: "a@example.com," }, "DAGMAR_SMTP_TO must be an address"],
    [{ DAGMAR_SMTP_TO: "a@example.com, A@example.com" }, "DAGMAR_SMTP_TO names A@example.com twice"],
    [{ DAGMAR_SMTP_TLS: "yes" }, "DAGMAR_SMTP_TLS must be one of required, off"],
    [{ DAGMAR_SMTP_URL: "smtps://mail", DAGMAR_SMTP_TLS: "off" }, "DAGMAR_SMTP_TLS=off contradicts smtps://"],
  ])("%j is one, without its secret", (changes, fault) => {
    const faults = listFaults({ ...MAIL, ...changes });
    expect(faults).toContain(fault);
    expect(faults).not.toContain("canary");
    expect(faults).not.toContain("ary@");
  });

  test.each([
    [["DAGMAR_SMTP_URL"], "DAGMAR_SMTP_URL also needs DAGMAR_SMTP_FROM and DAGMAR_SMTP_TO"],
    [["DAGMAR_SMTP_URL", "DAGMAR_SMTP_TO"], "DAGMAR_SMTP_URL also needs DAGMAR_SMTP_FROM"],
    [["DAGMAR_SMTP_TO"], "DAGMAR_SMTP_TO also needs DAGMAR_SMTP_URL and DAGMAR_SMTP_FROM"],
  ] as const)("%j alone is one", (names, fault) => {
    expect(listFaults(Object.fromEntries(names.map((name) => [name, MAIL[name]])))).toBe(fault);
  });
});

test("the password is a secret as it is written and decoded, also from a file", () => {
  const url = "smtp://me:p%40ss@mail.example.com";
  expect(parse({ ...MAIL, DAGMAR_SMTP_URL: url }).secrets).toEqual([url, "p%40ss", "p@ss"]);
  const { DAGMAR_SMTP_URL: _, ...rest } = MAIL;
  expect(parse({ ...rest, DAGMAR_SMTP_URL_FILE: "file" }).secrets).toContain("from-file");
});
