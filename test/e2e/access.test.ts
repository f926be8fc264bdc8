/** `dagmar scheduler` where other machines reach it: it starts only with a login, and a login does what a command does. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { untilReady, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const EVERYWHERE = { DAGMAR_HTTP: "0.0.0.0:0" };
const PASSWORD = "correct horse battery";

function openWorld(): ServiceWorld {
  const world = useServiceWorld();
  world.writeDag("daily", "schedule: manual\ntasks: { nothing: { type: noop } }\n");
  return world;
}

function writePassword(world: ServiceWorld, text: string, mode = 0o600): Readonly<Record<string, string>> {
  const file = join(world.folder, "password");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return { DAGMAR_WEB_PASSWORD_FILE: file };
}

describe("a scheduler that other machines reach", () => {
  test.each(["0.0.0.0:0", "[::]:0"])(
    "on %s does not start without a password or a token",
    async (address) => {
      const world = openWorld();
      const { exitCode, stderr } = await world.run(["scheduler"], { DAGMAR_HTTP: address });
      expect(exitCode).toBe(78);
      expect(stderr).toMatch(
        /which other machines can reach.*DAGMAR_WEB_PASSWORD_FILE.*dagmar tokens create.*127\.0\.0\.1/s,
      );
    },
  );

  test("starts with a valid token alone, and not with one that is revoked or has expired", async () => {
    const world = openWorld();
    const token = (await world.run(["tokens", "create", "--role", "viewer"])).stdout.trim();
    const scheduler = await world.startScheduler(EVERYWHERE);
    const url = scheduler.url.replace("0.0.0.0", "127.0.0.1");
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/api/v2/dags`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/api/v2/dags`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    await world.prepare(["tokens", "revoke", "1"]);
    expect((await fetch(`${url}/api/v2/dags`, { headers })).status).toBe(401);
    await scheduler.stop();
    expect((await world.run(["scheduler"], EVERYWHERE)).exitCode).toBe(78);
  });

  test("with a password: a login triggers a run, which has the name of the login", async () => {
    const world = openWorld();
    const scheduler = await world.startScheduler({
      ...EVERYWHERE,
      ...writePassword(world, `${PASSWORD}\r\n`),
    });
    await untilReady(scheduler);
    const post = (path: string, body: unknown, token = "") =>
      fetch(scheduler.url + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
    const login = await post("/auth/token", { username: "marina", password: PASSWORD });
    expect(login.status).toBe(201);
    const { access_token: token } = (await login.json()) as { access_token: string };
    const triggered = await post("/api/v2/dags/daily/dagRuns", { logical_date: null }, token);
    expect(triggered.status).toBe(200);
    expect(await triggered.json()).toMatchObject({ triggering_user_name: "marina (session 1)" });
    expect((await world.run(["runs", "show", "daily"])).stdout).toContain(
      "requested by  marina (session 1)\n",
    );
    const { exitCode } = await scheduler.stop();
    expect(exitCode).toBe(0);
    expect(scheduler.output()).not.toContain(PASSWORD);
    expect(scheduler.output()).not.toContain(token);
    const payloads = world.query<{ payload: string }>(
      "SELECT payload FROM requests WHERE kind = 'open_session'",
    );
    expect(payloads[0]?.payload).not.toContain(token.split("_").at(-1));
    // With another password, the session is worth nothing.
    const next = await world.startScheduler({ ...EVERYWHERE, ...writePassword(world, "another password") });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${next.url}/api/v2/dags`, { headers })).status).toBe(401);
    await next.stop();
    const back = await world.startScheduler({ ...EVERYWHERE, ...writePassword(world, PASSWORD) });
    expect((await fetch(`${back.url}/api/v2/dags`, { headers })).status).toBe(200);
    await back.stop();
  });
});

describe("the password's file", () => {
  test.each([
    ["is empty", "\n", /names an empty file/],
    ["has two lines", "one\ntwo\n", /DAGMAR_WEB_PASSWORD must be one line/],
    ["is too long", "x".repeat(1001), /at most 1000 characters/],
  ])("that %s stops the start", async (_, text, message) => {
    const world = openWorld();
    const { exitCode, stderr } = await world.run(["scheduler"], writePassword(world, text));
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(message);
  });

  test("that is missing stops the start", async () => {
    const world = openWorld();
    const { exitCode, stderr } = await world.run(["scheduler"], { DAGMAR_WEB_PASSWORD_FILE: "nowhere" });
    expect([exitCode, stderr]).toEqual([
      78,
      expect.stringMatching(/DAGMAR_WEB_PASSWORD_FILE.*does not exist/),
    ]);
  });

  test("that all users can read is warned about, and one of its owner is not", async () => {
    for (const [mode, isWarned] of [
      [0o644, true],
      [0o600, false],
      [0o640, false],
    ] as const) {
      const world = openWorld();
      const scheduler = await world.startScheduler(writePassword(world, PASSWORD, mode));
      expect(scheduler.output().includes("chmod 600"), mode.toString(8)).toBe(isWarned);
      await scheduler.stop();
    }
  });
});
