/** A Dag's file with its faults, the versions of its definition, and what a version changed. */
import { diffLines } from "diff";
import type { DagIssue } from "../../../model/errors.ts";
import {
  findDag,
  findImportError,
  findVersionText,
  listVersionEntries,
  listVersionPage,
  type DagVersionEntry,
  type ImportErrorEntry,
} from "../../../state/pages/dag-page.ts";
import type { Page } from "../../../state/pages/page.ts";
import { pickDag } from "../../api/v2/known-dag.ts";
import { readDagSource } from "../../reading/dag-source.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Words } from "../frame/language.ts";
import type { Page as WebPage, PageTools, RenderedPage } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { showCount } from "../parts/figures.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, showEmpty } from "../parts/panel.ts";
import { pathOfDag } from "../parts/run-links.ts";
import { showTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import { showDag } from "./dag-frame.ts";

const MOST_VERSIONS = 1_000;

export const filePage: WebPage = {
  method: "GET",
  path: "/dags/{dag_id}/file",
  render(tools, { params, search }): RenderedPage {
    const { query, language } = tools;
    const asked = params["dag_id"] ?? "";
    const dag = findDag(query, asked);
    const fault = findImportError(query, asked);
    const known = fault?.dagId ?? pickDag(query, asked).dagId;
    const body = html`${fault !== undefined && showFaults(tools, fault)}${showSource(tools, known, fault)}`;
    if (dag === undefined) {
      return {
        title: known,
        area: "dags",
        main: html`${showHead(tools, { crumbs: [["Dags", "/dags"]], title: known, text: WORDS[language].neverValid })}${body}`,
      };
    }
    const versions = listVersionPage(query, known, { limit: MOST_VERSIONS, offset: 0 });
    const chosen = findVersion(tools, known, search.get("version"));
    return showDag(
      tools,
      dag,
      "file",
      html`<div class="split"><div class="stack">${chosen === undefined ? body : showChange(tools, chosen)}</div>${showVersions(tools, known, versions, chosen?.version)}</div>`,
    );
  },
};

interface ChosenVersion {
  readonly version: DagVersionEntry;
  /** `undefined` for the first one. */
  readonly before: DagVersionEntry | undefined;
}

/** Whether it is listed or not. `undefined` if the Dag has no such version. */
function findVersion(
  { query }: PageTools,
  dagId: string,
  fingerprint: string | null,
): ChosenVersion | undefined {
  const version = listVersionEntries(query, [fingerprint ?? ""]).get(fingerprint ?? "");
  const newest = listVersionPage(query, dagId, { limit: 1, offset: 0 }).rows[0];
  if (version?.dagId !== dagId || newest === undefined) return undefined;
  const offset = newest.number - version.number + 1;
  return { version, before: listVersionPage(query, dagId, { limit: 1, offset }).rows[0] };
}

function readIssues({ faults }: ImportErrorEntry): readonly DagIssue[] {
  return JSON.parse(faults) as readonly DagIssue[];
}

function showFaults({ language }: PageTools, fault: ImportErrorEntry): Html {
  const words = WORDS[language];
  const issues = readIssues(fault);
  return panel({
    id: "faults",
    title: words.faults,
    count: issues.length,
    isFailed: true,
    body: html`<ul class="rows is-dense">${issues.map(
      ({ line, column, path, message, hint }) =>
        html`<li data-state="broken">${icon("broken")}<div><p><a class="why" href="#L${line}">${line}:${column}</a> <code>${path}</code></p><p>${message}${hint !== undefined && ` (${hint})`}</p></div></li>`,
    )}</ul>`,
    footer: showCommand(language, ["dags", "validate"]),
  });
}

function showSource(
  { language, dagsFolder }: PageTools,
  dagId: string,
  fault: ImportErrorEntry | undefined,
): Html {
  const words = WORDS[language];
  const text = readDagSource(dagsFolder, dagId);
  const faulty = new Set(fault === undefined ? [] : readIssues(fault).map(({ line }) => line));
  return panel({
    id: "source",
    title: `${dagId}.yaml`,
    body:
      text === null
        ? showEmpty(words.gone, words.goneText)
        : html`<div class="code-wrap" tabindex="0" role="region" aria-label="${words.lines}"><ol class="code-lines">${text
            .trimEnd()
            .split("\n")
            .map(
              (line, index) =>
                html`<li id="L${index + 1}"${faulty.has(index + 1) && html` class="is-faulty"`}><code>${line}</code></li>`,
            )}</ol></div>`,
  });
}

function showVersions(
  tools: PageTools,
  dagId: string,
  { rows, ...found }: Page<DagVersionEntry>,
  chosen: DagVersionEntry | undefined,
): Html {
  const { language, href, timezone } = tools;
  const words = WORDS[language];
  const path = `${pathOfDag(dagId)}/file`;
  return panel({
    id: "versions",
    title: words.versions,
    count: showTotal(language, found),
    aside: chosen !== undefined && html`<a href="${href(path)}">${words.theFile}</a>`,
    body: html`<ul class="rows is-dense">${rows.map(
      (version) =>
        html`<li>${icon("file")}<div><a class="who" href="${href(path, { version: version.fingerprint })}"${version.fingerprint === chosen?.fingerprint && html` aria-current="true"`}>${words.version(version.number)}</a> <code class="muted">${version.fingerprint.slice(0, 8)}</code></div><span class="aside">${showTime(tools, version.createdAt, timezone)}</span></li>`,
    )}</ul>`,
    footer: found.total > rows.length && html`<p>${words.newest(showCount(rows.length))}</p>`,
  });
}

/** Against the version before it; the first one is new as a whole. */
function showChange(tools: PageTools, { version: chosen, before }: ChosenVersion): Html {
  const { query, language } = tools;
  const words = WORDS[language];
  const read = (version: DagVersionEntry | undefined): string =>
    version === undefined
      ? ""
      : writeDefinition(findVersionText(query, version.dagId, version.fingerprint) ?? "{}");
  const parts = diffLines(read(before), read(chosen));
  const lines = parts.flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => ({ line, sign: added ? "+" : removed ? "-" : " " })),
  );
  return panel({
    id: "change",
    title: words.version(chosen.number),
    count: before === undefined ? words.first : words.against(before.number),
    body: html`<div class="code-wrap" tabindex="0" role="region" aria-label="${words.lines}"><ol class="code-lines is-change">${lines.map(
      ({ line, sign }) =>
        html`<li${sign !== " " && html` class="${sign === "+" ? "is-added" : "is-removed"}"`}><code>${sign} ${line}</code></li>`,
    )}</ol></div>`,
  });
}

