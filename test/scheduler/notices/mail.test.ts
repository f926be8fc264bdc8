/** How notices are sent by mail to a real SMTP server on loopback: recipients, retries, refusals, text and secrets. */
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createLogger } from "../../../logs/logger.ts";
import type { MailRoute } from "../../../model/ports/mail-route.ts";
import { createMailChannel } from "../../../scheduler/notices/mail-channel.ts";
import { createNoticeSender } from "../../../scheduler/notices/send-notices.ts";
import { insertNotice } from "../../../state/control/notices.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import {
  makeRoute,
  startMailServer,
  startScriptedServer,
  type MailServerOptions,
} from "../../support/mail-server.ts";
import { openTestWorld } from "../../support/test-world.ts";

const PASSWORD = "c4n4ry-p@ss";
const LOGIN = { user: "dagmar", password: PASSWORD };
const STATES = sql`SELECT recipient, state, tries, error FROM notices ORDER BY notice_id`;

async function openMailWorld(route: MailRoute) {
  const clock = createHandClock();
  const { database } = await openTestWorld({ clock: Object.assign(clock, { set: () => undefined }) });
  let logText = "";
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logText += chunk.toString();
      done();
    },
  });
  // The log masks no secrets: the sender itself must not log one.
  const log = createLogger({ level: "debug", format: "text", stream, secrets: [], clock });
  const facts = () => ({ timezone: "America/Sao_Paulo", databaseId: "db" });
  const channel = createMailChannel({ route, clock, facts });
  const openSender = () =>
    createNoticeSender({ database, channel, clock, log, timezone: "UTC", observer: {} });
  const sender = openSender();
  return {
    clock,
    database,
    channel,
    openSender,
    logText: () => logText,
    send: () => sender.send(new AbortController().signal),
    note: (message: string, dagId = "a") =>
      database.write((query) => {
        const notice = { dagId, runId: "manual__1", kind: "failure", failures: 3, message } as const;
        const targets = route.to.map(({ address }) => ({ channel: "mail", recipient: address }) as const);
        insertNotice(query, notice, targets, clock.now());
      }),
    states: () =>
      database
        .all<{ recipient: string; state: string; tries: number; error: string | null }>(STATES)
        .map(
          ({ recipient, state, tries, error }) =>
            `${recipient.split("@")[0]}: ${state} ${tries}${error === null ? "" : ` ${error}`}`,
        ),
  };
}

function box(address: string, name = "") {
  return { name, address };
}

