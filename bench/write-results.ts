/** Writes the results of a bench run: a page for people and a JSON file for programs, named by the day. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTable, type Figure } from "./figure.ts";

export interface Report {
  /** `2026-11-23`. */
  readonly date: string;
  /** Sizes were smaller than the targets are meant for. */
  readonly isQuick: boolean;
  readonly machine: string;
  readonly figures: readonly Figure[];
}

export function writePage({ date, isQuick, machine, figures }: Report): string {
  const count = (verdict: Figure["verdict"]): number =>
    figures.filter((figure) => figure.verdict === verdict).length;
  const verdicts = `${count("reached")} reached, ${count("missed")} missed, ${count("skipped")} skipped`;
  const size = isQuick ? "\n\nQuick: smaller sizes, which say nothing about the targets." : "";
  return `# Figures of ${date}\n\n${machine}. Measured by \`npm run bench\`: ${verdicts}.${size}\n\n${writeTable(figures)}\n`;
}

/** Gives the page's path. */
export function saveReport(folder: string, report: Report): string {
  mkdirSync(folder, { recursive: true });
  const page = join(folder, `${report.date}.md`);
  writeFileSync(page, writePage(report));
  writeFileSync(join(folder, `${report.date}.json`), `${JSON.stringify(report, null, 2)}\n`);
  return page;
}
