/** A page as data: its path, and what it shows. `answer-page.ts` puts the frame around it. */
import type { ReadTools } from "../../api/route.ts";
import type { User } from "../../../model/access/user.ts";
import type { Html } from "./html.ts";
import type { Language } from "./language.ts";
import type { SearchValues } from "./links.ts";

/** The entries of the navigation. */
export const AREAS = ["home", "dags", "runs", "lake", "ids", "backfills", "events"] as const;
export type Area = (typeof AREAS)[number];

export interface PageTools extends ReadTools {
  readonly user: User;
  readonly language: Language;
  /** Leads to a path of the program, such as `/dags/a`, wherever it is mounted. Empty values are left out. */
  readonly href: (path: string, search?: SearchValues) => string;
}

export interface PageInput {
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly search: URLSearchParams;
  /** The path and the query string: what the page's own links start from. */
  readonly here: { readonly path: string; readonly search: SearchValues };
}

export interface RenderedPage {
  /** 200 without it. */
  readonly status?: number;
  /** Of the browser's tab, without the program's name. */
  readonly title: string;
  /** A path to go to instead, without the base path. */
  readonly goTo?: string;
  /** `null` for a page that is in none of them. */
  readonly area: Area | null;
  readonly main: Html;
}

export interface Page {
  readonly method: "GET";
  /** Such as `/dags/{dag_id}`. */
  readonly path: string;
  /** It only leads to a change: viewers get 403 instead. */
  readonly isForm?: true;
  /** Reads from the database before its first `await`. Raises a `DagmarError` for what does not exist. */
  render(tools: PageTools, input: PageInput): RenderedPage | Promise<RenderedPage>;
}
