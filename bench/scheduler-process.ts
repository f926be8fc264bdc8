/** `dagmar scheduler` or `dagmar web` as a process of its own, in a folder with a benchmark's Dag files, and what it shows. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { buildRunEnvironment } from "../quickstart/run-environment.ts";
import { CLI, openFolder, type Workspace } from "./workspace.ts";

/** As the image's Dockerfile starts it. */
export const CONTAINER_FLAGS = ["--max-semi-space-size=2"];
/** Each look takes some of the time that is measured: they answer on one thread. */
const LOOK_EVERY_MS = 15;
const SHOWN_LINES = 20;

/** A fresh folder with these Dag files, by id. */
export function openServiceFolder(name: string, dags: ReadonlyMap<string, string>): Workspace {
  const folder = openFolder(name);
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  for (const [dagId, text] of dags) writeFileSync(join(dagsFolder, `${dagId}.yaml`), text);
  const settings = { environment: process.env, folder, dagsFolder };
  return {
    folder,
    environment: {
      ...buildRunEnvironment(settings, "http://127.0.0.1:9/3"),
      DAGMAR_LOGS: join(folder, "logs"),
      DAGMAR_HTTP: "127.0.0.1:0",
    },
  };
}

export interface SchedulerProcess {
  /** Without a trailing slash. */
  readonly url: string;
  /** From its start to the first turn of its loop: `/readyz` answers 200. */
  readonly readySeconds: number;
  /** Of the turn before; user and system. */
  readonly readyCpuSeconds: number;
  /** Resident set. */
  readMemoryMiB(): number;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** They stand before the program. */
  readonly nodeFlags?: readonly string[];
  readonly command?: "scheduler" | "web";
  /** Another version's `dist/cli/main.js`. */
  readonly program?: string;
}

export async function startScheduler(
  workspace: Workspace,
  { nodeFlags = [], command = "scheduler", program = CLI }: StartOptions = {},
): Promise<SchedulerProcess> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, program, command], {
    cwd: workspace.folder,
    env: workspace.environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const ended = new Promise<never>((_, reject) => {
    child.once("close", (code) => {
      const end = lines.slice(-SHOWN_LINES).join("\n");
      reject(new Error(`dagmar ${command} ended with ${String(code)}:\n${end}`));
    });
  });
  ended.catch(() => undefined);
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      const found = /(http:\/\/[^/\s]+)\/healthz/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  await Promise.race([untilReady(url), ended]);
  const address = await url;
  const readySeconds = (performance.now() - startedMs) / 1000;
  const pid = child.pid ?? 0;
  return {
    url: address,
    readySeconds,
    readyCpuSeconds: readCpuSeconds(pid),
    readMemoryMiB: () => readMemoryMiB(pid),
    async stop() {
      child.kill("SIGTERM");
      await ended.catch(() => undefined);
      if (child.exitCode !== 0) throw new Error(`dagmar ${command} did not stop well:\n${lines.join("\n")}`);
    },
  };
}

async function untilReady(url: Promise<string>): Promise<void> {
  const readyUrl = `${await url}/readyz`;
  while ((await askStatus(readyUrl)) !== 200) await delay(LOOK_EVERY_MS);
}

function askStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode));
    }).once("error", reject);
  });
}

/** proc(5): VmRSS is the resident set. */
function readMemoryMiB(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? Number.NaN) / 1024;
}

/** proc(5): the 14th and 15th field, in hundredths of a second; the second field may hold spaces. */
function readCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
