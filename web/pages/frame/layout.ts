/** The frame of every page: head, navigation, heartbeat and footer. */
import { LOCAL, type User } from "../../../model/access/user.ts";
import { countNoun } from "../parts/figures.ts";
import { showClock } from "../parts/time.ts";
import { html, type Html } from "./html.ts";
import { defineIcons, icon } from "./icons.ts";
import { LANGUAGES, LANGUAGE_TAGS, type Language, type Words } from "./language.ts";
import { AREAS, type Area, type PageInput, type PageTools, type RenderedPage } from "./page.ts";
import type { ServiceFigures } from "./service-figures.ts";

const AREA_PATHS: Readonly<Record<Area, string>> = {
  home: "/",
  dags: "/dags",
  runs: "/runs",
  lake: "/lake",
  ids: "/ids",
  backfills: "/backfills",
  events: "/events",
};

export interface FrameFacts extends ServiceFigures {
  readonly user: User;
  /** With the hash of their content. */
  readonly assets: { readonly style: string; readonly script: string; readonly mark: string };
}

export interface Place extends Pick<PageInput, "here"> {
  /** To a form: the page has no address of its own, so that it is neither read again nor shown in another language. */
  readonly isAnswer: boolean;
  /** What it shows is what is sent: it stays as it is while the page is open. */
  readonly isForm: boolean;
}

export function renderDocument(
  tools: PageTools,
  { here, isAnswer, isForm }: Place,
  page: RenderedPage,
  facts: FrameFacts,
): Html {
  const { language, href } = tools;
  const top = html`<a class="skip-link" href="#main">${WORDS[language].skip}</a>
${renderTop(tools, page.area, facts)}`;
  const bottom = renderFooter(tools, isAnswer ? null : here, facts);
  return html`<!doctype html>
<html lang="${LANGUAGE_TAGS[language]}" data-now="${tools.now.toISOString()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${
  !isAnswer &&
  html`<meta name="dagmar-stream" content="${href("/api/dagmar/stream", { topics: "change" })}">
`
}<title>${page.title} · Dagmar</title>
<link rel="stylesheet" href="${facts.assets.style}">
<link rel="icon" href="${facts.assets.mark}">
<script src="${facts.assets.script}" defer></script>
</head>
<body>
${defineIcons(top, page.main, bottom)}
${top}
<main id="main" class="page" tabindex="-1"${isForm && html` data-keep`}>
<div id="stale" class="notice" data-state="late" role="status" hidden>${icon("due")}<p>${WORDS[language].stale} <time id="stale-since"></time></p></div>
${page.main}
</main>
${bottom}
<div id="announce" class="unseen" role="status"></div>
</body>
</html>
`;
}

function renderTop(tools: PageTools, current: Area | null, facts: FrameFacts): Html {
  const { language, href } = tools;
  const words = WORDS[language];
  return html`<header class="topbar">
<a class="brand" href="${href("/")}">${MARK}Dagmar</a>
<nav aria-label="${words.pages}"><ul>${AREAS.map(
    (area) =>
      html`<li><a href="${href(AREA_PATHS[area])}"${area === current && html` aria-current="page"`}>${words.areas[area]}</a></li>`,
  )}</ul></nav>
<form class="jump" role="search" action="${href("/find")}">${icon("search")}<label class="unseen" for="jump">${words.find}</label><input id="jump" name="q" placeholder="${words.findHint}" autocomplete="off"><kbd>/</kbd></form>
${renderHeartbeat(tools, facts)}
</header>`;
}

/** Alive while the scheduler renews its lease. The script counts on from here. */
function renderHeartbeat(tools: PageTools, { isAlive, heartbeatAt }: FrameFacts): Html {
  const { language, now, timezone } = tools;
  const words = WORDS[language];
  if (!isAlive) {
    const since =
      heartbeatAt !== null &&
      html`<span class="wide">, ${words.since} ${showClock(tools, heartbeatAt, timezone)}</span>`;
    return html`<p class="heartbeat" id="heartbeat" data-live data-state="late">${icon("due")}<span>${words.noScheduler}${since}</span></p>`;
  }
  return html`<p class="heartbeat" id="heartbeat" data-live>${icon("heart")}<span>${words.live}<span class="wide">, ${showClock(tools, now.toISOString(), timezone)}</span></span></p>`;
}

