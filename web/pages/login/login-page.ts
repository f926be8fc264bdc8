/** The login page: a document without the frame, which shows nothing of the service. The form is judged in `web/access/`. */
import { keepOwnPath } from "../../access/own-path.ts";
import { replyMethodNotAllowed, type HttpReply, type HttpRequest } from "../../server/exchange.ts";
import { renderBarePage, type Site } from "../frame/bare-page.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import { chooseLanguage, type Language, type Words } from "../frame/language.ts";
import { MARK } from "../frame/layout.ts";
import { createLinker } from "../frame/links.ts";
import { sendPage } from "../frame/send-page.ts";
import { countNoun } from "../parts/figures.ts";

export const LOGIN_PAGE = "/login";

/** The query has what the refused form gave: `next`, `name`, and `fault` with its `count`. */
export function answerLoginPage(request: HttpRequest, site: Site): HttpReply {
  if (request.method !== "GET") return replyMethodNotAllowed(["GET", "HEAD", "POST"]);
  const href = createLinker(site.base);
  const language = chooseLanguage(request);
  const words = WORDS[language];
  const search = new URLSearchParams(request.search);
  const next = keepOwnPath(search.get("next"));
  const main = html`<main class="centre"><div>
<p class="brand is-large">${MARK}Dagmar</p>
<div class="stack"><h1>${words.title}</h1>
${showFault(search, language)}
<form class="stack" method="post" action="${href(LOGIN_PAGE)}">
<input type="hidden" name="next" value="${next}">
<div class="field"><label for="name">${words.name}</label><input id="name" name="name" autocomplete="username" maxlength="100" value="${search.get("name") ?? ""}"><p class="hint">${words.nameHint}</p></div>
<div class="field"><label for="password">${words.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required></div>
<button class="is-primary">${words.submit}</button></form>
<p class="muted"><small>${words.tokenHint} <code>dagmar tokens create --role viewer</code></small></p>
${next !== "/" && html`<p class="muted"><small>${words.back} <code>${next}</code></small></p>`}</div></div></main>`;
  const document = renderBarePage(site, language, { title: words.title, main });
  return sendPage(request, 200, document, { "Cache-Control": "no-store" });
}

function showFault(search: URLSearchParams, language: Language): Html | false {
  const { faults } = WORDS[language];
  const fault = FAULTS.find((known) => known === search.get("fault"));
  const given = search.get("count");
  const count = given === null ? null : Number(given);
  if (fault === undefined || (count !== null && !Number.isSafeInteger(count))) return false;
  return html`<div class="notice" data-state="failed" role="alert">${icon("failed")}<p>${faults[fault](count)}</p></div>`;
}

const FAULTS = ["wrong", "later"] as const;

interface LoginWords {
  readonly title: string;
  readonly name: string;
  readonly nameHint: string;
  readonly password: string;
  readonly submit: string;
  readonly tokenHint: string;
  readonly back: string;
  readonly faults: Readonly<Record<(typeof FAULTS)[number], (count: number | null) => string>>;
}

const WORDS: Words<LoginWords> = {
  en: {
    title: "Log in",
    name: "Your name",
    nameHint: "Events show it next to what you do.",
    password: "Password or token",
    submit: "Log in",
    tokenHint: "For a login that only reads, make a token:",
    back: "You come back to",
    faults: {
      wrong: (count) => {
        if (count === null) return "This token is not valid: it is unknown, has expired or was revoked.";
        const tries = countNoun(count, "try is", "tries are");
        return `This password is not valid. ${tries} left for passwords in this minute.`;
      },
      later: (count) => `Too many tries. Try again in ${count ?? 60} s.`,
    },
  },
  pt: {
    title: "Entrar",
    name: "Seu nome",
    nameHint: "Os eventos mostram este nome ao lado do que você faz.",
    password: "Senha ou token",
    submit: "Entrar",
    tokenHint: "Para um acesso que só lê, crie um token:",
    back: "Depois você volta para",
    faults: {
      wrong: (count) => {
        if (count === null) return "Este token não é válido: é desconhecido, expirou ou foi revogado.";
        const tries = `${count === 1 ? "Resta" : "Restam"} ${countNoun(count, "tentativa", "tentativas")}`;
        return `Esta senha não é válida. ${tries} de senha neste minuto.`;
      },
      later: (count) => `Tentativas demais. Tente de novo em ${count ?? 60} s.`,
    },
  },
};
