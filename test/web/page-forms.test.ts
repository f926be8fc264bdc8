/** Forms that change something, on a scheduler's real loop: what they show is what is done, once for each form. */
import { describe, expect, test } from "vitest";
import { sql } from "../../state/sqlite/statement.ts";
import type { HttpReply } from "../../web/server/exchange.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { makeDag, makeTask } from "../support/test-dag.ts";
import { openWriteWorld, type WriteWorld } from "../support/web/write-world.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };

async function openForms(params: Readonly<Record<string, JsonValue>>): Promise<WriteWorld> {
  const world = await openWriteWorld();
  const schedule = { kind: "cron", expression: "0 6 * * *" } as const;
  world.setDags([makeDag([makeTask("one")], { dagId: "daily", schedule, params })]);
  await world.begin();
  return world;
}

/** What a browser sends for the fields as the page has them: one line of text each. */
function readFields({ body }: HttpReply): URLSearchParams {
  const fields = [...String(body).matchAll(/<input [^>]*?name="([^"]+)"[^>]*? value="([^"]*)"/g)];
  const post = String(body).slice(String(body).indexOf('method="post"'));
  return new URLSearchParams(
    fields
      .filter(([tag]) => post.includes(tag))
      .map(([, name = "", value = ""]): [string, string] => [
        name,
        unescape(value).replaceAll(/[\r\n]/g, ""),
      ]),
  );
}

function unescape(text: string): string {
  const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] ?? "");
}

const PARAMS: Readonly<Record<string, JsonValue>> = {
  lines: "first\nsecond\r\n",
  hidden: "a\u202eb\u0007\u200e",
  number: "7",
  empty: "",
  word: "null",
  quoted: '"São" & <Paulo>\\',
  nested: { deep: ["\u2028", 1, null] },
};

describe("a Dag is triggered", () => {
  test("with the params of its file, whatever they hold, if no field is changed", async () => {
    const world = await openForms(PARAMS);
    const page = await world.send("GET", "/dags/daily/trigger", undefined, FORM);
    const fields = readFields(page);
    expect(new Set(fields.keys())).toEqual(
      new Set(["key", "date", ...Object.keys(PARAMS).map((name) => `param.${name}`)]),
    );
    const { status, headers } = await world.send("POST", "/dags/daily/trigger", fields.toString(), FORM);
    expect(status).toBe(303);
    expect(headers["Location"]).toMatch(/^\/dags\/daily\/runs\/manual/);
    const [run] = world.database.all<{ params: string }>(sql`SELECT params FROM dag_runs`);
    expect(JSON.parse(run?.params ?? "")).toEqual(PARAMS);
  });

  test("with an emptied field as an empty text", async () => {
    const world = await openForms({ city: "Recife" });
    const fields = readFields(await world.send("GET", "/dags/daily/trigger", undefined, FORM));
    fields.set("param.city", "");
    await world.send("POST", "/dags/daily/trigger", fields.toString(), FORM);
    const [run] = world.database.all<{ params: string }>(sql`SELECT params FROM dag_runs`);
    expect(JSON.parse(run?.params ?? "")).toEqual({ city: "" });
  });

  test("once for a form that is sent twice, and the answer is no page that is read again", async () => {
    const world = await openForms({});
    const page = await world.send("GET", "/dags/daily/trigger", undefined, FORM);
    expect(String(page.body)).toContain('name="dagmar-stream"');
    expect(String(page.body)).toContain("data-keep");
    const fields = readFields(page);
    const first = await world.send("POST", "/dags/daily/trigger", fields.toString(), FORM);
    const second = await world.send("POST", "/dags/daily/trigger", fields.toString(), FORM);
    expect(second.headers["Location"]).toBe(first.headers["Location"]);
    expect(world.database.all(sql`SELECT 1 FROM dag_runs`).length).toBe(1);
    fields.set("date", "never");
    fields.delete("key");
    const refused = await world.send("POST", "/dags/daily/trigger", fields.toString(), FORM);
    expect(refused.status).toBe(422);
    expect(String(refused.body)).not.toContain('name="dagmar-stream"');
    expect(String(refused.body)).not.toContain("hreflang");
  });
});

describe("a backfill is cancelled", () => {
  test.each(["1%0A", "01", "1.0", "0x1", "%2e%2e", "99"])("not by the address %s", async (number) => {
    const world = await openForms({});
    const range = { dag_id: "daily", from_date: "2026-11-10", to_date: "2026-11-12" };
    const created = await world.send("POST", "/api/v2/backfills", range);
    expect(created.status, String(created.body)).toBe(200);
    const { status, headers } = await world.send("POST", `/backfills/${number}/cancel`, "", FORM);
    expect(status).toBe(404);
    expect(headers["Location"]).toBeUndefined();
  });
});
