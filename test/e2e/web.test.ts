/** `dagmar web`: pages and API without a scheduler, next to one, and next to a command; what it is asked happens once. */
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ask,
  eventually,
  untilReady,
  useServiceWorld,
  type Scheduler,
  type ServiceWorld,
} from "../support/service-process.ts";

const ONCE = "schedule: manual\nparams: { limit: 1 }\ntasks: { one: { type: noop } }\n";
const WAITS = `schedule: manual
tasks:
  wait: { type: shell, with: { command: [sh, -c, "touch begun; until [ -e go ]; do sleep 0.05; done"] } }
`;

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

async function send(
  { url }: Pick<Scheduler, "url">,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const reply = await fetch(url + path, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: reply.status, headers: reply.headers, json: (await reply.json()) as Reply["json"] };
}

function trigger(web: Pick<Scheduler, "url">, key: string): Promise<Reply> {
  const body = { logical_date: null, conf: { limit: 7 } };
  return send(web, "POST", "/api/v2/dags/once/dagRuns", body, { "Idempotency-Key": key });
}

function openWorld(): ServiceWorld {
  const world = useServiceWorld();
  world.writeDag("once", ONCE);
  return world;
}

function readHolder(world: ServiceWorld): string | null | undefined {
  return world.query<{ purpose: string | null }>("SELECT purpose FROM lease")[0]?.purpose;
}

describe("without a scheduler", () => {
  test("it shows the Dag folder, says that no scheduler runs, and holds no lease", async () => {
    const world = openWorld();
    const web = await world.startWeb();
    await eventually("it says so", () => web.output().includes("No login is needed on this machine"), web);
    await eventually(
      "the Dag is known",
      async () => (await ask(`${web.url}/api/v2/dags/once`)).status === 200,
      web,
    );
    expect((await ask(`${web.url}/dags`)).text).toMatch(/no scheduler[\s\S]*once/);
    expect(await ask(`${web.url}/healthz`)).toMatchObject({
      status: 200,
      text: expect.stringContaining("no scheduler is running") as string,
    });
    expect((await ask(`${web.url}/readyz`)).status).toBe(200);
    await eventually("the lease is free", () => readHolder(world) === null);
    world.writeDag("later", ONCE);
    await eventually(
      "a new file is read",
      async () => (await ask(`${web.url}/api/v2/dags/later`)).status === 200,
      web,
    );
    const { exitCode } = await web.stop();
    expect(exitCode).toBe(0);
  });

  test("it does what a command does, and the next scheduler runs what it was asked once", async () => {
    const world = openWorld();
    const web = await world.startWeb();
    await eventually(
      "the Dag is known",
      async () => (await ask(`${web.url}/api/v2/dags/once`)).status === 200,
      web,
    );
    expect(await send(web, "PATCH", "/api/v2/dags/once", { is_paused: true })).toMatchObject({
      status: 200,
      json: { is_paused: true },
    });
    expect((await world.run(["dags", "pause", "once"])).stdout).toMatch(/already|was paused/);
    const made = await trigger(web, "key-1");
    expect(made).toMatchObject({ status: 200, json: { state: "queued", triggering_user_name: "local" } });
    expect(await trigger(web, "key-1")).toMatchObject({ status: 200, json: made.json });
    expect(readHolder(world)).toBeNull();
    expect(world.readStates("v_runs", "once")).toEqual(["queued"]);

    const second = await trigger(web, "key-2");
    const runId = String(second.json["dag_run_id"]);
    const cancelled = await send(web, "PATCH", `/api/v2/dags/once/dagRuns/${runId}`, { state: "failed" });
    expect(cancelled).toMatchObject({ status: 200, json: { state: "failed" } });

    const scheduler = await world.startScheduler();
    await untilReady(scheduler);
    await eventually("the run ends", () => world.readStates("v_runs", "once")[0] === "success", scheduler);
    expect(world.readStates("v_runs", "once")).toEqual(["success", "cancelled"]);
    expect(world.readStates("v_attempts", "once")).toEqual(["success"]);
    expect(world.countEvents("run_requested")).toBe(2);
    // Now a scheduler does it: `dagmar web` asks it.
    expect((await trigger(web, "key-3")).status).toBe(200);
    expect(readHolder(world)).toBe("scheduler");
    expect((await ask(`${web.url}/healthz`)).text).toContain("a scheduler renews its lease");
    await scheduler.stop();
    await web.stop();
  });

  test("a file that was edited since the page was read is refused, and the new version is taken then", async () => {
    const world = openWorld();
    const web = await world.startWeb();
    await eventually(
      "the Dag is known",
      async () => (await ask(`${web.url}/api/v2/dags/once`)).status === 200,
      web,
    );
    world.writeDag("once", ONCE.replace("one:", "other:"));
    expect(await trigger(web, "key-1")).toMatchObject({ status: 409, json: { code: "PLAN_CHANGED" } });
    expect(await trigger(web, "key-1")).toMatchObject({ status: 200 });
    expect(world.query("SELECT task_id FROM task_instances")).toEqual([{ task_id: "other" }]);
    world.writeDag("once", "schedule: manual\n");
    const refused = await trigger(web, "key-2");
    expect(refused).toMatchObject({ status: 409, json: { code: "PLAN_CHANGED" } });
    expect(String(refused.json["hint"])).toContain("`dagmar dags validate`");
    const { exitCode, stderr } = await world.run(["dags", "validate"]);
    expect([exitCode, stderr]).toEqual([78, expect.stringMatching(/once\.yaml:\d+:\d+: /)]);
    await web.stop();
  });

  test.each(["lease.take.after:2", "lease.release.before:2", "lease.release.after:2"])(
    "SIGKILL at %s loses nothing and does nothing twice",
    async (point) => {
      const world = openWorld();
      const first = await world.startWeb({ DAGMAR_TEST_CRASH_AT: point });
      await eventually(
        "the Dag is known",
        async () => (await ask(`${first.url}/api/v2/dags/once`)).status === 200,
      );
      const early = await trigger(first, "key-1").catch(() => null);
      expect((await first.ended).signal).toBe("SIGKILL");
      const second = await world.startWeb();
      const again = await trigger(second, "key-1");
      expect(again).toMatchObject({ status: 200 });
      expect(again.json).toEqual(early?.json ?? again.json);
      expect(world.query("SELECT params FROM dag_runs")).toEqual([{ params: '{"limit":7}' }]);
      expect(world.countEvents("run_requested")).toBe(1);
      await second.stop();
    },
  );

  test("two at once: the same key is one run, and each other key one more", async () => {
    const world = openWorld();
    const webs = [await world.startWeb(), await world.startWeb()];
    for (const web of webs)
      await eventually("it is known", async () => (await ask(`${web.url}/api/v2/dags/once`)).status === 200);
    const replies = await Promise.all(
      webs.flatMap((web, index) => [
        trigger(web, "shared"),
        trigger(web, `own-${index}`),
        trigger(web, `more-${index}`),
      ]),
    );
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(new Set(replies.map(({ json }) => json["dag_run_id"])).size).toBe(5);
    expect(world.query("SELECT 1 FROM dag_runs")).toHaveLength(5);
    for (const web of webs) expect((await web.stop()).exitCode).toBe(0);
  });
});