function writeDefinition(text: string): string {
  return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
}

interface FileWords {
  readonly neverValid: string;
  readonly faults: string;
  readonly gone: string;
  readonly goneText: string;
  readonly versions: string;
  readonly newest: (count: string) => string;
  readonly version: (number: number) => string;
  readonly theFile: string;
  readonly lines: string;
  readonly first: string;
  readonly against: (number: number) => string;
}

const WORDS: Words<FileWords> = {
  en: {
    neverValid: "This file was never valid, so the Dag has no runs.",
    faults: "Faults",
    gone: "There is no such file",
    goneText: "The Dag’s file is gone or cannot be read. Its runs stay, and no new ones are made.",
    versions: "Versions",
    newest: (count) => `The newest ${count} are listed.`,
    version: (number) => `Version ${number}`,
    theFile: "The file",
    lines: "Lines; can be scrolled",
    first: "the first one",
    against: (number) => `compared with version ${number}`,
  },
  pt: {
    neverValid: "Este arquivo nunca foi válido; por isso o Dag não tem execuções.",
    faults: "Erros",
    gone: "O arquivo não existe",
    goneText:
      "O arquivo do Dag não existe mais ou não pode ser lido. As execuções existentes permanecem, mas nenhuma nova é criada.",
    versions: "Versões",
    newest: (count) => `As ${count} mais recentes estão na lista.`,
    version: (number) => `Versão ${number}`,
    theFile: "O arquivo",
    lines: "Linhas, área rolável",
    first: "a primeira",
    against: (number) => `comparada com a versão ${number}`,
  },
};
