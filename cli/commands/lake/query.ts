/** `dagmar lake query "SELECT …"`: DuckDB over the lake's datasets by name, reading only. */
import { findDurationFault, parseDurationSeconds } from "../../../model/time/duration.ts";
import { CommandRefused, EXIT } from "../../../model/errors.ts";
import { isSet, JSON_OPTION, readText, type Command, type OptionValues } from "../../command.ts";
import { readCount, readLimit } from "../../arguments/read-options.ts";

/** As DuckDB reads it. */
const MEMORY = /^[1-9]\d{0,5}(?:MB|GB)$/;

export const lakeQuery: Command = {
  name: "lake query",
  summary: "a SELECT in DuckDB's SQL over the lake's datasets; each is a table",
  args: [
    { name: "<sql>", description: "one SELECT, DESCRIBE or SUMMARIZE; tables are named by their datasets" },
  ],
  options: [
    { flags: "--limit <n>", description: "maximum number of rows; 0 for all", defaultValue: "1000" },
    { flags: "--csv", description: "print CSV instead of a table" },
    { flags: "--memory <size>", description: "how much memory DuckDB may use", defaultValue: "1GB" },
    { flags: "--threads <n>", description: "how many threads DuckDB uses", defaultValue: "2" },
    { flags: "--timeout <duration>", description: "how long it may take", defaultValue: "5m" },
    JSON_OPTION,
  ],
  examples: [
    'dagmar lake query "SELECT count(*) FROM movies"',
    'dagmar lake query "DESCRIBE tmdb_movies"',
    'dagmar lake query "SELECT * FROM movies" --limit 0 --csv',
  ],
  async run({ args, options, output, drain }) {
    const { LONGEST_QUERY_SECONDS } = await import("../../../app/lake/query-folder.ts");
    const limit = readLimit(readText(options, "limit"));
    const form = readForm(options);
    const request = {
      sql: String(args[0]),
      form,
      limit: limit === -1 ? null : limit,
      memory: readMemory(readText(options, "memory")),
      threads: readCount(readText(options, "threads"), "--threads"),
      timeoutSeconds: readTimeout(readText(options, "timeout"), LONGEST_QUERY_SECONDS),
    };
    const { withApp } = await import("../../open-app.ts");
    const { queryLake } = await import("../../../app/lake/query-lake.ts");
    const { showRows } = await import("../../display/query-rows.ts");
    return withApp(
      async (app) => {
        await queryLake(app, request, (result) => showRows(result, form, output, drain), drain);
        return EXIT.done;
      },
      { quietLevel: "warn" },
    );
  },
};

function readForm(options: OptionValues): "text" | "json" | "csv" {
  if (!isSet(options, "csv")) return isSet(options, "json") ? "json" : "text";
  if (!isSet(options, "json")) return "csv";
  throw new CommandRefused("USAGE", "--json and --csv cannot be used together.", {
    hint: "Give one of them.",
  });
}

function readMemory(text: string | undefined): string {
  if (text !== undefined && MEMORY.test(text)) return text;
  throw new CommandRefused(
    "USAGE",
    `--memory takes a number with MB or GB, such as 512MB, not "${text ?? ""}".`,
  );
}

function readTimeout(text: string | undefined, longest: number): number {
  const fault = findDurationFault(text ?? "");
  if (fault !== undefined) throw new CommandRefused("USAGE", `--timeout ${fault}, not "${text ?? ""}".`);
  const seconds = parseDurationSeconds(text ?? "") ?? 0;
  if (seconds > 0 && seconds <= longest) return seconds;
  throw new CommandRefused("USAGE", `--timeout must be at most ${longest / 3600}h, not "${text ?? ""}".`);
}
