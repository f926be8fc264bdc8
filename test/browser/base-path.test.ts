/** Behind a proxy that shows the pages under a path: links, forms, style sheet and stream stay under it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { launchBrowser, openPage } from "./support/browser.ts";
import { listPages, openSite, type Site } from "./support/site.ts";

let browser: Browser;
let site: Site;

beforeAll(async () => {
  browser = await launchBrowser();
  site = await openSite({ DAGMAR_WEB_BASE_PATH: "/tools/dagmar" });
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

test("every link and form stays under the path", async () => {
  let hasStream = false;
  for (const path of Object.values(listPages(site)).filter((each) => !each.startsWith("/there"))) {
    const { page, faults, close } = await openPage(browser, site.url + path);
    const targets = await page.$$eval(
      "a[href], form[action], link[href], script[src], meta[name=dagmar-stream]",
      (found) =>
        found.map(
          (each) =>
            ["href", "action", "src", "content"]
              .map((name) => each.getAttribute(name))
              .find((value) => value !== null) ?? "",
        ),
    );
    hasStream ||= targets.includes("/tools/dagmar/api/dagmar/stream?topics=change");
    expect(
      targets.filter((target) => !target.startsWith("/tools/dagmar/") && !target.startsWith("#")),
      path,
    ).toEqual([]);
    expect(faults, path).toEqual([]);
    await close();
  }
  expect(hasStream).toBe(true);
});

test("a form leads to its result under the path", async () => {
  const { page, close } = await openPage(browser, `${site.url}/dags/steady/trigger`);
  await page.fill("#date", "2026-11-24T06:00");
  await page.click("button.is-primary");
  await page.waitForURL("**/tools/dagmar/dags/steady/runs/**");
  expect(await page.textContent("h1")).toContain("steady");
  await close();
});

test("a login and a logout stay under the path", async () => {
  const { page, close } = await openPage(browser, `${site.url}/login?next=${encodeURIComponent("/runs")}`);
  await page.fill("#name", "marina");
  await page.fill("#password", "any, for this machine needs none");
  await page.click("button.is-primary");
  await page.waitForURL("**/tools/dagmar/runs");
  const cookies = (await page.context().cookies()).filter(({ name }) => name.startsWith("dagmar_session"));
  expect(cookies.map((cookie) => cookie.path)).toEqual(["/tools/dagmar"]);
  expect(await page.textContent("form.logout")).toContain("marina");
  await page.click("form.logout button");
  await page.waitForURL("**/tools/dagmar/login");
  expect((await page.context().cookies()).some(({ name }) => name.startsWith("dagmar_session"))).toBe(false);
  await close();
});
