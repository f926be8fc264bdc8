/** The lower bound of `shell` tasks: processes started one after the other, each awaited, and nothing else. */
import { spawn } from "node:child_process";

/** Milliseconds of so many. */
export async function measureBareSpawns(count: number): Promise<number> {
  const startedMs = performance.now();
  for (let done = 0; done < count; done += 1) {
    await new Promise<void>((resolve, reject) => {
      const child = spawn("true", { stdio: ["ignore", "pipe", "pipe"], detached: true });
      child.once("error", reject);
      child.once("close", () => resolve());
    });
  }
  return performance.now() - startedMs;
}
