/** The start-up time of `--help` and `dags list`, compared with a bare Node. */
import { inform, judgeAtMost, type Figure } from "./figure.ts";
import { measureProcess, runInTurns } from "./measure-process.ts";
import { CLI, openWorkspace, type Samples } from "./workspace.ts";

const COMMAND_LINES = [
  ["node -e 0", ["-e", "0"]],
  ["dagmar --help", [CLI, "--help"]],
  ["dagmar dags list", [CLI, "dags", "list"]],
] as const;

export async function benchStartUp(samples: Samples): Promise<readonly Figure[]> {
  const tmdb = { url: "http://127.0.0.1:9/3", token: "bench", ratePerSecond: "30" };
  const workspace = openWorkspace("start-up", samples, tmdb);
  const contestants = COMMAND_LINES.map(([name, args]) => ({
    name,
    run: () => measureProcess(process.execPath, args, workspace),
  }));
  const standings = await runInTurns(contestants, samples.isQuick ? 3 : 25);
  const bare = (standings.get("node -e 0")?.seconds ?? Number.NaN) * 1000;
  const judge = (name: string, mostMs: number): Figure => {
    const value = (standings.get(name)?.seconds ?? Number.NaN) * 1000;
    const note = `${(value / bare).toFixed(1)} times a bare Node`;
    return judgeAtMost(`start-up: ${name}`, mostMs, { value, write: writeMilliseconds, note });
  };
  return [
    inform("start-up: node -e 0", writeMilliseconds(bare)),
    judge("dagmar --help", 150),
    judge("dagmar dags list", 300),
  ];
}

function writeMilliseconds(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
