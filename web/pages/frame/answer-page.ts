/** Answers a request for a page: finds it, renders it in the reader's language, and adds the headers that browsers need. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Pending } from "../../api/answer.ts";
import { judgeError } from "../../api/problem.ts";
import type { ReadTools } from "../../api/route.ts";
import type { HttpReply, HttpRequest } from "../../server/exchange.ts";
import { createFinder } from "../../server/find-route.ts";
import { ACTIONS } from "../actions.ts";
import { PAGES } from "../pages.ts";
import type { Action } from "./action.ts";
import { answerAction } from "./answer-action.ts";
import { acceptsGzip, type Assets } from "./assets.ts";
import { chooseLanguage, findLanguage, LANGUAGE_COOKIE, type Language } from "./language.ts";
import { renderDocument } from "./layout.ts";
import { createLinker } from "./links.ts";
import type { Page, PageInput, PageTools, RenderedPage } from "./page.ts";
import { renderProblem } from "./problem-page.ts";
import { readServiceFigures } from "./service-figures.ts";

export interface PageSite {
  readonly assets: Assets;
  /** Where the program is mounted: empty, or such as `/x/y`. */
  readonly base: string;
}

const find = createFinder<Page | Action>([...PAGES, ...ACTIONS]);

/** Raises what is no refusal: a fault of the program. */
export async function answerPage(
  request: HttpRequest,
  read: ReadTools,
  site: PageSite,
): Promise<HttpReply | Pending> {
  const search = new URLSearchParams(request.search);
  const language = findLanguage(search.get("language") ?? undefined) ?? chooseLanguage(request);
  const href = createLinker(site.base);
  const renew = (later: ReadTools): PageTools => ({ ...later, language, href, user: request.user });
  const tools = renew(read);
  const here = { path: request.path, search: readOthers(search) };
  const show = (later: PageTools, page: RenderedPage): HttpReply => send(request, later, page, here, site);
  const found = find(request.method, request.path);
  if (found.kind === "route" && found.route.method === "POST") {
    const fields = new URLSearchParams(request.body);
    const input = { params: found.params, search, here, fields };
    return answerAction(request, found.route, tools, input, renew, show);
  }
  return show(tools, await render(tools, request, { search, here }));
}

function send(
  request: HttpRequest,
  tools: PageTools,
  page: RenderedPage,
  here: PageInput["here"],
  { assets, base }: PageSite,
): HttpReply {
  if (page.goTo !== undefined) {
    return { status: 303, headers: { Location: page.goTo, "Cache-Control": "no-store" }, body: "" };
  }
  const { href } = tools;
  const chosen = findLanguage(new URLSearchParams(request.search).get("language") ?? undefined);
  const facts = {
    ...readServiceFigures(tools),
    user: request.user,
    assets: {
      style: href(assets.path("dagmar.css")),
      script: href(assets.path("dagmar.js")),
      mark: href(assets.path("mark.svg")),
    },
  };
  const text = renderDocument(tools, { here }, page, facts).text;
  return write(request, page.status ?? 200, text, chosen === undefined ? null : { chosen, path: `${base}/` });
}

async function render(
  tools: PageTools,
  request: HttpRequest,
  input: Omit<PageInput, "params">,
): Promise<RenderedPage> {
  const found = find(request.method, request.path);
  if (found.kind === "nothing") {
    const detail = tools.language === "pt" ? `Não existe ${request.path}.` : `There is no ${request.path}.`;
    return renderProblem(tools, { status: 404, code: "USAGE", detail });
  }
  if (found.kind === "method") {
    return renderProblem(tools, {
      status: 405,
      code: "USAGE",
      detail: `${request.path}: ${found.allowed.join(", ")}`,
    });
  }
  if (found.route.method === "POST") throw new Error("a form is not a page");
  try {
    return await found.route.render(tools, { ...input, params: found.params });
  } catch (error) {
    const facts = judgeError(error);
    if (facts === undefined || facts.status >= 500) throw error;
    return renderProblem(tools, facts);
  }
}

/** What the page's own links keep. */
function readOthers(search: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries([...search].filter(([name]) => name !== "language"));
}

function write(
  { headers }: HttpRequest,
  status: number,
  text: string,
  language: { readonly chosen: Language; readonly path: string } | null,
): HttpReply {
  const tag = `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const common = {
    "Cache-Control": "no-cache",
    ...PAGE_HEADERS,
    Vary: "Accept-Encoding, Accept-Language, Cookie",
    ETag: tag,
    ...(language === null
      ? {}
      : {
          "Set-Cookie": `${LANGUAGE_COOKIE}=${language.chosen}; Path=${language.path}; Max-Age=31536000; SameSite=Lax`,
        }),
  };
  const isKnown =
    status === 200 && (headers["if-none-match"] ?? "").split(",").some((known) => known.trim() === tag);
  if (isKnown) return { status: 304, headers: common, body: "" };
  const isZipped = acceptsGzip(headers["accept-encoding"]);
  return {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      ...common,
      ...(isZipped ? { "Content-Encoding": "gzip" } : {}),
    },
    body: isZipped ? gzipSync(text, { level: 4 }) : text,
  };
}

/** Everything comes from this server, and nothing that was typed or stored can run. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** With `no-referrer`, browsers would send forms with `Origin: null`, which the guard refuses. */
export const PAGE_HEADERS = {
  "Content-Security-Policy": POLICY,
  "Referrer-Policy": "same-origin",
} as const;
