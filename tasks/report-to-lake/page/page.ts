/** A report's page in one language: one HTML file that asks nothing of any other, and runs nothing. */
import type { PartRows, Row } from "../compute-parts.ts";
import type { ReportJob } from "../job.ts";
import { LANGUAGES, type Language } from "../languages.ts";
import type { BlockOption } from "../options.ts";
import { drawBars } from "./bars.ts";
import { drawBoxes } from "./boxes.ts";
import type { Chart, Drawing } from "./drawing.ts";
import { fillText, readFact } from "./fill-text.ts";
import { formatFact, readNumber } from "./format.ts";
import { escapeHtml, round } from "./html.ts";
import { drawLines } from "./lines.ts";
import { drawNumbers } from "./numbers.ts";
import { drawScatter } from "./scatter.ts";
import { STYLE } from "./style.ts";
import { drawTable } from "./table.ts";
import { WORDS } from "./words.ts";

/** Also where no server sends one: a report is opened from a folder, too. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function renderPage(
  { report, names }: Pick<ReportJob, "report" | "names">,
  { facts, blocks }: PartRows,
  language: Language,
): string {
  const words = WORDS[language];
  const fill = (text: BlockOption["title"]): string => escapeHtml(fillText(text, facts, language));
  const title = fill(report.title);
  const sections = report.blocks.map((block, index) =>
    drawBlock({ block, rows: blocks[index] ?? [], facts, language }, index + 1),
  );
  const notes =
    report.notes.length === 0
      ? ""
      : `<section class="notes" aria-labelledby="notes"><h2 id="notes">${words.notes}</h2><ul>${report.notes.map((note) => `<li>${fill(note)}`).join("")}</ul></section>`;
  return `<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>${title}</h1><p class="intro">${fill(report.intro)}</p>${drawOthers(names, language)}</header>
${sections.join("\n")}
${notes}
</main>
</body>
</html>
`;
}

function drawOthers(names: ReportJob["names"], language: Language): string {
  if (names === null) return "";
  const links = LANGUAGES.filter((other) => other !== language).map((other) => {
    const { tag, name } = WORDS[other];
    return `<a href="${escapeHtml(encodeURIComponent(names[other]))}" lang="${tag}" hreflang="${tag}">${name}</a>`;
  });
  return `<p class="others">${links.join(" ")}</p>`;
}

function drawBlock(drawing: Drawing, number: number): string {
  const { block, rows, facts, language } = drawing;
  const words = WORDS[language];
  const title = escapeHtml(fillText(block.title, facts, language));
  const id = `b${number}`;
  return (
    `<section class="block ${block.width}" aria-labelledby="${id}">` +
    `<h2 id="${id}">${title}</h2>` +
    `<p class="rule">${escapeHtml(fillText(block.rule, facts, language))}</p>` +
    (rows.length === 0 ? `<p class="none">${words.noData}</p>` : drawContent(drawing, id, title)) +
    `${drawCoverage(drawing)}</section>`
  );
}

function drawContent(drawing: Drawing, id: string, title: string): string {
  const { block, rows, language } = drawing;
  const words = WORDS[language];
  if (block.kind === "table") return drawTable(drawing, title);
  const { html, description } = drawChart(drawing);
  const count = `${rows.length} ${rows.length === 1 ? words.row : words.rows}`;
  const data = `<details><summary>${words.data} <small>(${count})</small></summary>${drawTable(drawing, title)}</details>`;
  // Figures are text already.
  if (block.kind === "number") return html + data;
  const described = `<p class="hidden" id="${id}-d">${words.kinds[block.kind]}. ${escapeHtml(description)}</p>`;
  return `<div class="chart" role="img" aria-labelledby="${id}" aria-describedby="${id}-d">${html}</div>${described}${data}`;
}

function drawChart(drawing: Drawing): Chart {
  switch (drawing.block.kind) {
    case "number":
      return drawNumbers(drawing);
    case "bar":
      return drawBars(drawing);
    case "line":
      return drawLines(drawing);
    case "scatter":
      return drawScatter(drawing);
    case "box":
      return drawBoxes(drawing);
    case "table":
      return { html: drawTable(drawing, ""), description: "" };
  }
}

function drawCoverage({ block, facts, language }: Drawing): string {
  const { known, of, what } = block.coverage;
  const [part, whole]: readonly Row[string][] = [readFact(facts, known) ?? null, readFact(facts, of) ?? null];
  const [some, all] = [readNumber(part) ?? 0, readNumber(whole) ?? 0];
  const share = all === 0 ? 0 : Math.min(1, some / all) * 100;
  return (
    `<p class="coverage"><i><i style="width:${round(share)}%"></i></i><span><b>${escapeHtml(formatFact(part, language))} ${WORDS[language].of} ` +
    `${escapeHtml(formatFact(whole, language))}</b> ${escapeHtml(fillText(what, facts, language))}</span></p>`
  );
}
