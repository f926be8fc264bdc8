/** A service without Dags and runs, as it is on its first day: every page says so, and what to do. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOverflow, launchBrowser, listBarriers, openPage } from "./support/browser.ts";
import { openEmptySite } from "./support/site.ts";

const PICTURES = join(import.meta.dirname, "../../coverage/pages");

const PAGES: Readonly<Record<string, readonly [path: string, text: string]>> = {
  home: ["/", "All is well"],
  dags: ["/dags", "No Dags yet"],
  runs: ["/runs", "No runs"],
  lake: ["/lake", "Nothing here"],
  ids: ["/ids", "No id is missing"],
  backfills: ["/backfills", "No backfills"],
  "backfill-new": ["/backfills/new", "Choose a Dag and a range"],
  events: ["/events", "Events"],
  pools: ["/pools", "No task holds a slot"],
  settings: ["/settings", "Settings"],
  find: ["/find?q=nothing", "Nothing is near"],
};

let browser: Browser;
let site: Awaited<ReturnType<typeof openEmptySite>>;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  browser = await launchBrowser();
  site = await openEmptySite();
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

test.each([1280, 360])("every page shows itself, %i pixels wide", async (width) => {
  for (const [name, [path, text]] of Object.entries(PAGES)) {
    const { page, faults, close } = await openPage(browser, site.url + path, {
      viewport: { width, height: 800 },
    });
    await page.screenshot({ path: join(PICTURES, `empty-${name}-${width}.png`), fullPage: true });
    expect(await page.textContent("main"), name).toContain(text);
    expect(await findOverflow(page), name).toBe(0);
    expect(faults, name).toEqual([]);
    expect(await listBarriers(page), name).toEqual([]);
    await close();
  }
});
