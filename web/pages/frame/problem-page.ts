/** A refusal or a fault as a page: what happened, and what to do. */
import { retryHeaders, type ProblemFacts } from "../../api/problem.ts";
import type { HttpReply, HttpRequest } from "../../server/exchange.ts";
import { labelState } from "../parts/state.ts";
import { renderBarePage, type Site } from "./bare-page.ts";
import { html } from "./html.ts";
import { icon } from "./icons.ts";
import { chooseLanguage, type Words } from "./language.ts";
import { createLinker } from "./links.ts";
import type { PageTools, RenderedPage } from "./page.ts";
import { sendPage } from "./send-page.ts";

export function renderProblem(
  { language, href }: Pick<PageTools, "language" | "href">,
  { status, code, detail, hint }: ProblemFacts,
): RenderedPage & { readonly status: number } {
  const words = WORDS[language];
  const title = words.titles[status] ?? words.other;
  return {
    status,
    title,
    area: null,
    main: html`<section class="panel is-problem" aria-labelledby="problem"><div class="panel-body is-padded stack">
<div class="title">${labelState("failed", String(status))}<a href="${href(`/errors/${code}`)}"><code>${code}</code></a></div>
<h1 id="problem">${title}</h1>
<p>${detail}</p>
${hint !== undefined && html`<div class="notice">${icon("info")}<div><p><b>${words.toDo}</b></p><p>${hint}</p></div></div>`}
<div class="actions"><a class="button" href="${href("/")}">${words.home}</a></div>
</div></section>`,
  };
}

/** For a fault that keeps the frame's own figures from being read. */
export function sendFault(request: HttpRequest, site: Site, facts: ProblemFacts): HttpReply {
  const language = chooseLanguage(request);
  const { status, title, main } = renderProblem({ language, href: createLinker(site.base) }, facts);
  const document = renderBarePage(site, language, { title, main: html`<main class="page">${main}</main>` });
  return sendPage(request, status, document, { "Cache-Control": "no-store", ...retryHeaders(facts) });
}

interface ProblemWords {
  readonly titles: Readonly<Record<number, string>>;
  readonly other: string;
  readonly toDo: string;
  readonly home: string;
}

const WORDS: Words<ProblemWords> = {
  en: {
    titles: {
      403: "You may not do this",
      404: "There is nothing here",
      409: "It changed in the meantime",
      422: "This cannot be done",
      503: "Not now; try again",
    },
    other: "Something went wrong",
    toDo: "What you can do",
    home: "To the first page",
  },
  pt: {
    titles: {
      403: "Você não tem permissão para isto",
      404: "Não há nada aqui",
      409: "Algo mudou neste meio-tempo",
      422: "Isto não pode ser feito",
      503: "Agora não; tente de novo",
    },
    other: "Algo deu errado",
    toDo: "O que você pode fazer",
    home: "Para a página inicial",
  },
};
