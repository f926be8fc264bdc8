/** The TMDB simulator as a process of its own, from the same build as the world's program: its memory and time are not ours. */
import { join } from "node:path";
import { startChild, waitUntil, type CliWorld } from "../../support/cli.ts";

export interface SimulatorProcess {
  readonly url: string;
  readonly token: string;
  /** Asked for since its start. */
  countRequests(): Promise<number>;
  stop(): Promise<void>;
}

const TOKEN = "load";

/** `flags` as `quickstart/simulator/main` has them. */
export async function startSimulatorProcess(
  world: CliWorld,
  flags: readonly string[],
): Promise<SimulatorProcess> {
  const program = join(world.cliPath, "../../quickstart/simulator/main.js");
  const running = startChild(process.execPath, [program, "--token", TOKEN, ...flags], world.folder, {});
  await waitUntil(running, () => running.output().includes("\n"));
  const { url } = JSON.parse(running.output()) as { readonly url: string };
  return {
    url,
    token: TOKEN,
    async countRequests() {
      const answer = await fetch(new URL("/__stats", url));
      const { requests } = (await answer.json()) as { readonly requests: number };
      return requests;
    },
    async stop() {
      running.child.kill("SIGTERM");
      await running.ended;
    },
  };
}
