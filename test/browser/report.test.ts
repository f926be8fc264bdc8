/** The shipped report in Chromium: no barrier, no fault and no request, light and dark, narrow and wide; opened from a folder. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GOLDEN, makeShippedReport } from "../dags/shipped-report.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { findOverflow, launchBrowser, listBarriers, openPage } from "./support/browser.ts";

const HOSTILE = `"><script>window.hacked=1</script><img src=x onerror="window.hacked=2"> \u202e`.padEnd(
  200,
  "é",
);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

test("is read by all, loads nothing but itself, and fits each width", async () => {
  const films = `${GOLDEN}${HOSTILE}|2020-01-01|1000|2000|5.0|500|true|false\n`;
  const pages = await makeShippedReport(films, { least_films: 1 });
  const folder = makeTempFolder();
  for (const [language, html] of Object.entries(pages)) {
    const file = join(folder, `disney-${language}.html`);
    writeFileSync(file, html);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [360, 1280, 1600]) {
        const options = { colorScheme, viewport: { width, height: 900 } };
        const { page, faults, loads, close } = await openPage(browser, pathToFileURL(file).href, options);
        expect(await listBarriers(page)).toEqual([]);
        expect(await findOverflow(page)).toBe(0);
        expect(await page.locator("script, img").count()).toBe(0);
        expect(await page.evaluate("window.hacked")).toBeUndefined();
        expect(faults).toEqual([]);
        expect(loads.length).toBeLessThanOrEqual(1);
        await close();
      }
    }
  }
}, 180_000);

test("leads to the page in the other language", async () => {
  const pages = await makeShippedReport();
  const folder = makeTempFolder();
  for (const [language, html] of Object.entries(pages))
    writeFileSync(join(folder, `disney-${language}.html`), html);
  const { page, close } = await openPage(browser, pathToFileURL(join(folder, "disney-pt.html")).href);
  await page.getByRole("link", { name: "English" }).click();
  expect(await page.locator("h1").textContent()).toBe(
    "The best and the worst Disney films of the 21st century",
  );
  await close();
});
