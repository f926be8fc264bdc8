/** Pages as people use them: by keyboard, in two tabs, while things change, and while the scheduler dies and comes back. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, openPage } from "./support/browser.ts";
import { openSite, type Site } from "./support/site.ts";
import { eventually } from "../support/service-process.ts";

let browser: Browser;
let site: Site;

beforeAll(async () => {
  browser = await launchBrowser();
  site = await openSite();
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

describe("by keyboard", () => {
  test("g and a letter go to a page, / to the field, and keys are off in it", async () => {
    const { page, close } = await openPage(browser, site.url);
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.waitForURL("**/dags");
    await page.keyboard.press("/");
    await page.keyboard.type("g d steady");
    expect(await page.inputValue("#jump")).toBe("g d steady");
    await page.fill("#jump", "steady");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/dags/steady");
    await close();
  });

  test("arrows move in the grid, and Enter opens the run", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady`);
    await page.focus(".run-grid-wrap");
    await page.keyboard.press("ArrowDown");
    await page.waitForURL("**task=second**");
    await page.waitForFunction(() => document.querySelector("#picked-title")?.textContent === "second");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/dags/steady/runs/**");
    expect(await page.textContent("h1")).toContain("steady");
    await close();
  });

  test("the first tab stop leads to the content", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("skip-link");
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("#main");
    await close();
  });
});

describe("forms", () => {
  test("a Dag is triggered with the params that the form shows, once for two presses", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady`);
    await page.click('a[href$="/trigger"]');
    await page.fill("#date", "2026-11-23T06:00");
    await page.fill("#param-limit", "7");
    await page.dblclick("button.is-primary");
    await page.waitForURL("**/dags/steady/runs/**");
    expect(await page.textContent(".facts")).toContain('"limit":7');
    const runs = site.query(
      "SELECT 1 FROM v_runs WHERE dag_id = 'steady' AND logical_date LIKE '2026-11-23%'",
    );
    expect(runs.length).toBe(1);
    await close();
  });

  test("what is cleared is what was shown; if it changed meanwhile, it is shown again", async () => {
    const { page, close } = await openPage(
      browser,
      `${site.url}/dags/broken_run/runs/${encodeURIComponent(site.failedRun)}/clear?task=load`,
    );
    expect(await page.textContent("button.is-primary")).toBe("Clear 1 task");
    await site.prepare(["tasks", "mark", `broken_run/${site.failedRun}`, "load", "success"]);
    await page.click("button.is-primary");
    await page.waitForSelector('[role="alert"]');
    expect(await page.textContent('[role="alert"]')).toContain("Something changed");
    await close();
  });

  test("a backfill is previewed, started and shown", async () => {
    const { page, close } = await openPage(browser, `${site.url}/backfills/new`);
    await page.selectOption('select[name="dag"]', "steady");
    await page.fill("#from", "2026-11-14");
    await page.fill("#to", "2026-11-15");
    await page.click('form[action$="/backfills/new"]:not([method="post"]) button');
    await page.click("button.is-primary");
    await page.waitForURL("**/backfills/*");
    expect(await page.textContent("main")).toContain("of 2 ended");
    await close();
  });

  test("a slow run is cancelled after a question", async () => {
    const { page, close } = await openPage(browser, `${site.url}/runs?state=running`);
    await page.click('#runs a[href*="/dags/slow/runs/"]');
    await page.click('a[href$="/cancel"]');
    await page.click("button.is-danger");
    await page.waitForURL("**/runs/**");
    await eventually("cancelled", () => site.readStates("v_runs", "slow").includes("cancelled"));
    expect(new URL(page.url()).pathname).toMatch(/^\/dags\/slow\/runs\//);
    await close();
  });
});

describe("live", () => {
  test("a change is on the screen of two tabs within a second, and typing is not disturbed", async () => {
    const first = await openPage(browser, `${site.url}/dags`);
    const second = await openPage(browser, `${site.url}/dags?q=stead`);
    await second.page.fill('input[name="q"]', "half a wo");
    await first.page.waitForTimeout(500);
    await site.prepare(["dags", "pause", "steady"]);
    const began = performance.now();
    const isPaused = () => document.querySelector("#dags")?.textContent.includes("paused") === true;
    await Promise.all([first.page.waitForFunction(isPaused), second.page.waitForFunction(isPaused)]);
    const tookMs = performance.now() - began;
    process.stdout.write(`a pause was on both screens after ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeLessThan(2_000);
    expect(await second.page.inputValue('input[name="q"]')).toBe("half a wo");
    await site.prepare(["dags", "unpause", "steady"]);
    await first.close();
    await second.close();
  });

  test("a scheduler that is killed is noticed within 20 seconds, and so is the next one", async () => {
    const { page, close } = await openPage(browser, site.url);
    const address = new URL(site.url);
    site.scheduler.child.kill("SIGKILL");
    const began = performance.now();
    await page.waitForSelector("#stale:not([hidden])", { timeout: 20_000 });
    const tookMs = performance.now() - began;
    process.stdout.write(`the end was on the screen after ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeLessThan(20_000);
    const next = await site.startScheduler({ DAGMAR_HTTP: address.host });
    await page.waitForSelector("#stale", { state: "hidden", timeout: 30_000 });
    await next.stop();
    await close();
  });
});