describe("a mail", () => {
  test("goes to each recipient by itself, in plain text, with the names of all", async () => {
    const server = await startMailServer();
    const to = [box("a@example.com", "Ana"), box("b@example.com")];
    const world = await openMailWorld(makeRoute(server.port, { to }));
    await world.note("csv_ingest failed 3 times in a row: load: disk full");
    expect(await world.send()).toBe(2);
    expect(world.states()).toEqual(["a: sent 0", "b: sent 0"]);
    expect(server.mails.map(({ to: recipients }) => recipients)).toEqual([
      ["a@example.com"],
      ["b@example.com"],
    ]);
    const [first] = server.mails;
    expect(Object.fromEntries(first?.headers ?? [])).toMatchObject({
      from: "Dagmar <dagmar@example.com>",
      to: "Ana <a@example.com>, b@example.com",
      subject: "Dagmar: csv_ingest failed 3 times in a row: load: disk full",
      date: "Mon, 23 Nov 2026 09:00:00 +0000",
      "auto-submitted": "auto-generated",
      "content-type": "text/plain; charset=utf-8",
    });
    expect(first?.body.replaceAll("\r\n", "\n").trim()).toBe(
      [
        "csv_ingest failed 3 times in a row: load: disk full",
        "",
        "At 2026-11-23 06:00:00 -03:00.",
        "`dagmar runs show a/manual__1` shows the run.",
      ].join("\n"),
    );
  });

  test("has one Message-ID for all its recipients and tries, and another notice has its own", async () => {
    let isBusy = true;
    const server = await startMailServer({
      refuse: (at) => (at === "data" && isBusy ? "451 4.3.0 Busy" : undefined),
    });
    const to = [box("a@example.com"), box("b@example.com")];
    const world = await openMailWorld(makeRoute(server.port, { to }));
    await world.note("one");
    await world.note("one", "other");
    await world.send();
    isBusy = false;
    await world.clock.advance(3_600_000);
    await world.send();
    const ids = server.mails.map(({ headers }) => headers.get("message-id") ?? "");
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^<dagmar\.[0-9a-f]{32}@example\.com>$/);
  });

  test("that was accepted when the process died before the commit is sent again with the same bytes", async () => {
    const server = await startMailServer();
    const world = await openMailWorld(makeRoute(server.port));
    await world.note("one");
    await world.send();
    // As after a kill between the answer and the commit.
    await world.database.write((query) =>
      query.run(sql`UPDATE notices SET state = 'open', sent_at = NULL, next_try_at = created_at`),
    );
    await world.clock.advance(5_000);
    expect(await world.openSender().send(new AbortController().signal)).toBe(1);
    const [first, second] = server.mails;
    expect(second).toEqual(first);
  });

  test("is not sent to an address that was taken out of the settings", async () => {
    const server = await startMailServer();
    const world = await openMailWorld(makeRoute(server.port));
    await world.note("one");
    await world.database.write((query) => query.run(sql`UPDATE notices SET recipient = 'gone@example.com'`));
    await world.send();
    expect(world.states()).toEqual(["gone: given_up 1 gone@example.com is no longer in DAGMAR_SMTP_TO"]);
    expect(server.connections()).toBe(0);
  });

  const LONG = "é".repeat(2000);
  test.each([
    ["a line break", "x\r\nBcc: evil@example.com\r\n\r\nbody", "x Bcc: evil@example.com body"],
    ["a lone CR, a NUL and line separators", "a\rb\u0000c\u2028d\u0085e", "a b c d e"],
    ["other scripts", "falhou: não há espaço 🎬 日本語", "falhou: não há espaço 🎬 日本語"],
    ["an encoded word", "=?utf-8?Q?a=0D=0ABcc:_x?= b", "= ?utf-8?Q?a=0D=0ABcc:_x?= b"],
    ["very long text", LONG, `${"é".repeat(120)}… (1,880 more characters)`],
    ["a dot on a line of its own", "a\n.\nRCPT TO:<evil@example.com>", "a . RCPT TO:<evil@example.com>"],
  ])("with %s in its message has it in its subject and body only", async (_name, message, subject) => {
    const server = await startMailServer();
    const world = await openMailWorld(makeRoute(server.port));
    await world.note(message);
    await world.send();
    expect(server.mails).toHaveLength(1);
    const [mail] = server.mails;
    expect(mail?.headers.get("subject")).toBe(`Dagmar: ${subject}`);
    expect([...(mail?.headers.keys() ?? [])].toSorted()).toEqual([
      "auto-submitted",
      "content-transfer-encoding",
      "content-type",
      "date",
      "from",
      "message-id",
      "mime-version",
      "subject",
      "to",
    ]);
    expect(mail?.to).toEqual(["a@example.com"]);
    expect(mail?.body.length).toBeGreaterThanOrEqual(message.replaceAll(/\p{Cc}/gu, "").length);
  });

  test("names a Dag and a run that were edited by hand without a header of theirs", async () => {
    const server = await startMailServer();
    const world = await openMailWorld(makeRoute(server.port));
    await world.note("one", "a\r\nBcc: evil@example.com");
    await world.send();
    expect(server.mails[0]?.headers.has("bcc")).toBe(false);
    expect(server.mails[0]?.body).toContain("`dagmar runs show a Bcc: evil@example.com/manual__1`");
  });
});

