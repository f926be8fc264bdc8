/** What the process that computes a report is asked, and what it answers. */
import type { EngineJob } from "../sql-to-lake/engine/job.ts";
import type { Language } from "./languages.ts";
import type { ReportOptions } from "./options.ts";

export interface ReportJob extends Pick<EngineJob, "folder" | "memory" | "threads" | "inputs" | "params"> {
  readonly sql: string;
  readonly report: Pick<ReportOptions, "title" | "intro" | "notes" | "facts" | "blocks">;
  /** The pages' names for the links between them; `null` if they are in different folders. */
  readonly names: Readonly<Record<Language, string>> | null;
}

export interface ComputedPage {
  readonly language: Language;
  /** Of the HTML file, inside the job's folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ComputedReport {
  readonly kind: "report";
  /** `duckdb 1.5.6`. */
  readonly engine: string;
  /** Of all blocks, in one language. */
  readonly rows: number;
  readonly pages: readonly ComputedPage[];
}
