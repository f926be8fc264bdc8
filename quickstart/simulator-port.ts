/**
 * Where the quickstart's simulator listens: always at the same port, because the base URL is part of what makes a record the
 * same record, and a second quickstart must find that everything has been requested already.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTmdbSimulator, type TmdbSimulator } from "./simulator/tmdb-simulator.ts";

const DEFAULT_PORT = 41_730;

/** The recorded port is in use; the message says what to do. */
export class SimulatorPortTaken extends Error {}

/**
 * The first time at `preferred`, or where that is taken at any free port; afterwards only at the port of
 * `simulator.json` in `folder`. Raises `SimulatorPortTaken` when that one is in use.
 */
export async function openSimulator(
  folder: string,
  preferred: number = DEFAULT_PORT,
): Promise<TmdbSimulator> {
  const file = join(folder, "simulator.json");
  const recorded = await readPort(file);
  const simulator = await startAt(recorded ?? preferred);
  if (simulator !== undefined) {
    await writePort(file, simulator.port, recorded);
    return simulator;
  }
  if (recorded !== undefined) throw new SimulatorPortTaken(describeTakenPort(folder, recorded));
  const elsewhere = await startTmdbSimulator();
  await writePort(file, elsewhere.port, undefined);
  return elsewhere;
}

async function startAt(port: number): Promise<TmdbSimulator | undefined> {
  try {
    return await startTmdbSimulator({ port });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
}

async function readPort(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  const port = /"port":\s*(\d{1,5})/.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

async function writePort(file: string, port: number, recorded: number | undefined): Promise<void> {
  if (port !== recorded) await writeFile(file, `${JSON.stringify({ port })}\n`);
}

function describeTakenPort(folder: string, port: number): string {
  return (
    `Port ${port} on 127.0.0.1 is in use, perhaps by another quickstart. The simulator needs this very port, for its ` +
    `address is part of what identifies the records that are stored already. Free the port and run again, or start ` +
    `afresh by removing ${folder}.`
  );
}
