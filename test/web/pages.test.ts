/** Pages as a browser gets them: each answers, escapes what was stored, keeps its address, and says who may do what. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { PAGES } from "../../web/pages/pages.ts";
import { html } from "../../web/pages/frame/html.ts";
import { chooseLanguage } from "../../web/pages/frame/language.ts";
import { colour } from "../../web/pages/log/ansi.ts";
import { showBytes, showCount, showDuration } from "../../web/pages/parts/figures.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { makeDag, makeTask } from "../support/test-dag.ts";
import { fillLake } from "../support/web/lake-rows.ts";
import { openReadWorld, type ReadWorld } from "../support/web/read-world.ts";

const HOSTILE = `"><script>alert(1)</script>'`;

const VIEWER = { name: "token reader", role: "viewer" } as const;

/** The address of a page in a world that has everything. */
function fillPath(path: string, runId: string): string {
  const target = path
    .replace("{dag_id}", "steady")
    .replace("{run_id}", encodeURIComponent(runId))
    .replace("{task_id}", "one")
    .replace("{number}", "1")
    .replace("{backfill_id}", "7")
    .replace("{dataset}", "titles")
    .replace("{asked_id}", "id1");
  return path === "/find" ? `${target}?q=stea` : target;
}

describe("every page", () => {
  it.each(PAGES)("answers at $path, with the policy that lets nothing foreign run", async ({ path }) => {
    const { world, runId } = await openFullPages();
    const { status, headers, body } = await world.ask(fillPath(path, runId), { accept: "text/html" });
    expect(status, String(body)).toBe(200);
    expect(headers["Content-Security-Policy"]).toContain("default-src 'none'");
    expect(String(body)).toContain("</html>");
    expect(String(body)).not.toContain("<script>alert");
  });

  it("shows a viewer no form that changes anything, except the one that logs out", async () => {
    const { world, runId } = await openFullPages();
    for (const { path, isForm = false } of PAGES) {
      const { status, body } = await world.ask(fillPath(path, runId), {}, VIEWER);
      expect(status, path).toBe(isForm ? 403 : 200);
      const forms = [...String(body).matchAll(/<form[^>]*method="post"[^>]*>/g)].map(([form]) => form);
      expect(forms, path).toEqual([expect.stringContaining('action="/logout"')]);
      const shown = isForm ? "" : String(body);
      expect(shown, path).not.toMatch(/href="[^"]*\/(?:trigger|clear|cancel|mark|new)["?]/);
    }
  });

  it.each([
    "/find?q=",
    "/dags?q=",
    "/lake?key=",
    "/ids?dataset=",
    "/ids?outcome=",
    "/runs?state=",
    "/events?kind=",
  ])("shows what %s asks for as text", async (target) => {
    const { world } = await openFullPages();
    for (const asked of [
      HOSTILE,
      "%00",
      "\u202e\u0000",
      "a".repeat(5_000),
      "' OR 1=1 --",
      "%",
      "../../etc/passwd\n",
    ]) {
      const { status, body, headers } = await world.ask(target + encodeURIComponent(asked));
      expect([200, 303], asked).toContain(status);
      expect(headers["Location"] ?? "/", asked).toMatch(/^\/(?:[^/]|$)/);
      expect(String(body), asked).not.toContain("<script>alert");
      expect(String(body), asked).not.toContain("\u202e");
    }
  });

  it("shows what is searched for in a log as text", async () => {
    const { world, runId } = await openFullPages();
    const log = fillPath("/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/attempts/{number}", runId);
    for (const asked of [HOSTILE, "[", "(?:", "\\", "%"]) {
      const { status, body } = await world.ask(`${log}?q=${encodeURIComponent(asked)}`);
      expect(status, asked).toBe(200);
      expect(String(body), asked).not.toContain("<script>alert");
    }
  });
});

async function openPages(): Promise<{ world: ReadWorld; runId: string }> {
  const world = await openReadWorld();
  const dag = makeDag([makeTask("one"), makeTask("two", { needs: ["one"] })], {
    dagId: "steady",
    description: HOSTILE,
  });
  await world.saveDag(dag);
  const runId = await world.addRun({
    dag,
    date: "2026-11-22T09:00:00Z",
    state: "failed",
    tasks: { one: "failed" },
  });
  await world.addRun({ dag, date: "2026-11-23T09:00:00Z", tasks: { one: "success", two: "success" } });
  return { world, runId };
}

/** With objects, ids, a log and a backfill, so that no page lacks what it shows. */
async function openFullPages(): Promise<{ world: ReadWorld; runId: string }> {
  const { world, runId } = await openPages();
  await world.write((query) => {
    fillLake(query, world.lake.id);
    query.run(
      sql`INSERT INTO backfills (backfill_id, lake, dag_id, state, from_date, to_date, reprocess, is_refetch, max_active,
          created_at) VALUES (7, ${world.lake.id}, 'steady', 'running', '2026-11-22T09:00:00.000Z',
          '2026-11-23T09:00:00.000Z', 'none', 0, 1, '2026-11-23T09:00:00.000Z')`,
    );
    query.run(sql`UPDATE dag_runs SET backfill_id = 7`);
    query.run(
      sql`INSERT INTO events (at, at_local, level, kind, dag_id, run_id, message)
          VALUES ('2026-11-23T09:00:00.000Z', 'x', 'info', 'note', 'steady', ${runId}, ${HOSTILE})`,
    );
  });
  world.writeLog({ dagId: "steady", runId, taskId: "one", attempt: 1 }, `${HOSTILE}\nsecond line\n`);
  return { world, runId };
}

describe("a page", () => {
  let world: ReadWorld;
  let runId: string;

  it("shows what was stored as text", async () => {
    ({ world, runId } = await openPages());
    const { body } = await world.ask("/dags/steady");
    expect(String(body)).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;");
  });

  it("is compressed for a browser that takes it", async () => {
    ({ world, runId } = await openPages());
    const plain = await world.ask("/keys");
    const zipped = await world.ask("/keys", { "accept-encoding": "gzip, br" });
    expect(zipped.headers["Content-Encoding"]).toBe("gzip");
    expect(gunzipSync(zipped.body as Uint8Array).toString()).toBe(plain.body);
  });

  it("is in the language that was chosen, else in the browser's", async () => {
    ({ world, runId } = await openPages());
    const chosen = await world.ask("/dags?language=pt");
    expect(String(chosen.body)).toContain('lang="pt-BR"');
    expect(chosen.headers["Set-Cookie"]).toMatch(/^dagmar_language=pt; Path=\//);
    expect(chooseLanguage({ headers: { "accept-language": "de, pt-BR;q=0.8, en;q=0.5" } })).toBe("pt");
    expect(chooseLanguage({ headers: { "accept-language": "pt;q=0, *" } })).toBe("en");
    expect(chooseLanguage({ headers: { cookie: "a=b; dagmar_language=pt" } })).toBe("pt");
    expect(chooseLanguage({ headers: { cookie: "dagmar_language=<script>" } })).toBe("en");
  });

  it("keeps the whole address in the link to its other language", async () => {
    ({ world, runId } = await openPages());
    const { body } = await world.ask("/runs?state=failed&state=running&language=en");
    expect(String(body)).toContain('href="/runs?state=failed&amp;state=running&amp;language=pt"');
  });

  it("that only leads to a change tells a viewer why it is not shown", async () => {
    ({ world, runId } = await openPages());
    const { body } = await world.ask("/dags/steady/trigger", {}, VIEWER);
    expect(String(body)).toContain("token reader is a viewer and may only read.");
  });

  it("says in HTML that the database cannot be read, and a program gets a problem", async () => {
    ({ world, runId } = await openPages());
    for (const name of ["dagmar.db", "dagmar.db-wal", "dagmar.db-shm"])
      rmSync(join(world.folder, name), { force: true });
    writeFileSync(join(world.folder, "dagmar.db"), "no database");
    const page = await world.ask("/dags", { accept: "text/html", "accept-language": "pt" });
    expect(page.status).toBe(500);
    expect(page.headers["Content-Type"]).toBe("text/html; charset=utf-8");
    expect(String(page.body)).toContain("<code>DATABASE_UNUSABLE</code>");
    expect(String(page.body)).toContain("Algo deu errado");
    expect(String(page.body)).not.toContain(world.folder);
    const problem = await world.ask("/api/v2/dags");
    expect(problem.headers["Content-Type"]).toContain("application/problem+json");
  });

  it("leads from a word to what it means", async () => {
    ({ world, runId } = await openPages());
    expect((await world.ask("/find?q=steady")).headers["Location"]).toBe("/dags/steady");
    expect((await world.ask(`/find?q=${encodeURIComponent(runId)}`)).headers["Location"]).toContain("/runs/");
    expect((await world.ask("/find?q=tt0133093")).headers["Location"]).toBe("/ids/tt0133093");
    expect((await world.ask("/find?q=stea")).status).toBe(200);
  });

  it("says what does not exist, with the status", async () => {
    ({ world, runId } = await openPages());
    for (const path of [
      "/nada",
      "/dags/nada",
      "/dags/steady/runs/nada",
      "/backfills/99",
      "/ids/tt1",
      "/%zz",
    ]) {
      const { status, body } = await world.ask(path);
      expect(status, path).toBe(404);
      expect(String(body), path).toContain("</html>");
    }
  });
});

describe("html", () => {
  it.each([
    ["markup", "<b>&\"'</b>", "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;"],
    ["a mark that turns the direction", "a\u202eb", "a\\u202eb"],
    ["a bell", "a\u0007b", "a\\u0007b"],
    ["line feeds and tabs as they are", "a\n\tb", "a\n\tb"],
  ])("escapes %s", (_, text, escaped) => {
    expect(html`${text}`.text).toBe(escaped);
  });

  it("takes no object that only looks like a template", () => {
    const parsed = JSON.parse('{"text":"<script>"}') as never;
    expect(() => html`${parsed}`.text).toThrow("map is not a function");
  });
});

describe("a log line", () => {
  it.each([
    ["colours", "\u001b[31mred\u001b[0m plain", '<span class="red">red</span> plain'],
    ["markup in colours", "\u001b[1m<b>\u001b[0m", '<span class="bold">&lt;b&gt;</span>'],
    ["one of 256 colours, which is left out", "\u001b[38;5;1mred\u001b[0m", "red"],
    ["a colour after one of 256", "\u001b[48;2;1;2;31;32mgreen", '<span class="green">green</span>'],
    ["other sequences, which are left out", "a\u001b[2Kb", "ab"],
  ])("shows %s", (_, text, shown) => {
    expect(html`${colour(text, "")}`.text).toBe(shown);
  });

  it("marks what was searched for, in any case", () => {
    expect(html`${colour("An Error, error", "error")}`.text).toBe(
      "An <mark>Error</mark>, <mark>error</mark>",
    );
  });
});

describe("figures", () => {
  it.each([
    [showCount(37_006), "37\u202f006"],
    [showCount(7), "7"],
    [showBytes(6_710_886), "6.4 MiB"],
    [showBytes(512), "512 B"],
    [showDuration(0.34), "0.3 s"],
    [showDuration(67), "1 min 7 s"],
    [showDuration(4_020), "1 h 7 min"],
    [showDuration(90_000), "1 d 1 h"],
  ])("%s", (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
