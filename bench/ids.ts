/** The ids out of movies.csv, rows and faulty rows counted, compared with pandas, DuckDB, mawk and `wc -l` on the same file. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { inform, judgeAtMost, skip, type Figure } from "./figure.ts";
import { canRun, measureProcess, runInTurns, type Contestant, type Standing } from "./measure-process.ts";
import { DIST, type Samples } from "./workspace.ts";

const PYTHON = "/usr/bin/python3";
const OURS = "Dagmar";
const USECOLS = "pandas, usecols";
const PLAIN = "pandas, all columns";

/** As quick as pandas gets: only the few thousand different texts of the genre column are taken apart. */
const PANDAS = `
import sys, warnings, pandas as pd
warnings.simplefilter("ignore")
columns = None if sys.argv[2] == "plain" else ["id", "anoLancamento", "genero"]
frame = pd.read_csv(sys.argv[1], sep="|", quoting=3, na_values=["\\\\N"], usecols=columns)
genres = [text for text in frame.genero.dropna().unique() if {"Animation", "Comedy"} & set(text.split(","))]
print(frame[(frame.anoLancamento >= 2001) & frame.genero.isin(genres)].id.nunique())
`;
const MAWK =
  '$4 >= 2001 && $4 != "\\\\N" && ("," $6 ",") ~ /,(Animation|Comedy),/ && !seen[$1]++ { n++ } END { print n }';
const DUCKDB = (file: string): string =>
  `SELECT count(DISTINCT id) FROM read_csv('${file}', delim='|', quote='', nullstr='\\N', all_varchar=true)
  WHERE TRY_CAST(anoLancamento AS INT) >= 2001 AND list_has_any(string_split(genero, ','), ['Animation', 'Comedy'])`;

/** Raises when a program finds another number of ids: its time would mean nothing. */
export async function benchIds(samples: Samples): Promise<readonly Figure[]> {
  const { moviesCsv, matchingIds, isQuick } = samples;
  const others = await findOthers(moviesCsv);
  const ours: Contestant = {
    name: OURS,
    run: () => measureProcess(process.execPath, [join(DIST, "bench/scan-file.js"), moviesCsv]),
  };
  const standings = await runInTurns([ours, ...others], isQuick ? 1 : 5);
  const found = JSON.parse(standings.get(OURS)?.stdout ?? "{}") as Record<"ids" | "rows" | "faulty", number>;
  for (const [name, { stdout }] of standings) {
    const ids = name === OURS ? found.ids : Number(/\b\d+\b(?!.*\b\d+\b)/s.exec(stdout)?.[0]);
    if (name !== "wc -l" && ids !== matchingIds)
      throw new Error(`${name} found ${ids} ids, not ${matchingIds}.`);
  }
  const sizeBytes = statSync(moviesCsv).size;
  const figures = [...standings].map(([name, standing]) =>
    inform(`ids: ${name}`, describe(standing, sizeBytes)),
  );
  return [
    inform("ids: found, of rows, faulty", `${found.ids}, ${found.rows}, ${found.faulty}`),
    ...figures,
    ...(others.some(({ name }) => name === "DuckDB") ? [] : [skip("ids: DuckDB", "not on this machine")]),
    ...judge(standings),
  ];
}

function judge(standings: ReadonlyMap<string, Standing>): readonly Figure[] {
  const ours = standings.get(OURS);
  const usecols = standings.get(USECOLS);
  const plain = standings.get(PLAIN);
  if (ours === undefined || usecols === undefined || plain === undefined) {
    return [skip("ids: compared with pandas", "Debian's python3-pandas is not on this machine")];
  }
  const write = (share: number): string => share.toFixed(2);
  return [
    judgeAtMost("ids: time over pandas with usecols", 1, { value: ours.seconds / usecols.seconds, write }),
    judgeAtMost("ids: memory over plain pandas", 0.2, { value: ours.peakMiB / plain.peakMiB, write }),
  ];
}

async function findOthers(file: string): Promise<readonly Contestant[]> {
  const found: Contestant[] = [{ name: "wc -l", run: () => measureProcess("wc", ["-l", file]) }];
  const add = (name: string, program: string, args: readonly string[]): void => {
    found.push({ name, run: () => measureProcess(program, args) });
  };
  if (existsSync("/usr/bin/mawk")) add("mawk", "/usr/bin/mawk", ["-F|", MAWK, file]);
  if (await canRun(PYTHON, ["-c", "import pandas"])) {
    add(USECOLS, PYTHON, ["-c", PANDAS, file, "usecols"]);
    add(PLAIN, PYTHON, ["-c", PANDAS, file, "plain"]);
  }
  const duckdb = ["/usr/bin/duckdb", "/usr/local/bin/duckdb"].find((program) => existsSync(program));
  if (duckdb !== undefined) add("DuckDB", duckdb, ["-csv", "-noheader", "-c", DUCKDB(file)]);
  return found;
}

function describe({ seconds, cpuSeconds, peakMiB }: Standing, sizeBytes: number): string {
  const speed = `${(sizeBytes / 1e6 / seconds).toFixed(0)} MB/s`;
  return `${seconds.toFixed(2)} s, ${speed}, ${cpuSeconds.toFixed(2)} s CPU, ${peakMiB.toFixed(0)} MiB`;
}