describe("next to other processes", () => {
  test("with the scheduler's address it ends with 75 and says what to do", async () => {
    const world = openWorld();
    const scheduler = await world.startScheduler();
    const address = new URL(scheduler.url).host;
    const { exitCode, stderr } = await world.run(["web"], { DAGMAR_HTTP: address });
    expect([exitCode, stderr]).toEqual([
      75,
      expect.stringMatching(/already listens there[\s\S]*scheduler[\s\S]*DAGMAR_HTTP/),
    ]);
    await scheduler.stop();
  });

  test("while a command works, pages are read and a login is taken; an order is refused as a command's is", async () => {
    const world = openWorld();
    world.writeDag("waits", WAITS);
    const file = join(world.folder, "password");
    writeFileSync(file, "correct horse battery\n");
    chmodSync(file, 0o600);
    const command = world.start(["run", "waits"]);
    await eventually("it works", () => world.isThere("begun"), command);
    const web = await world.startWeb({ DAGMAR_WEB_PASSWORD_FILE: file });
    await eventually("it says how to sign in", () => /Sign in .*password/.test(web.output()), web);
    const login = { username: "marina", password: "correct horse battery" };
    const token = await send(web, "POST", "/auth/token", login);
    expect(token.status).toBe(201);
    const headers = { Authorization: `Bearer ${String(token.json["access_token"])}` };
    expect((await fetch(`${web.url}/api/v2/dags/waits`, { headers })).status).toBe(200);
    const paused = await send(web, "PATCH", "/api/v2/dags/waits", { is_paused: true }, headers);
    expect(paused).toMatchObject({ status: 503, json: { code: "DATABASE_BUSY" } });
    expect(paused.headers.get("Retry-After")).not.toBeNull();
    world.writeFile("go");
    expect((await command.ended).exitCode).toBe(0);
    expect(await send(web, "PATCH", "/api/v2/dags/waits", { is_paused: true }, headers)).toMatchObject({
      status: 200,
    });
    expect((await web.stop()).exitCode).toBe(0);
  });

  test("a database whose file is another one ends it with 78", async () => {
    const world = openWorld();
    const web = await world.startWeb();
    await eventually("the lease is free", () => readHolder(world) === null);
    renameSync(world.databaseFile, `${world.databaseFile}.old`);
    expect(await web.ended).toMatchObject({ exitCode: 78, signal: null });
    expect(web.output()).toContain(world.databaseFile);
  });

  test("where other machines reach it, a token is enough, and it says so", async () => {
    const world = openWorld();
    const token = (await world.run(["tokens", "create", "--role", "operator"])).stdout.trim();
    const web = await world.startWeb({ DAGMAR_HTTP: "0.0.0.0:0" });
    await eventually("it says so", () => web.output().includes("Sign in at /login with a token"), web);
    const url = web.url.replace("0.0.0.0", "127.0.0.1");
    expect((await ask(`${url}/api/v2/dags`)).status).toBe(401);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/api/v2/dags`, { headers })).status).toBe(200);
    await web.stop();
  });

  test.each([
    ["off", /DAGMAR_HTTP is off/],
    ["0.0.0.0:0", /which other machines can reach/],
  ])("DAGMAR_HTTP=%s is refused with 78", async (address, message) => {
    const { exitCode, stderr } = await openWorld().run(["web"], { DAGMAR_HTTP: address });
    expect([exitCode, stderr]).toEqual([78, expect.stringMatching(message)]);
  });
});
