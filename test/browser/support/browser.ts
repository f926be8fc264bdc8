/** Chromium for the tests of pages: what a page loads, says on its console and shows is watched. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env["DAGMAR_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
  // Root needs --no-sandbox: the tests' pages come from this machine alone.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests to other hosts. */
  readonly faults: readonly string[];
  /** Of what was loaded so far, without streams. */
  readonly loads: readonly { readonly url: string; readonly bytes: number }[];
  readonly close: () => Promise<void>;
}

/** In a context of its own, as a new visitor. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const loads: { url: string; bytes: number }[] = [];
  const { host } = new URL(url);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (new URL(request.url()).host !== host) faults.push(`external: ${request.url()}`);
  });
  page.on("requestfinished", (request) => {
    void request.sizes().then(
      ({ responseBodySize, responseHeadersSize }) =>
        loads.push({ url: request.url(), bytes: responseBodySize + responseHeadersSize }),
      () => undefined,
    );
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, faults, loads, close: () => context.close() };
}

/** What axe-core finds serious or critical, a line each. The page's policy lets no script in, so it is evaluated. */
export async function listBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { impact: string; id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
  });
}

/** Parts that stick out of the window to the right, where they cannot be scrolled in. */
export function findOverflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