function renderFooter(tools: PageTools, here: PageInput["here"] | null, facts: FrameFacts): Html {
  const { language, href, version, lakeId, timezone } = tools;
  const words = WORDS[language];
  const others = LANGUAGES.filter((other) => other !== language);
  return html`<footer class="footer" id="footer">
<span>${words.lake} <code>${lakeId}</code></span>
<span>${facts.openRuns === 0 ? words.idle : words.open(facts.openRuns)}</span>
<span>${words.zones(timezone)}</span>
<a href="${href("/pools")}">${words.pools}</a>
<a href="${href("/settings")}">${words.settings}</a>
<a href="${href("/keys")}" id="keys-link">${words.keys}</a>
<a href="${href("/api/dagmar/openapi.json")}">API</a>
${
  here !== null &&
  others.map(
    (other) =>
      html`<a href="${href(here.path, { ...here.search, language: other })}" hreflang="${LANGUAGE_TAGS[other]}" lang="${LANGUAGE_TAGS[other]}">${NAMES[other]}</a>`,
  )
}
${facts.user.name !== LOCAL.name && renderLogout(tools, facts.user)}
<span>Dagmar ${version}</span>
</footer>`;
}

function renderLogout({ language, href }: PageTools, { name }: User): Html {
  const words = WORDS[language];
  return html`<form class="logout" method="post" action="${href("/logout")}"><span>${name}</span> <button>${words.logOut}</button></form>`;
}

const NAMES: Readonly<Record<Language, string>> = { en: "English", pt: "Português" };

/** Two inputs that become one. */
export const MARK = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path class="edge" d="M4 5.5c6 0 5 6.5 11 6.5M4 18.5c6 0 5-6.5 11-6.5"/><circle class="node" cx="4" cy="5.5" r="2.8"/><circle class="node" cx="4" cy="18.5" r="2.8"/><circle class="sun" cx="17" cy="12" r="5.5"/></svg>`;

interface FrameWords {
  readonly skip: string;
  readonly pages: string;
  readonly areas: Readonly<Record<Area, string>>;
  readonly find: string;
  readonly findHint: string;
  readonly live: string;
  readonly noScheduler: string;
  readonly since: string;
  readonly stale: string;
  readonly lake: string;
  readonly idle: string;
  readonly open: (count: number) => string;
  readonly zones: (zone: string) => string;
  readonly pools: string;
  readonly settings: string;
  readonly keys: string;
  readonly logOut: string;
}

const WORDS: Words<FrameWords> = {
  en: {
    skip: "To the content",
    pages: "Pages",
    areas: {
      home: "Home",
      dags: "Dags",
      runs: "Runs",
      lake: "Lake",
      ids: "Ids",
      backfills: "Backfills",
      events: "Events",
    },
    find: "Go to a Dag, run, key or id",
    findHint: "Dag, run, key, tt…",
    live: "live",
    noScheduler: "no scheduler",
    since: "since",
    stale: "The connection is lost. This page shows the state of",
    lake: "Lake",
    idle: "No open runs",
    open: (count) => countNoun(count, "open run", "open runs"),
    zones: (zone) => `Times in each Dag’s zone, else ${zone}`,
    pools: "Pools",
    settings: "Settings",
    keys: "Keys",
    logOut: "Log out",
  },
  pt: {
    skip: "Ir para o conteúdo",
    pages: "Páginas",
    areas: {
      home: "Início",
      dags: "Dags",
      runs: "Execuções",
      lake: "Lake",
      ids: "Ids",
      backfills: "Backfills",
      events: "Eventos",
    },
    find: "Ir para um Dag, uma execução, uma chave ou um id",
    findHint: "Dag, execução, chave, tt…",
    live: "ao vivo",
    noScheduler: "sem scheduler",
    since: "desde",
    stale: "A conexão caiu. Esta página mostra o estado de",
    lake: "Lake",
    idle: "Nenhuma execução aberta",
    open: (count) => countNoun(count, "execução aberta", "execuções abertas"),
    zones: (zone) => `Horários no fuso de cada Dag, ou em ${zone}`,
    pools: "Pools",
    settings: "Configurações",
    keys: "Atalhos",
    logOut: "Sair",
  },
};