describe("a server", () => {
  const final = (at: string, reply: string) => [at, reply, "given_up 1"] as const;
  const passing = (at: string, reply: string) => [at, reply, "open 1"] as const;
  test.each([
    final("from", "550 5.7.1 Sender refused"),
    final("to", "550 5.1.1 Unknown user"),
    final("data", "554 5.6.0 Content refused"),
    final("auth", "535 5.7.8 Wrong password"),
    passing("from", "451 4.3.0 Try later"),
    passing("to", "450 4.2.0 Greylisted"),
    passing("data", "452 4.3.1 Disk full"),
    passing("auth", "454 4.7.0 Directory is down"),
    passing("connect", "554 5.7.0 Not here"),
    passing("connect", "421 4.3.2 Closing"),
  ])("that answers %s with %s leaves the notice %s", async (at, reply, state) => {
    const options: MailServerOptions = { refuse: (place) => (place === at ? reply : undefined) };
    const server = await startMailServer(at === "auth" ? { ...options, password: PASSWORD } : options);
    const login = at === "auth" ? LOGIN : null;
    const world = await openMailWorld(makeRoute(server.port, { login }));
    await world.note("one");
    await world.send();
    const [shown = ""] = world.states();
    expect(shown).toContain(`a: ${state} it `);
    expect(shown).toContain(reply.slice(0, 9));
    const events = world.database.all<{ message: string }>(sql`SELECT message FROM events`);
    expect(events.map(({ message }) => message.slice(0, 66))).toEqual(
      state === "open 1" ? [] : ['The mail server did not accept the notice "one" for a@example.com:'],
    );
  });

  test("that refuses one recipient gets the mail for the others", async () => {
    const server = await startMailServer({
      refuse: (at, text) =>
        at !== "to" ? undefined : text.startsWith("a") ? "550 5.1.1 Unknown" : undefined,
    });
    const to = [box("a@example.com"), box("b@example.com")];
    const world = await openMailWorld(makeRoute(server.port, { to }));
    await world.note("one");
    expect(await world.send()).toBe(1);
    expect(world.states()).toEqual(["a: given_up 1 it answered RCPT TO with 550 5.1.1 Unknown", "b: sent 0"]);
  });

  test("that offers no STARTTLS gets neither the password nor the mail", async () => {
    const lines: string[] = [];
    const port = await startScriptedServer((line) => {
      lines.push(line);
      return line === "" ? "220 x" : line.startsWith("EHLO") ? "250-x\r\n250 AUTH PLAIN" : "502 5.5.1 no";
    });
    const world = await openMailWorld(makeRoute(port, { security: "starttls", login: LOGIN }));
    await world.note("one");
    await world.send();
    expect(world.states()).toEqual([
      "a: open 1 it offers no STARTTLS (502 5.5.1 no), and DAGMAR_SMTP_TLS requires it",
    ]);
    expect(lines.filter((line) => /AUTH|MAIL/.test(line))).toEqual([]);
  });

  test.each(["starttls", "tls"] as const)("that is not trusted over %s gets nothing", async (security) => {
    const server = await startMailServer({ secure: security === "tls", password: PASSWORD });
    const world = await openMailWorld(makeRoute(server.port, { security, login: LOGIN }));
    await world.note("one");
    await world.send();
    expect(world.states().join()).toMatch(/^a: open 1 it is not trusted: .* NODE_EXTRA_CA_CERTS/);
    expect(server.mails).toEqual([]);
  });

  test("that offers no way to sign in gets no mail", async () => {
    const server = await startMailServer({ disabledCommands: ["AUTH", "STARTTLS"] });
    const world = await openMailWorld(makeRoute(server.port, { login: LOGIN }));
    await world.note("one");
    await world.send();
    expect(world.states().join()).toMatch(/^a: (?:open|given_up) 1 it /);
    expect(server.mails).toEqual([]);
  });

  test("gets the user and the password that are configured", async () => {
    const server = await startMailServer({ password: PASSWORD });
    const world = await openMailWorld(makeRoute(server.port, { login: LOGIN }));
    await world.note("one");
    await world.send();
    expect(server.mails.map(({ user }) => user)).toEqual(["dagmar"]);
  });

  test("that is silent has 60 seconds in total, also if it sends a line from time to time", async () => {
    const port = await startScriptedServer((line) => (line === "" ? "220-slow" : ""));
    const world = await openMailWorld(makeRoute(port));
    await world.note("one");
    const sending = world.send();
    await world.clock.untilSleeping(60_000, 60_000);
    await world.clock.advance(60_000);
    expect(await sending).toBe(0);
    expect(world.states()).toEqual(["a: open 1 no answer within 60 s"]);
    expect(world.clock.sleepers).toBe(0);
  });

  test.each([
    ["is not there", () => Promise.resolve(1), "no answer: the connection was refused (ECONNREFUSED)"],
    [
      "ends the connection",
      () =>
        startScriptedServer((_line, socket) => {
          socket.end();
          return "";
        }),
      "the connection was ended, or no mail server answers there",
    ],
    ["speaks HTTP", () => startScriptedServer(() => "HTTP/1.1 400 Bad Request"), "it answered"],
  ])("that %s is tried again", async (_name, start, error) => {
    const world = await openMailWorld(makeRoute(await start()));
    await world.note("one");
    await world.send();
    expect(world.states()[0]).toContain(`a: open 1 ${error}`);
  });

  test("is abandoned when the process drains, and the notice stays open", async () => {
    const port = await startScriptedServer(() => "");
    const world = await openMailWorld(makeRoute(port));
    await world.note("one");
    const drain = new AbortController();
    const sending = world.openSender().send(drain.signal);
    await world.clock.untilSleeping(60_000, 60_000);
    drain.abort(new Error("drain"));
    expect(await sending).toBe(0);
    expect(world.states()).toEqual(["a: open 0"]);
    expect(world.clock.sleepers).toBe(0);
  });
});

