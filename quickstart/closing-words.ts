/** The quickstart's closing text: what was done, where to look, and what to do next. */
import { join, relative } from "node:path";

export interface QuickstartEnd {
  /** Absolute. */
  readonly folder: string;
  readonly cliPath: string;
  /** All keys in the lake, in order. */
  readonly objects: readonly string[];
  readonly newObjects: readonly string[];
  /** Requests that the simulator received in this run. */
  readonly requests: number;
  readonly seconds: number;
  readonly exitCode: number;
}

const SHOWN_OBJECTS = 8;

export function describeEnd(end: QuickstartEnd): string {
  const figures = `${count(end.requests, "request")}, ${count(end.newObjects.length, "new object")}`;
  if (end.exitCode !== 0) {
    return `\nThe quickstart stopped after ${end.seconds.toFixed(1)} s with exit code ${end.exitCode}: ${figures} so far. The lines above say why; run it again to resume.`;
  }
  return [
    ...describeResult(end, figures),
    ...describeReport(end),
    ...describePlaces(end),
    ...describeNextSteps(end),
  ].join("\n");
}

function describeResult(end: QuickstartEnd, figures: string): readonly string[] {
  const isAgain = end.requests === 0 && end.newObjects.length === 0;
  return [
    "",
    `Done in ${end.seconds.toFixed(1)} s. This time: ${figures}.`,
    isAgain
      ? "Everything had been stored before, so nothing was asked and nothing was written. The tables above show what the earlier run did."
      : "Run `npm run quickstart` again: it will find that nothing is left to do.",
    "These titles are INVENTED. The answers came from a simulator on this machine, in TMDB's shapes.",
  ];
}

/** Its pages, as paths that a browser opens. */
function describeReport({ folder, objects }: QuickstartEnd): readonly string[] {
  const pages = objects.filter((key) => key.startsWith("Report/"));
  if (pages.length === 0) {
    return [
      "",
      "Without DuckDB there are no tables and no report: `npm install`, which installs it, then run this again.",
    ];
  }
  return [
    "",
    "The report of these invented films; open it in a browser:",
    ...pages.map((key) => `  ${shorten(join(folder, "lake", key))}`),
  ];
}

function describePlaces(end: QuickstartEnd): readonly string[] {
  const lake = join(end.folder, "lake");
  const raw = end.objects.filter((key) => key.startsWith("Raw/"));
  const database = shorten(join(end.folder, "dagmar.db"));
  const hidden = raw.length - SHOWN_OBJECTS;
  return [
    "",
    `The raw zone is ${shorten(lake)}:`,
    ...raw.slice(0, SHOWN_OBJECTS).map((key) => `  ${key}`),
    ...(hidden > 0 ? [`  … and ${hidden} more`] : []),
    "",
    "The state is a SQLite file; look into it with the sqlite3 program:",
    `  sqlite3 -box ${database} "SELECT dag_id, logical_date, state, duration_seconds FROM v_runs"`,
    `  sqlite3 -box ${database} "SELECT dataset, outcome, count(*) AS ids FROM v_ids GROUP BY 1, 2"`,
    `  sqlite3 -box ${database} "SELECT * FROM v_objects LIMIT 5"`,
  ];
}

function describeNextSteps(end: QuickstartEnd): readonly string[] {
  return [
    "",
    "`npm test` runs the tests with what is installed, in 20 to 30 minutes; `npm cit` installs everything again first.",
    "Next, with your own:",
    "  1. CSVs    put movies.csv and series.csv into data/input (or name the folder: DAGMAR_INPUT)",
    "  2. token   cp .env.example .env, and set TMDB_API_TOKEN in it",
    "  3. bucket  set DAGMAR_LAKE=s3://your-bucket in .env; without it the lake is data/lake",
    `  Then: node ${shorten(end.cliPath)} run csv_ingest && node ${shorten(end.cliPath)} run tmdb_ingest`,
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Relative to the user's working directory. */
function shorten(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}
