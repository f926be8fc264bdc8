/** The folders of the image as the Dockerfile lays them out, without an engine: what runs in them is the test's choice. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as dockerfile from "./parse-dockerfile.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Image {
  /** Stands for `/`: holds `app`, `data`, `input` and `tmp`. */
  readonly root: string;
  /** After the init. */
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly userId: number;
}

/**
 * Does what the COPY lines of the last stage say: `dist` as the bundler makes it of what the build stage copies (types are
 * checked elsewhere), the packages that the lockfile does not mark as development's, and what comes from the context.
 * Everything but `/data` and `/tmp` is then made read-only.
 */
export function layOutImage(dockerfileText: string): Image {
  const root = fs.mkdtempSync(join(tmpdir(), "dagmar-image-"));
  fs.chmodSync(root, 0o755);
  const stages = dockerfile.parseDockerfile(dockerfileText);
  const last = stages.at(-1);
  if (last === undefined) throw new Error("The Dockerfile has no stage.");
  for (const { from, sources, target } of dockerfile.listCopies(last)) {
    for (const source of sources) {
      const to = join(root, "app", target.endsWith("/") ? join(target, source) : target);
      if (from === undefined) fs.cpSync(join(ROOT, source), to, { recursive: true });
      else if (source === "/app/dist")
        bundle(
          stages.find(({ name }) => name === from)!,
          to,
        );
      else if (source === "/app/node_modules") copyProductionPackages(to);
      else throw new Error(`It is not known how to lay out ${source} from ${from}.`);
    }
  }
  for (const folder of ["data", "input", "tmp"]) fs.mkdirSync(join(root, folder));
  const userId = Number.parseInt(dockerfile.listRests(last, "USER").at(-1) ?? "", 10);
  if (isRoot()) for (const folder of ["data", "tmp"]) fs.chownSync(join(root, folder), userId, userId);
  forbidWriting(join(root, "app"));
  return {
    root,
    entrypoint: (dockerfile.parseExecForm(dockerfile.listRests(last, "ENTRYPOINT").at(-1)) ?? []).slice(2),
    command: dockerfile.parseExecForm(dockerfile.listRests(last, "CMD").at(-1)) ?? [],
    healthcheck: dockerfile.parseHealthcheck(last) ?? [],
    userId,
  };
}

export function removeImage(image: Image): void {
  for (const path of listTree(image.root)) if (fs.lstatSync(path).isDirectory()) fs.chmodSync(path, 0o755);
  fs.rmSync(image.root, { recursive: true, force: true });
}

/** Every path below a folder, itself first. */
export function listTree(folder: string): readonly string[] {
  return [
    folder,
    ...fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ];
}

function bundle(build: dockerfile.Stage, to: string): void {
  const context = fs.mkdtempSync(join(tmpdir(), "dagmar-build-"));
  try {
    for (const source of dockerfile.listCopies(build).flatMap(({ sources }) => sources)) {
      fs.cpSync(join(ROOT, source), join(context, source), { recursive: true });
    }
    fs.symlinkSync(join(ROOT, "node_modules"), join(context, "node_modules"));
    execFileSync(process.execPath, ["bundle.mjs"], { cwd: context, stdio: ["ignore", "ignore", "inherit"] });
    fs.cpSync(join(context, "dist"), to, { recursive: true });
  } finally {
    fs.rmSync(context, { recursive: true, force: true });
  }
}

/** npm marks a package `dev`, or `devOptional`, when `npm ci --omit=dev` leaves it out. */
function copyProductionPackages(to: string): void {
  const lock = JSON.parse(fs.readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    // Optional packages of other platforms are in the lockfile and not on the disk.
    if (path === "" || dev === true || devOptional === true || !fs.existsSync(join(ROOT, path))) continue;
    const from = join(ROOT, path);
    const inside = join(from, "node_modules");
    fs.cpSync(from, join(to, "..", path), { recursive: true, filter: (source) => source !== inside });
  }
}

function forbidWriting(folder: string): void {
  for (const path of listTree(folder)) {
    if (!fs.lstatSync(path).isSymbolicLink()) fs.chmodSync(path, fs.statSync(path).mode & 0o555);
  }
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command of the image with its environment and nothing else's, in its working directory; as its user where the
 * test may change users, as the test's own otherwise.
 */
export function runInImage(
  image: Image,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Finished> {
  return startInImage(image, command, environment).finished;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** As `runInImage`, for what does not end by itself. */
export function startInImage(
  image: Image,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Started {
  const [program = "", ...args] = command;
  const child = spawn(
    program === "node" ? process.execPath : program,
    args.map((arg) => movePath(image, arg)),
    {
      cwd: join(image.root, "app"),
      env: {
        PATH: "/usr/bin:/bin",
        TMPDIR: join(image.root, "tmp"),
        ...Object.fromEntries(
          Object.entries(environment).map(([name, value]) => [name, movePath(image, value)]),
        ),
      },
      stdio: ["ignore", "pipe", "pipe"],
      ...(isRoot() ? { uid: image.userId, gid: image.userId } : {}),
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  return { child, finished };
}

function movePath(image: Image, text: string): string {
  return text.replace(/^(file:\/\/)?\/(?=(?:app|data|input)(?:\/|$))/, `$1${image.root}/`);
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