describe("the password", () => {
  const encoded = Buffer.from(`\0dagmar\0${PASSWORD}`).toString("base64");
  test.each([
    ["refuses it and repeats what was sent", (line: string) => `535 5.7.8 ${line}`],
    [
      "accepts it and repeats it later",
      (line: string) => (line.startsWith("AUTH") ? "235 ok" : `550 ${PASSWORD}`),
    ],
    ["fails and repeats it", (line: string) => `451 4.3.0 ${line} ${PASSWORD}`],
  ])("is in no row, event, log or finding when the server %s", async (_name, answer) => {
    const port = await startScriptedServer((line) => {
      if (line === "") return "220 x";
      return line.startsWith("EHLO") ? "250-x\r\n250 AUTH PLAIN" : answer(line);
    });
    const world = await openMailWorld(makeRoute(port, { login: LOGIN }));
    await world.note("one");
    await world.send();
    const text = [
      world.logText(),
      JSON.stringify(world.database.all(sql`SELECT * FROM notices`)),
      JSON.stringify(world.database.all(sql`SELECT * FROM events`)),
      JSON.stringify(await world.channel.examine(new AbortController().signal)),
    ].join("\n");
    expect(text).toMatch(/535|550|451/);
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(encoded);
  });
});

describe("an examination of the mail server", () => {
  test.each([
    [null, "without a user"],
    [LOGIN, "as dagmar"],
  ])("says how it accepts mail, and sends none: %j", async (login, how) => {
    const server = await startMailServer(login === null ? {} : { password: PASSWORD });
    const { channel } = await openMailWorld(makeRoute(server.port, { login }));
    const finding = await channel.examine(new AbortController().signal);
    expect(finding).toMatchObject({ what: "mail", state: "ok", todo: null });
    expect(finding.says).toMatch(new RegExp(`accepts mail without encryption, ${how}; no mail was sent$`));
    expect(server.mails).toEqual([]);
  });

  test("names the settings when nothing answers", async () => {
    const { channel } = await openMailWorld(makeRoute(1));
    expect(await channel.examine(new AbortController().signal)).toMatchObject({
      what: "mail",
      state: "fail",
      todo: "Check DAGMAR_SMTP_URL and DAGMAR_SMTP_TLS.",
    });
  });
});
