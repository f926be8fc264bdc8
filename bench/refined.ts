/** Trusted and Refined from the full-size sample: the largest CSV against DuckDB alone and pandas, the records, the whole, and again. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inform, judgeAtMost, skip, type Figure } from "./figure.ts";
import {
  canRun,
  measureProcess,
  runInTurns,
  type Contestant,
  type Measured,
  type Standing,
} from "./measure-process.ts";
import { FIRST_DAY, runDag } from "./run-dag.ts";
import { CONTAINER_FLAGS, startScheduler } from "./scheduler-process.ts";
import { startSimulatorProcess } from "./simulator.ts";
import { CLI, openWorkspace, ROOT, type Samples, type Workspace } from "./workspace.ts";

const OURS = "Dagmar";
const ALONE = "DuckDB alone";
const PANDAS = "pandas";
const PYTHON = "/usr/bin/python3";
const NEXT_DAY = "2026-11-24";
const LAYERS = ["trusted", "refined", "report"];
const ROUNDS = 5;
const SETTLE_MS = 5_000;

/** The file and the statement of the task, in a plain process: nothing is recorded, verified or stored. */
const DUCKDB_ALONE = `
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
const [csv, sqlFile, output] = process.argv.slice(1);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run("SET memory_limit = '512MB'; SET threads = 2");
const names = readFileSync(csv, { encoding: "utf8" }).split("\\n", 1)[0].split("|");
const columns = "{" + names.map((name) => \`'\${name}': 'VARCHAR'\`).join(", ") + "}";
await connection.run(\`CREATE VIEW raw AS SELECT * FROM read_csv('\${csv}', auto_detect = false, header = true, delim = '|',
  quote = '', escape = '', nullstr = ['\\\\N', ''], columns = \${columns})\`);
await connection.run(\`COPY (\${readFileSync(sqlFile, "utf8")}) TO '\${output}' (FORMAT parquet, COMPRESSION zstd)\`);
`;

/** The same rows and types; pandas writes Parquet only with pyarrow, so its own format stands for it. */
const WITH_PANDAS = `
import csv, sys, pandas as pd
path, output = sys.argv[1:]
raw = pd.read_csv(path, sep="|", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False, na_values=["\\\\N", ""])
names = ["id", "tituloPincipal", "tituloOriginal", "anoLancamento", "tempoMinutos", "genero", "notaMedia", "numeroVotos"]
films = raw[names].groupby(names, dropna=False, sort=False).size().reset_index(name="linhas_no_csv").sort_values("id")
for name in ["anoLancamento", "tempoMinutos", "numeroVotos"]:
    films[name] = pd.to_numeric(films[name]).astype("Int32")
films["notaMedia"] = pd.to_numeric(films["notaMedia"])
films["genero"] = films["genero"].str.split(",")
films.to_pickle(output)
`;

export async function benchRefined(samples: Samples): Promise<readonly Figure[]> {
  const simulator = await startSimulatorProcess(["--instant", "--body-size", "3000"]);
  try {
    const { url, token } = simulator;
    const workspace = openWorkspace("refined", samples, { url, token, ratePerSecond: "none" });
    await runDag(workspace, "csv_ingest", "--date", FIRST_DAY);
    await runDag(workspace, "tmdb_ingest", "--date", FIRST_DAY);
    return [
      ...(await benchCsv(workspace, samples)),
      ...(await benchRecords(workspace, samples)),
      ...(await benchWhole(workspace)),
      ...(await benchScheduler(workspace, samples.isQuick)),
    ];
  } finally {
    await simulator.stop();
  }
}

/** Its tables are gone from the lake, so they are made again. */
function forgetTables({ folder }: Workspace): void {
  for (const layer of ["Trusted", "Refined", "Report"])
    rmSync(join(folder, "lake", layer), { recursive: true, force: true });
}

