/** `npm run bench [-- NAME…] [--quick]`: measures the figures that Dagmar promises; a whole run goes into bench/results. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchBackfill } from "./backfill.ts";
import { benchChain } from "./chain.ts";
import { benchDue } from "./due.ts";
import type { Figure } from "./figure.ts";
import { benchFirstTick } from "./first-tick.ts";
import { benchFlat } from "./flat.ts";
import { benchIdle } from "./idle.ts";
import { benchIds } from "./ids.ts";
import { benchLambdaKills, benchLambdaStart, benchLambdaWhole } from "./lambda.ts";
import { watchMachine } from "./machine.ts";
import { benchRefined } from "./refined.ts";
import { benchShell } from "./shell.ts";
import { benchStartUp } from "./start-up.ts";
import { benchPace, benchThroughput } from "./tmdb.ts";
import { benchUpload } from "./upload.ts";
import { benchAnswers } from "./web-answers.ts";
import { benchLoad } from "./web-load.ts";
import { benchMemory } from "./web-memory.ts";
import { benchPages } from "./web-pages.ts";
import { cleanWork, prepareSamples, ROOT, type Samples } from "./workspace.ts";
import { saveReport, writePage } from "./write-results.ts";

type Bench<T> = Readonly<Record<string, (given: T) => Promise<readonly Figure[]>>>;

/** Benchmarks that need the CSVs. */
const LAKE_BENCHES: Bench<Samples> = {
  "start-up": benchStartUp,
  upload: benchUpload,
  refined: benchRefined,
  ids: benchIds,
  throughput: benchThroughput,
  pace: benchPace,
  "lambda-start": benchLambdaStart,
  "lambda-kills": benchLambdaKills,
  "lambda-whole": benchLambdaWhole,
};

/** Benchmarks of the scheduler; their only option is `--quick`. */
const SERVICE_BENCHES: Bench<boolean> = {
  chain: benchChain,
  shell: benchShell,
  backfill: benchBackfill,
  "first-tick": benchFirstTick,
  idle: benchIdle,
  flat: benchFlat,
  due: benchDue,
  "web-answers": benchAnswers,
  "web-pages": benchPages,
  "web-load": benchLoad,
  "web-memory": benchMemory,
};

/** Names for several. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  lambda: ["lambda-start", "lambda-kills", "lambda-whole"],
  web: ["web-answers", "web-pages", "web-load", "web-memory"],
};

const NAMES = [...Object.keys(LAKE_BENCHES), ...Object.keys(SERVICE_BENCHES)];

const USAGE = `Usage: npm run bench -- [NAME…] [--quick]

Without a name everything is measured, and the result is written into bench/results.

  --quick   a twentieth of the sample, to see that everything works

Names: ${NAMES.join(", ")}
Groups: ${Object.keys(GROUPS).join(", ")}`;

process.exitCode = await start(process.argv.slice(2));

async function start(args: readonly string[]): Promise<number> {
  const { positionals, quick, help, fault } = readArguments(args);
  const names = positionals.flatMap((name) => GROUPS[name] ?? [name]);
  const unknown = names.find((name) => !NAMES.includes(name));
  const wrong = fault ?? (unknown === undefined ? undefined : `There is no bench ${unknown}.`);
  if (wrong !== undefined) {
    console.error(`${wrong}\n\n${USAGE}`);
    return 2;
  }
  if (help) console.log(USAGE);
  else await measureAll(names.length === 0 ? NAMES : names, quick);
  return 0;
}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
      allowPositionals: true,
    });
    return { ...values, positionals, fault: undefined };
  } catch (error) {
    // An option that does not exist: Node's sentence says which.
    const fault = error instanceof Error ? error.message : String(error);
    return { quick: false, help: false, positionals: [], fault };
  }
}

/** A figure that is missed is a result, not a fault: the exit code is 0. */
async function measureAll(chosen: readonly string[], isQuick: boolean): Promise<void> {
  const needsSamples = chosen.some((name) => Object.hasOwn(LAKE_BENCHES, name));
  const samples = needsSamples ? await prepareSamples(isQuick) : undefined;
  const describeMachine = watchMachine();
  const figures: Figure[] = [];
  try {
    for (const name of chosen) {
      console.log(`${name} …`);
      if (samples !== undefined) figures.push(...((await LAKE_BENCHES[name]?.(samples)) ?? []));
      figures.push(...((await SERVICE_BENCHES[name]?.(isQuick)) ?? []));
    }
  } finally {
    cleanWork();
  }
  const date = new Date().toISOString().slice(0, 10);
  const report = { date, isQuick, machine: describeMachine(), figures };
  console.log(`\n${writePage(report)}`);
  const isWhole = chosen.length === NAMES.length && !isQuick;
  if (isWhole) console.log(`Written to ${saveReport(join(ROOT, "bench/results"), report)}.`);
}
