/**
 * The course of the quickstart: samples once, the simulator, the Dags by the real command line, and the closing text.
 * It knows nothing of how Dagmar works inside; it does what a user would do.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describeEnd } from "./closing-words.ts";
import { listObjects } from "./lake-folder.ts";
import { makeSamples } from "./make-samples.ts";
import { runDag } from "./run-dag.ts";
import { buildRunEnvironment } from "./run-environment.ts";
import { openSimulator, SimulatorPortTaken } from "./simulator-port.ts";

/** The zone of the shipped Dags, in which the day of the run is chosen. */
const DAG_ZONE = "America/Sao_Paulo";
const RAW_DAGS = ["csv_ingest", "tmdb_ingest"];
const TABLE_DAGS = ["trusted", "refined", "report"];
/** The report stands alone, without the terminal's words about the titles. */
const REPORT_NOTE = "note=INVENTED films of Dagmar's quickstart · Filmes INVENTADOS do quickstart —";

export interface QuickstartSettings {
  /** Absolute; everything that the quickstart makes is in it. */
  readonly folder: string;
  readonly dagsFolder: string;
  /** Whether DuckDB is installed, which makes the tables and the report. */
  readonly hasEngine: boolean;
  /** The compiled command line. */
  readonly cliPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  /** Default 41730. */
  readonly port?: number;
}

/** The worst exit code of its runs; 75 when the simulator's port is taken. */
export async function runQuickstart(settings: QuickstartSettings): Promise<number> {
  const { folder, print } = settings;
  const startedMs = performance.now();
  await mkdir(folder, { recursive: true });
  print("Dagmar's quickstart. The titles and the people in it are invented; nothing leaves this machine.");
  print(await makeSamples(join(folder, "input")));
  const simulator = await openSimulator(folder, settings.port).catch((error: unknown) => {
    if (!(error instanceof SimulatorPortTaken)) throw error;
    print(error.message);
    return undefined;
  });
  if (simulator === undefined) return 75;
  try {
    print(`A TMDB simulator answers at ${simulator.url}.`);
    const lakeFolder = join(folder, "lake");
    const objectsBefore = await listObjects(lakeFolder);
    const day = formatDay(new Date(performance.timeOrigin + performance.now()));
    const environment = buildRunEnvironment(settings, simulator.url);
    let exitCode = 0;
    for (const dagId of settings.hasEngine ? [...RAW_DAGS, ...TABLE_DAGS] : RAW_DAGS) {
      const args = [dagId, "--date", day, ...(dagId === "report" ? ["--param", REPORT_NOTE] : [])];
      print(`\n$ dagmar run ${args.map(quote).join(" ")}`);
      exitCode = await runDag(settings.cliPath, args, folder, environment);
      if (exitCode !== 0) break;
    }
    const objects = await listObjects(lakeFolder);
    const known = new Set(objectsBefore);
    print(
      describeEnd({
        folder,
        cliPath: settings.cliPath,
        objects,
        newObjects: objects.filter((key) => !known.has(key)),
        requests: simulator.requests,
        seconds: (performance.now() - startedMs) / 1000,
        exitCode,
      }),
    );
    return exitCode;
  } finally {
    await simulator.close();
  }
}

/** As a shell takes it. */
function quote(text: string): string {
  return /^[\w:-]+$/.test(text) ? text : `"${text}"`;
}

function formatDay(instant: Date): string {
  // Canada's English writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat("en-CA", { timeZone: DAG_ZONE, dateStyle: "short" }).format(instant);
}
