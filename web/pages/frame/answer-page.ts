/** Answers a request for a page: finds it, renders it in the reader's language, and puts the frame around it. */
import { mayWrite } from "../../../model/access/user.ts";
import type { Pending } from "../../api/answer.ts";
import { judgeError } from "../../api/problem.ts";
import type { ReadTools } from "../../api/route.ts";
import type { HttpReply, HttpRequest } from "../../server/exchange.ts";
import { createFinder } from "../../server/find-route.ts";
import { ACTIONS } from "../actions.ts";
import { PAGES } from "../pages.ts";
import type { Action } from "./action.ts";
import { answerAction, leadTo } from "./answer-action.ts";
import type { Site } from "./bare-page.ts";
import { chooseLanguage, findLanguage, LANGUAGE_COOKIE, type Words } from "./language.ts";
import { renderDocument, type Place } from "./layout.ts";
import { createLinker, type SearchValues } from "./links.ts";
import type { Page, PageInput, PageTools, RenderedPage } from "./page.ts";
import { renderProblem } from "./problem-page.ts";
import { sendPage } from "./send-page.ts";
import { readServiceFigures, type ServiceFigures } from "./service-figures.ts";

const find = createFinder<Page | Action>([...PAGES, ...ACTIONS]);

/** Raises what is no refusal: a fault. A promise has read from the database what it needs. */
export function answerPage(
  request: HttpRequest,
  read: ReadTools,
  site: Site,
): HttpReply | Pending | Promise<HttpReply> {
  const search = new URLSearchParams(request.search);
  const language = findLanguage(search.get("language") ?? undefined) ?? chooseLanguage(request);
  const href = createLinker(site.base);
  const renew = (later: ReadTools): PageTools => ({ ...later, language, href, user: request.user });
  const tools = renew(read);
  const input = { search, here: { path: request.path, search: readOthers(search) } };
  const found = find(request.method, request.path);
  const isForm = found.kind === "route" && found.route.method === "GET" && found.route.isForm === true;
  const place = { here: input.here, isForm, isAnswer: request.method !== "GET" };
  const show = (later: PageTools, page: RenderedPage, figures = readServiceFigures(later)): HttpReply =>
    send(request, later, page, { place, site, figures });
  if (found.kind === "route" && found.route.method === "POST") {
    const fields = new URLSearchParams(request.body);
    return answerAction(request, found.route, tools, { ...input, params: found.params, fields }, renew, show);
  }
  // A page may wait for a file: what the frame shows is of the same moment as what the page has read.
  const figures = readServiceFigures(tools);
  return render(tools, request, input).then((page) => show(tools, page, figures));
}

interface Surroundings {
  readonly place: Place;
  readonly site: Site;
  readonly figures: ServiceFigures;
}

function send(
  request: HttpRequest,
  tools: PageTools,
  page: RenderedPage,
  { place, site: { assets, base }, figures }: Surroundings,
): HttpReply {
  if (page.goTo !== undefined) return leadTo(page.goTo);
  const { href } = tools;
  const document = renderDocument(tools, place, page, {
    ...figures,
    user: request.user,
    assets: {
      style: href(assets.path("dagmar.css")),
      script: href(assets.path("dagmar.js")),
      mark: href(assets.path("mark.svg")),
    },
  });
  const chosen = findLanguage(new URLSearchParams(request.search).get("language") ?? undefined);
  const cookie = `${LANGUAGE_COOKIE}=${chosen ?? ""}; Path=${base}/; Max-Age=31536000; SameSite=Lax`;
  return sendPage(
    request,
    page.status ?? 200,
    document,
    chosen === undefined ? {} : { "Set-Cookie": cookie },
  );
}

async function render(
  tools: PageTools,
  request: HttpRequest,
  input: Omit<PageInput, "params">,
): Promise<RenderedPage> {
  const words = WORDS[tools.language];
  const found = find(request.method, request.path);
  if (found.kind === "nothing") {
    return renderProblem(tools, { status: 404, code: "USAGE", detail: words.nothing(request.path) });
  }
  if (found.kind === "method") {
    const detail = `${request.path}: ${found.allowed.join(", ")}`;
    return renderProblem(tools, { status: 405, code: "USAGE", detail });
  }
  const { route, params } = found;
  if (route.method === "POST") throw new Error("a form is not a page");
  if (route.isForm === true && !mayWrite(tools.user)) {
    return renderProblem(tools, {
      status: 403,
      code: "NOT_PERMITTED",
      detail: words.mayOnlyRead(tools.user.name),
      hint: words.operator,
    });
  }
  try {
    return await route.render(tools, { ...input, params });
  } catch (error) {
    const facts = judgeError(error);
    if (facts === undefined || facts.status >= 500) throw error;
    return renderProblem(tools, facts);
  }
}

/** What the page's own links keep. */
function readOthers(search: URLSearchParams): SearchValues {
  const names = new Set(search.keys());
  names.delete("language");
  return Object.fromEntries([...names].map((name) => [name, search.getAll(name)]));
}

interface RefusalWords {
  readonly nothing: (path: string) => string;
  readonly mayOnlyRead: (user: string) => string;
  readonly operator: string;
}

const WORDS: Words<RefusalWords> = {
  en: {
    nothing: (path) => `There is no ${path}.`,
    mayOnlyRead: (user) => `${user} is a viewer and may only read.`,
    operator: "Log in with the password, or with a token of the role operator.",
  },
  pt: {
    nothing: (path) => `Não existe ${path}.`,
    mayOnlyRead: (user) => `${user} tem o papel viewer e só pode ler.`,
    operator: "Entre com a senha, ou com um token do papel operator.",
  },
};
