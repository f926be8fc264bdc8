/** Starts one Dag by the real command line and waits for its end. */
import { spawn } from "node:child_process";

/**
 * `args`: those of `dagmar run`. Gives the command's exit code; 1 when a signal ended it. It runs in `folder`, where no `.env` of the
 * real thing lies. While it runs, Ctrl-C is left to it (the terminal sends it there too) and SIGTERM is passed on.
 */
export async function runDag(
  cliPath: string,
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(process.execPath, [cliPath, "run", ...args], {
    cwd: folder,
    env: environment,
    stdio: "inherit",
  });
  const leaveToChild = (): void => {};
  const passOn = (): void => {
    child.kill("SIGTERM");
  };
  const end = (): void => {
    child.kill("SIGKILL");
  };
  process.on("SIGINT", leaveToChild);
  process.on("SIGTERM", passOn);
  process.on("exit", end);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    process.off("SIGINT", leaveToChild);
    process.off("SIGTERM", passOn);
    process.off("exit", end);
  }
}
