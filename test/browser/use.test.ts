/** Pages as people use them: by keyboard, in two tabs, while things change, and while the scheduler dies and comes back. */
import type { Browser, Page } from "playwright-core";
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
    await page.focus(".run-grid .marker");
    await page.keyboard.press("ArrowDown");
    await page.waitForURL("**task=second**");
    await page.waitForFunction(() => document.querySelector("#picked-title")?.textContent === "second");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/dags/steady/runs/**");
    expect(await page.textContent("h1")).toContain("steady");
    await close();
  });

  test("the grid is one tab stop, which is the picked task in its run", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady`);
    await page.focus('select[name="state"]');
    const isMarker = () => page.evaluate(() => document.activeElement?.classList.contains("marker"));
    await page.keyboard.press("Tab");
    expect(await isMarker()).toBe(true);
    await page.keyboard.press("ArrowDown");
    const label = () => page.getAttribute(".marker", "aria-label");
    expect(await label()).toMatch(/^second, 22 Nov 06:00: success$/);
    await page.waitForFunction(() => document.querySelector("#picked-title")?.textContent === "second");
    expect(await label()).toMatch(/^second, 22 Nov 06:00: success$/);
    expect(await isMarker()).toBe(true);
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("state");
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

/** As a browser says it when another tab comes to the front. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

/** `look` is called when a pause is on another tab's screen. */
async function whileItChanges(look: () => Promise<void>): Promise<void> {
  const { page, close } = await openPage(browser, `${site.url}/dags`);
  const isPaused = () => document.querySelector("#dags")?.textContent.includes("paused") === true;
  await site.prepare(["dags", "pause", "steady"]);
  await page.waitForFunction(isPaused);
  await look();
  await site.prepare(["dags", "unpause", "steady"]);
  await close();
}

describe("the grid by mouse", () => {
  test("a cell shows its task in its run, and the bar above leads to the run", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady`);
    await page.locator(".cells").click({ position: { x: 25, y: 30 } });
    await page.waitForURL("**run=**task=second**");
    const run = (await page.locator(".run-bars a").nth(2).getAttribute("data-run")) ?? "";
    expect(new URL(page.url()).searchParams.get("run")).toBe(run);
    await page.waitForFunction(() => document.querySelector("#picked-title")?.textContent === "second");
    await page.locator(".run-bars a").nth(2).click();
    await page.waitForURL(`**/runs/${encodeURIComponent(run)}`);
    await close();
  });

  test("without a script, a name shows its task, and the marker leads to the run", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady?runs=365`, {
      javaScriptEnabled: false,
    });
    await page.click(".run-grid th a >> text=second");
    expect(await page.textContent("#picked-title")).toBe("second");
    expect(new URL(page.url()).searchParams.get("runs")).toBe("365");
    await page.click(".marker");
    expect(new URL(page.url()).pathname).toMatch(/^\/dags\/steady\/runs\//);
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
    const hash = await page.inputValue('input[name="hash"]');
    // Another change, which a second tab has shown by the time that the first one is looked at again.
    await whileItChanges(async () => {
      expect(await page.textContent('[role="alert"]')).toContain("Something changed");
      expect(await page.inputValue('input[name="hash"]')).toBe(hash);
    });
    await page.click("button.is-primary");
    await page.waitForURL(`**/dags/broken_run/runs/${encodeURIComponent(site.failedRun)}`);
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

  test("a form keeps what is typed and what it shows", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady/trigger`);
    await page.fill("#param-city", "");
    await whileItChanges(async () => {
      expect(await page.inputValue("#param-city")).toBe("");
      expect(await page.isVisible(".notice")).toBe(false);
    });
    await close();
  });

  test("a button for what holds now is exchanged for the other one", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady`);
    await whileItChanges(async () => {
      await page.waitForSelector('form[action$="/pause"] input[name="is_paused"][value="false"]', {
        state: "attached",
      });
      await page.click('form[action$="/pause"] button');
      await page.waitForSelector('form[action$="/pause"] input[name="is_paused"][value="true"]', {
        state: "attached",
      });
      expect(site.query("SELECT is_paused FROM v_dags WHERE dag_id = 'steady'")).toEqual([{ is_paused: 0 }]);
    });
    await close();
  });

  test("the link with the focus keeps it when a row appears above", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady/runs`);
    const first = page.locator("#runs tbody tr a").first();
    const target = await first.getAttribute("href");
    await first.focus();
    await site.prepare(["trigger", "steady", "--date", "2026-11-25"]);
    await page.waitForSelector('#runs a[href*="2026-11-25"]');
    expect(await page.evaluate(() => document.activeElement?.getAttribute("href"))).toBe(target);
    await close();
  });

  test("a tab that is not seen has no stream, and is current when it is seen again", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags`);
    const isStream = (request: { url(): string }) => request.url().includes("/stream");
    const hangsUp = page.waitForEvent("requestfailed", isStream);
    await setHidden(page, true);
    await hangsUp;
    await site.prepare(["dags", "pause", "steady"]);
    const listens = page.waitForRequest(isStream);
    await setHidden(page, false);
    await listens;
    await page.waitForFunction(() => document.querySelector("#dags")?.textContent.includes("paused"));
    expect(await page.isHidden("#stale")).toBe(true);
    await site.prepare(["dags", "unpause", "steady"]);
    await close();
  });

  test("back leads to the view before, without its scripts starting again", async () => {
    const { page, close } = await openPage(browser, `${site.url}/dags/steady`);
    await page.focus(".run-grid .marker");
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() => document.querySelector("#picked-title")?.textContent === "second");
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("#picked-title")?.textContent !== "second");
    expect(new URL(page.url()).search).toBe("");
    await close();
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