async function benchCsv(workspace: Workspace, { moviesCsv, isQuick }: Samples): Promise<readonly Figure[]> {
  const sqlFile = join(ROOT, "dags/sql/trusted_movies.sql");
  const output = join(workspace.folder, "alone");
  const contestants: Contestant[] = [
    {
      name: OURS,
      run(round) {
        forgetTables(workspace);
        const rerun = round === 0 ? [] : ["--rerun"];
        return runDag(workspace, "trusted", "--date", FIRST_DAY, "--task", "movies", ...rerun);
      },
    },
    {
      name: ALONE,
      run: () =>
        measureProcess(
          process.execPath,
          ["--input-type=module", "-e", DUCKDB_ALONE, moviesCsv, sqlFile, output],
          { folder: ROOT },
        ),
    },
  ];
  if (await canRun(PYTHON, ["-c", "import pandas"]))
    contestants.push({
      name: PANDAS,
      run: () => measureProcess(PYTHON, ["-c", WITH_PANDAS, moviesCsv, output]),
    });
  const standings = await runInTurns(contestants, isQuick ? 1 : ROUNDS);
  const of = (name: string): Standing | undefined => standings.get(name);
  const write = (share: number): string => share.toFixed(2);
  const [ours, alone, pandas] = [of(OURS), of(ALONE), of(PANDAS)];
  return [
    ...[...standings].map(([name, standing]) => inform(`CSV to a table: ${name}`, describe(standing))),
    judgeAtMost("CSV to a table: time over DuckDB alone", 1.2, {
      value: (ours?.seconds ?? Number.NaN) / (alone?.seconds ?? Number.NaN),
      write,
      note: "whole processes; ours also records, copies, hashes and stores",
    }),
    pandas === undefined
      ? skip("CSV to a table: CPU time over pandas", "pandas is not on this machine")
      : judgeAtMost("CSV to a table: CPU time over pandas", 0.7, {
          value: (ours?.cpuSeconds ?? Number.NaN) / pandas.cpuSeconds,
          write,
          note: "pandas writes a pickle",
        }),
    judgeAtMost("CSV to a table: peak of the largest process at a limit of 512 MB", 600, {
      value: ((ours?.peakMiB ?? Number.NaN) * 1024 * 1024) / 1e6,
      write: (megabytes) => `${megabytes.toFixed(0)} MB`,
    }),
  ];
}

async function benchRecords(workspace: Workspace, samples: Samples): Promise<readonly Figure[]> {
  const run = await runDag(workspace, "trusted", "--date", FIRST_DAY, "--task", "tmdb_movies", "--rerun");
  const title = `records to a table: ${samples.matchingIds.toLocaleString("en")} of 100 an object`;
  return [judgeSeconds(title, 2, run)];
}

async function benchWhole(workspace: Workspace): Promise<readonly Figure[]> {
  forgetTables(workspace);
  const whole: Measured[] = [];
  const again: Figure[] = [];
  for (const dag of LAYERS) whole.push(await runDag(workspace, dag, "--date", FIRST_DAY, "--rerun"));
  for (const dag of LAYERS) {
    const next = await runDag(workspace, dag, "--date", NEXT_DAY);
    again.push(judgeSeconds(`the next day's run of ${dag}, with nothing new`, 1, next));
  }
  const parts = LAYERS.map((dag, index) => `${dag} ${writeSeconds(whole[index]?.seconds ?? Number.NaN)}`);
  const peakMiB = Math.max(...whole.map((one) => one.peakMiB));
  return [
    judgeAtMost("Trusted, Refined and report of the whole sample", 20, {
      value: whole.reduce((sum, { seconds }) => sum + seconds, 0),
      write: writeSeconds,
      note: `${parts.join(", ")}; largest process ${peakMiB.toFixed(0)} MiB`,
    }),
    ...again,
  ];
}

/** What a scheduler keeps after it has had tables made: the engine's process is gone, and only its own growth is left. */
async function benchScheduler(workspace: Workspace, isQuick: boolean): Promise<readonly Figure[]> {
  const environment = { ...workspace.environment, DAGMAR_HTTP: "127.0.0.1:0" };
  const scheduler = await startScheduler({ ...workspace, environment }, { nodeFlags: CONTAINER_FLAGS });
  try {
    await delay(isQuick ? 1_000 : SETTLE_MS);
    const before = scheduler.readMemoryMiB();
    forgetTables(workspace);
    await measureProcess(process.execPath, [CLI, "run", "trusted", "--date", "2026-11-25"], {
      folder: workspace.folder,
      environment,
    });
    await delay(isQuick ? 1_000 : SETTLE_MS);
    const after = scheduler.readMemoryMiB();
    return [
      judgeAtMost("tables: the scheduler's memory after a run of trusted, over before", 10, {
        value: after - before,
        write: (mebibytes) => `${mebibytes.toFixed(1)} MiB`,
        note: `${before.toFixed(0)} MiB before`,
      }),
    ];
  } finally {
    await scheduler.stop();
  }
}

function judgeSeconds(name: string, most: number, { seconds, cpuSeconds, peakMiB }: Measured): Figure {
  const note = `${cpuSeconds.toFixed(2)} s CPU, ${peakMiB.toFixed(0)} MiB`;
  return judgeAtMost(name, most, { value: seconds, write: writeSeconds, note });
}

function describe({ seconds, cpuSeconds, peakMiB }: Standing): string {
  return `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s CPU, ${peakMiB.toFixed(0)} MiB`;
}

function writeSeconds(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
