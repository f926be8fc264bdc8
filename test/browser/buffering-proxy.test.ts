/** Behind a proxy that keeps replies back until they end, no stream comes through: the page asks by itself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { startBufferingProxy, type BufferingProxy } from "../support/buffering-proxy.ts";
import { launchBrowser, openPage } from "./support/browser.ts";
import { openSite, type Site } from "./support/site.ts";

let browser: Browser;
let site: Site;
let proxy: BufferingProxy;

beforeAll(async () => {
  browser = await launchBrowser();
  site = await openSite();
  proxy = await startBufferingProxy(site.url);
});

afterAll(async () => {
  await browser.close();
  proxy.close();
  await site.close();
});

test("a page shows a new run without a stream and without being loaded again", async () => {
  const { page, faults, close } = await openPage(browser, `${proxy.url}/dags/steady/runs`);
  await page.evaluate("window.isSamePage = true");
  await site.prepare(["trigger", "steady", "--date", "2026-11-25"]);
  await page.waitForSelector('a[href*="2026-11-25"]', { timeout: 30_000 });
  expect(await page.evaluate("window.isSamePage")).toBe(true);
  expect(proxy.paths.filter((path) => path.startsWith("/api/dagmar/stream")).length).toBeGreaterThan(0);
  expect(await page.locator("#stale").isHidden()).toBe(true);
  expect(faults).toEqual([]);
  await close();
});
