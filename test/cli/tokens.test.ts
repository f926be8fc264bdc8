/** `dagmar tokens` with and without a scheduler: the token is shown once, the database has its hash alone, and events name who did it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, openWay, WAYS, type WayWorld } from "../support/service-process.ts";

const USER = `${userInfo().username}@${hostname()}`;
const DAGS = { daily: "schedule: manual\ntasks: { nothing: { type: noop } }\n" };

describe.each(WAYS)("%s", (way) => {
  let world: WayWorld;
  beforeAll(async () => {
    world = await openWay(way, DAGS);
  });
  afterAll(() => world.close());

  test("a new token is alone on standard output, and stored as a hash", async () => {
    const { exitCode, stdout, stderr } = await world.run(
      "tokens create --role operator --expires 90d --name deploy".split(" "),
    );
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^dagmar_token_1_[\w-]{43}\n$/);
    expect(stderr).toMatch(/^Token 1 \(deploy, operator\) is valid until .*\. It is not shown again\.\n/);
    const secret = stdout.trim().slice("dagmar_token_1_".length);
    const hash = createHash("sha256").update(secret).digest("hex");
    expect(world.query("SELECT secret_hash, last_four FROM api_tokens")).toEqual([
      { secret_hash: hash, last_four: secret.slice(-4) },
    ]);
    for (const suffix of ["", "-wal"])
      expect(readFileSync(world.databaseFile + suffix, "latin1")).not.toContain(secret);
  });

  test("the list has what recognises it, and the token never", async () => {
    const { stdout } = await world.run(["tokens", "list", "--json"]);
    const { tokens } = JSON.parse(stdout) as { tokens: readonly Record<string, unknown>[] };
    expect(tokens).toMatchObject([
      { token_id: 1, name: "deploy", role: "operator", state: "valid", created_by: USER, revoked_at: null },
    ]);
    expect(Object.keys(tokens[0] ?? {})).not.toContain("token");
    const table = (await world.run(["tokens", "list"])).stdout;
    expect(table).toMatch(/\n1 +deploy +operator +valid +[\w-]{4} /);
  });

  test("a token is revoked once", async () => {
    const revoke = async () => (await world.run(["tokens", "revoke", "1"])).stdout;
    expect(await revoke()).toBe("Token 1 is revoked.\n");
    expect(await revoke()).toBe("Token 1 was revoked already.\n");
    const { stdout } = await world.run(["tokens", "list", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ tokens: [{ state: "revoked", revoked_by: USER }] });
    const { exitCode, stderr } = await world.run(["tokens", "revoke", "9"]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/There is no token 9\..*dagmar tokens list/s),
    ]);
  });

  test.each([
    ["no role", "tokens create"],
    ["an unknown role", "tokens create --role admin"],
    ["no duration", "tokens create --role viewer --expires soon"],
    ["a duration that is too short", "tokens create --role viewer --expires 1s"],
    ["a duration that is too long", "tokens create --role viewer --expires 3651d"],
    ["no id", "tokens revoke deploy"],
  ])("%s is refused", async (_, line) => {
    const { exitCode, stdout } = await world.run(line.split(" "));
    expect([exitCode, stdout]).toEqual([2, ""]);
  });

  test("every event of a command has the name of the user, and so has the run", async () => {
    await world.prepare(["run", "daily"]);
    await world.prepare(["tasks", "mark", "daily", "nothing", "failed"]);
    await world.prepare(["dags", "pause", "daily"]);
    const events = world.query<{ kind: string; requested_by: string | null }>(
      "SELECT kind, requested_by FROM v_events WHERE kind IN ('token_created', 'token_revoked', 'run_requested', 'task_marked', 'dag_paused') ORDER BY at",
    );
    expect(events.map(({ kind }) => kind)).toEqual([
      "token_created",
      "token_revoked",
      "run_requested",
      "task_marked",
      "dag_paused",
    ]);
    expect(new Set(events.map((event) => event.requested_by))).toEqual(new Set([USER]));
    expect(world.query("SELECT requested_by FROM v_runs")).toEqual([{ requested_by: USER }]);
    expect((await world.run(["runs", "show", "daily"])).stdout).toContain(`requested by  ${USER}\n`);
  });
});

test("the runs of a backfill have the name of the user, and a scheduled run has none", async () => {
  const world = await openWay("with a scheduler", {
    hourly: 'schedule: "0 * * * *"\ntasks: { nothing: { type: noop } }\n',
    often: 'schedule: "* * * * * *"\ntasks: { nothing: { type: noop } }\n',
  });
  try {
    await world.prepare(["backfill", "hourly", "--from", "2026-11-01", "--to", "2026-11-01"]);
    const count = (where: string) => world.query(`SELECT 1 FROM v_runs WHERE ${where}`).length;
    expect(count(`run_type = 'backfill' AND requested_by = '${USER}'`)).toBe(24);
    await eventually("a scheduled run", () => count("run_type = 'scheduled'") > 0);
    expect(count("run_type = 'scheduled' AND requested_by IS NOT NULL")).toBe(0);
  } finally {
    await world.close();
  }
});
