/** `npm run bench [-- NAME…] [--quick]`: measures the figures that Dagmar promises; a whole run goes into bench/results. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Figure } from "./figure.ts";
import { benchIds } from "./ids.ts";
import { watchMachine } from "./machine.ts";
import { benchStartUp } from "./start-up.ts";
import { benchPace, benchThroughput } from "./tmdb.ts";
import { benchUpload } from "./upload.ts";
import { cleanWork, prepareSamples, ROOT, type Samples } from "./workspace.ts";
import { saveReport, writePage } from "./write-results.ts";

const BENCHES: Readonly<Record<string, (samples: Samples) => Promise<readonly Figure[]>>> = {
  "start-up": benchStartUp,
  upload: benchUpload,
  ids: benchIds,
  throughput: benchThroughput,
  pace: benchPace,
};

const { values, positionals: names } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  console.error(`There is no bench ${unknown}; there are ${Object.keys(BENCHES).join(", ")}.`);
  process.exitCode = 2;
} else {
  await measureAll(names.length === 0 ? Object.keys(BENCHES) : names, values.quick);
}

/** A figure that is missed is a result, not a fault: the exit code is 0. */
async function measureAll(chosen: readonly string[], isQuick: boolean): Promise<void> {
  const samples = await prepareSamples(isQuick);
  const describeMachine = watchMachine();
  const figures: Figure[] = [];
  try {
    for (const name of chosen) {
      console.log(`${name} …`);
      figures.push(...((await BENCHES[name]?.(samples)) ?? []));
    }
  } finally {
    cleanWork();
  }
  const date = new Date().toISOString().slice(0, 10);
  const report = { date, isQuick, machine: describeMachine(), figures };
  console.log(`\n${writePage(report)}`);
  const isWhole = chosen.length === Object.keys(BENCHES).length && !isQuick;
  if (isWhole) console.log(`Written to ${saveReport(join(ROOT, "bench/results"), report)}.`);
}
