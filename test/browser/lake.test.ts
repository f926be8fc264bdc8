/** Pages about data, with data: sums of ids, objects and where each record came from. docs/web.md shows pictures of the tops of some of them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOverflow, launchBrowser, listBarriers, openPage } from "./support/browser.ts";
import { openLakeSite, type LakeSite } from "./support/lake-site.ts";

const PICTURES = join(import.meta.dirname, "../../coverage/pages");

let browser: Browser;
let site: LakeSite;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  browser = await launchBrowser();
  site = await openLakeSite();
}, 180_000);

afterAll(async () => {
  await browser.close();
  await site.close();
});

/** By a name for its picture: the page, and what it has to say. */
const PAGES: Readonly<Record<string, readonly [path: (site: LakeSite) => string, texts: readonly string[]]>> =
  {
    "lake-home": [() => "/", ["One thing needs you", "tmdb_ingest"]],
    "lake-grid": [() => "/dags/tmdb_ingest", ["movie_ids", "series"]],
    "lake-graph": [() => "/dags/tmdb_ingest/graph", ["movie_ids", "series"]],
    "lake-calendar": [() => "/dags/csv_ingest/calendar", ["2026"]],
    "lake-run": [
      (found) => `/dags/tmdb_ingest/runs/${findRun(found, "2026-11-23", "success")}`,
      ["movies-20261123T090000000Z-00001.json", "260"],
    ],
    "lake-run-failed": [
      (found) => `/dags/tmdb_ingest/runs/${findRun(found, "2026-11-22", "failed")}`,
      ["TMDB_API_TOKEN is wrong"],
    ],
    "lake-log": [
      (found) => `/dags/tmdb_ingest/runs/${findRun(found, "2026-11-23", "success")}/tasks/movies/attempts/1`,
      ["asked 260 = stored"],
    ],
    "lake-all": [() => "/lake", ["tmdb_movies", "tmdb_series", "movies"]],
    "lake-dataset": [() => "/lake/datasets/tmdb_movies", ["Raw/TMDB/JSON/Movies/2026/11/21"]],
    "lake-ids": [() => "/ids?dataset=tmdb_movies&outcome=not_found", ["not found"]],
    "lake-id": [(found) => `/ids/${found.storedId}`, ["Raw/TMDB/JSON/Movies/2026/11/21"]],
    "lake-id-unknown": [(found) => `/ids/${found.unknownId}`, ["not found"]],
    "lake-events": [() => "/events", ["run_requested"]],
  };

function findRun(found: LakeSite, day: string, state: string): string {
  const [run] = found.query<{ run_id: string }>(
    "SELECT run_id FROM v_runs WHERE dag_id = 'tmdb_ingest' AND state = ? AND logical_date LIKE ?",
    state,
    `${day}%`,
  );
  if (run === undefined) throw new Error(`there is no ${state} run of ${day}`);
  return encodeURIComponent(run.run_id);
}

describe.each([
  { scheme: "light", width: 1280 },
  { scheme: "dark", width: 360 },
] as const)("in the $scheme scheme, $width pixels wide", ({ scheme, width }) => {
  test.each(Object.keys(PAGES))("%s shows what there is", async (name) => {
    const [path, texts] = PAGES[name] ?? [() => "/", []];
    const { page, faults, close } = await openPage(browser, site.url + path(site), {
      colorScheme: scheme,
      viewport: { width, height: 800 },
    });
    await page.screenshot({ path: join(PICTURES, `${name}-${width}-${scheme}.png`), fullPage: true });
    if (width === 1280) await page.screenshot({ path: join(PICTURES, `top-of-${name}.png`) });
    const text = (await page.textContent("main")) ?? "";
    for (const expected of texts) expect(text).toContain(expected);
    expect(await findOverflow(page)).toBe(0);
    expect(faults).toEqual([]);
    expect(await listBarriers(page)).toEqual([]);
    await close();
  });
});

test("every sum of ids holds, on the first page and on the runs", async () => {
  const { page, close } = await openPage(browser, site.url);
  expect(await page.locator('.holds[data-state="failed"]').count()).toBe(0);
  for (const day of ["2026-11-21", "2026-11-23"]) {
    await page.goto(`${site.url}/dags/tmdb_ingest/runs/${findRun(site, day, "success")}`);
    expect(await page.locator('.holds[data-state="success"]').count()).toBeGreaterThan(0);
    expect(await page.locator('.holds[data-state="failed"]').count()).toBe(0);
  }
  await close();
});

test("the failed run is two steps from the first page, and its log is the third", async () => {
  const { page, close } = await openPage(browser, site.url);
  await page.click('#needs a[href*="/dags/tmdb_ingest/runs/"]');
  expect(await page.textContent("h1")).toContain("tmdb_ingest, 22 Nov");
  await page.click('[data-state="failed"] a[href*="/attempts/1"], tr:has([data-state="failed"]) a');
  expect(await page.textContent("main")).toContain("TMDB_API_TOKEN is wrong");
  await close();
});

test("the lake is verified from its page, and the result stays", async () => {
  const { page, close } = await openPage(browser, `${site.url}/lake`);
  await page.click('form[action$="/lake/verify"] button');
  await page.waitForSelector("text=Every object is there and matches its record.");
  await page.reload();
  expect(await page.textContent("main")).toContain("matches its record");
  await close();
});
