/** A scheduler as a process and a mail server on loopback: notices over STARTTLS, kills, and what `dagmar doctor` says of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../../model/ports/examination.ts";
import { startWebhook } from "../scheduler/notice-world.ts";
import { CERTIFICATE } from "../support/connect-proxy/certificate.ts";
import { startMailServer, type Mail } from "../support/mail-server.ts";
import { eventually, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const PASSWORD = "c4n4ry/p@ss";
const FAILING = `schedule: manual\ntasks: { bad: { type: shell, with: { script: "exit 3" } } }\n`;

function useMailWorld(port: number, variables: Readonly<Record<string, string>> = {}): ServiceWorld {
  const world = useServiceWorld();
  world.writeDag("bad", FAILING);
  Object.assign(world.environment, {
    DAGMAR_SMTP_URL: `smtp://127.0.0.1:${port}`,
    DAGMAR_SMTP_FROM: "Dagmar <dagmar@example.com>",
    DAGMAR_SMTP_TO: "a@example.com",
    ...variables,
  });
  return world;
}

async function examine(world: ServiceWorld): Promise<readonly Finding[]> {
  const { stdout } = await world.run(["doctor", "--json"]);
  const { checks } = JSON.parse(stdout) as { checks: readonly Finding[] };
  return checks.filter(({ what }) => ["mail", "webhook", "notices"].includes(what));
}

test("a failure arrives by mail over STARTTLS and at the webhook, and the password is in no output", async () => {
  const hook = await startWebhook((response) => response.end());
  const server = await startMailServer({ password: PASSWORD });
  const world = useMailWorld(server.port, {
    // An address that is not one of this machine's by name: STARTTLS is required.
    DAGMAR_SMTP_URL_FILE: "mail-server",
    DAGMAR_SMTP_URL: "",
    DAGMAR_NOTIFY_URL: hook.url,
    DAGMAR_LOG_LEVEL: "debug",
    NODE_EXTRA_CA_CERTS: "certificate.pem",
  });
  writeFileSync(join(world.folder, "certificate.pem"), CERTIFICATE);
  const url = `smtp://dagmar:${encodeURIComponent(PASSWORD)}@0.0.0.0:${server.port}\n`;
  writeFileSync(join(world.folder, "mail-server"), url);
  const doctor = await world.run(["doctor"]);
  expect(doctor.stdout).toContain(
    `0.0.0.0:${server.port} accepts mail over STARTTLS, as dagmar; no mail was sent`,
  );
  expect([server.connections(), server.mails.length]).toEqual([1, 0]);

  const running = await world.startScheduler();
  await world.prepare(["trigger", "bad"]);
  await eventually("both have the notice", () => server.mails.length + hook.posts.length === 2, running);
  const stopped = await running.stop();
  expect(server.mails).toMatchObject([{ to: ["a@example.com"], user: "dagmar", isEncrypted: true }]);
  expect(server.mails[0]?.headers.get("subject")).toMatch(/^Dagmar: bad\/manual__\S+ failed: bad: /);
  const [, command = ""] = /`dagmar (.*)`/.exec(server.mails[0]?.body ?? "") ?? [];
  expect((await world.run(command.split(" "))).stdout).toMatch(/bad .*failed/);
  expect(world.query("SELECT channel, state FROM notices ORDER BY channel")).toEqual([
    { channel: "mail", state: "sent" },
    { channel: "webhook", state: "sent" },
  ]);
  const printed = doctor.stdout + doctor.stderr + stopped.stdout + stopped.stderr;
  for (const form of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(printed).not.toContain(form);
});

test("a scheduler that is killed after the mail was accepted sends it again, and both mails are the same", async () => {
  const received: Mail[] = [];
  let isHeld = true;
  const server = await startMailServer({
    isHeld: (mail) => {
      received.push(mail);
      return isHeld;
    },
  });
  const world = useMailWorld(server.port);
  const first = await world.startScheduler();
  await world.prepare(["trigger", "bad"]);
  await eventually("the mail is there", () => received.length === 1, first);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(world.query("SELECT state, tries FROM notices")).toEqual([{ state: "open", tries: 0 }]);

  isHeld = false;
  const second = await world.startScheduler();
  await eventually("it is sent again", () => received.length === 2, second);
  await eventually(
    "it is recorded",
    () => world.query<{ state: string }>("SELECT state FROM notices")[0]?.state === "sent",
    second,
  );
  await second.stop();
  expect(received[1]).toEqual(received[0]);
  expect(received[0]?.headers.get("message-id")).toMatch(/^<dagmar\.[0-9a-f]{32}@example\.com>$/);
});

test("a refused password and a refused recipient are an event, and doctor reports them", async () => {
  const server = await startMailServer({ password: PASSWORD });
  const world = useMailWorld(server.port, {
    DAGMAR_SMTP_URL: `smtp://dagmar:wrong@127.0.0.1:${server.port}`,
  });
  const running = await world.startScheduler();
  await world.prepare(["trigger", "bad"]);
  await eventually("it is given up", () => world.countEvents("notice_given_up") === 1, running);
  await running.stop();
  const [mail, last] = await examine(world);
  expect(mail).toMatchObject({
    what: "mail",
    state: "fail",
    says: `127.0.0.1:${server.port}: it refused the user and password (535 5.7.8)`,
  });
  expect(last).toMatchObject({ what: "mail", state: "warn" });
  expect(last?.says).toMatch(
    /^the last notice for a@example\.com, of bad at \S+ \S+ \+00:00, was given up: it refused the user/,
  );
  // Without a network of its own, doctor still says what is configured.
  world.environment["DAGMAR_SMTP_URL"] = undefined;
  world.environment["DAGMAR_SMTP_FROM"] = undefined;
  world.environment["DAGMAR_SMTP_TO"] = undefined;
  expect(await examine(world)).toMatchObject([{ what: "notices", state: "ok" }]);
});
