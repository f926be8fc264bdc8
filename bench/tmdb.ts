/** TMDB against the simulator, end to end through the command line: the pace that is kept, and the speed without one. */
import { inform, judgeAtLeast, judgeAtMost, type Figure } from "./figure.ts";
import { benchReruns } from "./reruns.ts";
import { FIRST_DAY, runDag } from "./run-dag.ts";
import { startSimulatorProcess, type SimulatorProcess } from "./simulator.ts";
import { openWorkspace, type Samples, type Workspace } from "./workspace.ts";

const RATE_PER_SECOND = 30;
/** A tenth of the ids is unknown and costs two requests: two minutes at 30 a second. */
const PACED_IDS = 3_300;

/** 30 a second, answers after 50 ms, two minutes. */
export async function benchPace(samples: Samples): Promise<readonly Figure[]> {
  return withSimulator(["--instant", "--latency-ms", "50", "--body-size", "3000"], async (simulator) => {
    const workspace = await openIngested("pace", samples, simulator, String(RATE_PER_SECOND));
    const limit = `limit=${samples.isQuick ? 150 : PACED_IDS}`;
    await runDag(workspace, "tmdb_ingest", "--date", FIRST_DAY, "--task", "movies", "--param", limit);
    const { requests, spanMs, maxPerSlidingSecond, cpuMs } = await simulator.stats();
    // The first request begins the span and needs no time of its own.
    const share = (requests - 1) / (spanMs / 1000) / RATE_PER_SECOND;
    return [
      judgeAtLeast(`pace: share of ${RATE_PER_SECOND} requests a second`, 0.95, {
        value: share,
        write: (value) => `${(value * 100).toFixed(1)} %`,
        note: `${requests} requests in ${(spanMs / 1000).toFixed(1)} s`,
      }),
      judgeAtMost("pace: most requests in any sliding second", RATE_PER_SECOND + 1, {
        value: maxPerSlidingSecond,
        write: String,
      }),
      inform("pace: the simulator's CPU time", `${(cpuMs / 1000).toFixed(1)} s`),
    ];
  });
}

/** No limit, instant answers, the folder lake, `synchronous=FULL`. The reruns of the finished run follow. */
export async function benchThroughput(samples: Samples): Promise<readonly Figure[]> {
  const small = await ingest("3 KB", 3_000, samples, (workspace, simulator) =>
    benchReruns(workspace, simulator, samples),
  );
  return [...small, ...(await ingest("20 KB", 20_000, samples))];
}

async function ingest(
  name: string,
  bodySizeBytes: number,
  samples: Samples,
  then?: (workspace: Workspace, simulator: SimulatorProcess) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  return withSimulator(["--instant", "--body-size", String(bodySizeBytes)], async (simulator) => {
    const workspace = await openIngested(`throughput-${bodySizeBytes}`, samples, simulator, "none");
    const args = ["tmdb_ingest", "--date", FIRST_DAY, "--task", "movies"];
    const run = await runDag(workspace, ...args);
    const { cpuMs, requests } = await simulator.stats();
    const measured = {
      value: samples.matchingIds / run.seconds,
      write: (rate: number) => `${rate.toFixed(0)} ids/s`,
      note: [
        `${samples.matchingIds} ids, ${requests} requests in ${run.seconds.toFixed(1)} s, reading the CSV included`,
        `${run.cpuSeconds.toFixed(1)} s CPU, ${run.peakMiB.toFixed(0)} MiB`,
        `the simulator ${(cpuMs / 1000).toFixed(1)} s CPU`,
      ].join("; "),
    };
    const title = `throughput: bodies of ${name}`;
    const figure =
      bodySizeBytes === 3_000
        ? judgeAtLeast(title, 1_000, measured)
        : inform(title, `${measured.write(measured.value)} (${measured.note})`);
    return [figure, ...((await then?.(workspace, simulator)) ?? [])];
  });
}

/** A workspace whose lake holds the CSVs. */
async function openIngested(
  name: string,
  samples: Samples,
  simulator: SimulatorProcess,
  ratePerSecond: string,
): Promise<Workspace> {
  const { url, token } = simulator;
  const workspace = openWorkspace(name, samples, { url, token, ratePerSecond });
  await runDag(workspace, "csv_ingest", "--date", FIRST_DAY);
  return workspace;
}

async function withSimulator<T>(
  flags: readonly string[],
  use: (simulator: SimulatorProcess) => Promise<T>,
): Promise<T> {
  const simulator = await startSimulatorProcess(flags);
  try {
    return await use(simulator);
  } finally {
    await simulator.stop();
  }
}
