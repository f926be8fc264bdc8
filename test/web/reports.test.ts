/** A report's page over HTTP: as it is in the lake, and in a browser's hands without scripts, requests and this server's origin. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeTable, interpretFound } from "../../lake/protocol/identity-metadata.ts";
import { createObjectStore } from "../../state/records/objects.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { openAccessWorld, type AccessWorld } from "../support/web/access-world.ts";

const KEY = "Report/HTML/Os filmes & mais-pt.html";
const PATH = "/lake/reports/Report/HTML/Os%20filmes%20%26%20mais-pt.html";
const PAGE = "<!doctype html><title>Report</title><script>alert(1)</script>";

/** An object of ours, or, without `dataset`, of another program. */
async function store({ lake, database, clock }: AccessWorld, key: string, dataset?: string): Promise<void> {
  const body = Buffer.from(PAGE);
  const identity = { fingerprint: "f", inputsDate: "2026-11-23T09:00:00.000Z", rowCount: 1, engine: "e" };
  await lake.putBytes({
    key,
    body,
    sha256: createHash("sha256").update(body).digest("hex"),
    metadata: dataset === undefined ? {} : describeTable(dataset, "2026-11-23T09:00:00.000Z", identity),
    contentType: "text/html",
  });
  const head = await lake.head(key);
  if (head === undefined) throw new Error("the object was not stored");
  await createObjectStore(database, clock, "UTC").adopt(lake.id, [interpretFound(head, null)]);
}

test("a report is served as it is, in a sandbox without scripts, requests and forms", async () => {
  const world = await openAccessWorld();
  await store(world, KEY, "report_films");
  const got = await world.http(PATH);
  expect(got).toMatchObject({ status: 200, text: PAGE });
  expect(got.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(got.headers["x-content-type-options"]).toBe("nosniff");
  expect(got.headers["content-security-policy"]).toBe(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
});

test("the lake's page leads to it, and keeps a policy of its own", async () => {
  const world = await openAccessWorld({ basePath: "/x" });
  await store(world, KEY, "report_films");
  const got = await world.http("/x/lake");
  expect(got.text).toContain(`href="/x${PATH}"`);
  expect(got.headers["content-security-policy"]).toContain("script-src 'self'; style-src 'self'");
  expect((await world.http(`/x${PATH}`)).status).toBe(200);
});

test.each([
  ["a foreign page", PATH],
  ["no object", "/lake/reports/Report/HTML/none.html"],
  ["a folder above", "/lake/reports/Report/..%2f..%2fsecret.html"],
  ["a broken escape", "/lake/reports/%E0%A4%A.html"],
])("%s is no report", async (_what, path) => {
  const world = await openAccessWorld();
  await store(world, KEY);
  const got = await world.http(path);
  expect([400, 404]).toContain(got.status);
  expect(got.text).not.toContain("<script>");
});

test("a report needs a login where all pages do, and is only read", async () => {
  const world = await openAccessWorld({ password: "a long password" });
  await store(world, KEY, "report_films");
  const refused = await world.http(PATH);
  expect(refused.status).not.toBe(200);
  expect(refused.text).not.toContain("<script>");
  const token = await world.addToken("viewer");
  const headers = { Authorization: `Bearer ${token}` };
  expect((await world.http(PATH, { headers })).status).toBe(200);
  expect((await world.http(PATH, { method: "DELETE", headers })).status).toBeGreaterThanOrEqual(403);
});

test("a page whose bytes are not the recorded ones is not shown", async () => {
  const world = await openAccessWorld();
  await store(world, KEY, "report_films");
  const head = await world.lake.head(KEY);
  const body = Buffer.from(PAGE.replace("alert(1)", "alert(2)"));
  const path = join(makeTempFolder(), "page.html");
  writeFileSync(path, body);
  await world.lake.replaceFile({
    key: KEY,
    path,
    replaces: head?.etag ?? "",
    sha256: createHash("sha256").update(body).digest("hex"),
    sizeBytes: body.length,
    metadata: {},
    contentType: "text/html",
  });
  expect(await world.http(PATH)).toMatchObject({ status: 503 });
});
