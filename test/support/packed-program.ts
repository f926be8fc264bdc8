/**
 * The package as `npm pack` makes it of the build that stands, laid out as npm installs it: its own files, and of other
 * packages those alone that the lockfile has for production. Nothing is fetched and nothing compiled.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What a package needs to be compiled, not to run. */
const SOURCES = /\/better-sqlite3\/(?:deps|src|build\/(?!Release(?:$|\/better_sqlite3\.node$)))/;

export interface PackedProgram {
  /** Of a project that has the package installed; empty but for `node_modules`. */
  readonly folder: string;
  readonly tarball: string;
  /** Where the package lies. */
  readonly home: string;
  /** Every file of the package, sorted. */
  readonly files: readonly string[];
  /** What its command starts. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/** Packs `from`, a folder that is built. */
export function installPacked(from = ROOT): PackedProgram {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "dagmar-packed-")));
  const shelf = path.join(folder, "node_modules");
  const home = path.join(shelf, "dagmar");
  fs.mkdirSync(home, { recursive: true });
  const { tarball, files } = pack(from, folder);
  execFileSync("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
  for (const place of listProductionPlaces()) {
    fs.cpSync(path.join(ROOT, place), path.join(folder, place), {
      recursive: true,
      filter: (source) => !SOURCES.test(source),
    });
  }
  return {
    folder,
    tarball,
    home,
    files,
    command: path.join(home, "bin", "dagmar.cjs"),
    environment: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      AWS_EC2_METADATA_DISABLED: "true",
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
  readonly sizeBytes: number;
}

/** `npm pack` of a built folder into another. */
export function pack(from: string, to: string): Packed {
  const printed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", to], {
    cwd: from,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const listed: unknown = JSON.parse(printed);
  // npm 12 answers with an object by name, the ones before with a list.
  const [one] = Object.values(listed as Record<string, PackAnswer>);
  if (one === undefined) throw new Error("npm packed nothing");
  return {
    tarball: path.join(to, one.filename),
    files: one.files.map((file) => file.path).toSorted(),
    sizeBytes: one.size,
  };
}

interface PackAnswer {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

function listProductionPlaces(): readonly string[] {
  const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as Lockfile;
  return Object.entries(packages)
    .filter(([place, { dev, devOptional }]) => place !== "" && dev !== true && devOptional !== true)
    .map(([place]) => place)
    .filter((place) => fs.existsSync(path.join(ROOT, place)));
}
