/**
 * The shared files of AWS: whether the SDK can read them, and whether they may move an S3 lake to another store. What they say is
 * the AWS SDK's to read: it is asked where they say anything of the kind, and not loaded where they do not.
 */
import { statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { ConfigError } from "../../model/errors.ts";
import { describeReadFault, readSmallFile } from "./small-file.ts";

/** `endpoint_url`, also in `ignore_configured_endpoint_urls`, and the regions in other partitions. */
const MOVES = /endpoint_url|\b(?:cn|us-gov|us-iso[a-z]*|eu-isoe|eusc)-/i;

const SHARED_FILES = { AWS_CONFIG_FILE: "~/.aws/config", AWS_SHARED_CREDENTIALS_FILE: "~/.aws/credentials" };
const TOKEN_FILES = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
const LIMIT_BYTES = 4 * 1024 * 1024;

type Variables = Readonly<Record<string, string>>;

/** `variables` as they stand in the environment and `.env`. Files that are not there move nothing. */
export function mayAwsFilesMoveLake(variables: Variables): boolean {
  return listSharedFiles(variables).some(({ file }) => MOVES.test(readIfThere(file)));
}

/**
 * Raises `ConfigError` for a file that the SDK would wait for without end, or pass over in silence: it reads each of them as a whole,
 * and again whenever credentials are renewed. Files that are not there are the SDK's to judge.
 */
export function assertAwsFilesReadable(variables: Variables): void {
  const tokens = TOKEN_FILES.flatMap((name) => {
    const file = variables[name];
    return file === undefined ? [] : [{ name, file, isNamed: true }];
  });
  for (const { name, file, isNamed } of [...listSharedFiles(variables), ...tokens]) {
    const fault = findFault(file, isNamed);
    if (fault === undefined) continue;
    throw new ConfigError("CONFIG_INVALID", `${file} cannot be read by the AWS SDK: ${fault}.`, {
      hint: `Put a plain file there, or let ${name} name one.`,
    });
  }
}

/** A usual place that this user may not enter, as a container's HOME, is as one where nothing is. */
function findFault(file: string, isNamed: boolean): string | undefined {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || (stat.isFile() && !isNamed)) return undefined;
    if (stat.isFIFO()) return "it is a named pipe, which can be read only once";
    readSmallFile(file, LIMIT_BYTES);
    return undefined;
  } catch (error) {
    const isClosed = error instanceof Error && "code" in error && error.code === "EACCES";
    return isClosed && !isNamed ? undefined : describeReadFault(error);
  }
}

interface AwsFile {
  readonly name: string;
  readonly file: string;
  /** The variable names it; else it is the usual one. */
  readonly isNamed: boolean;
}

function listSharedFiles(variables: Variables): readonly AwsFile[] {
  const home = variables["HOME"] ?? homedir();
  return Object.entries(SHARED_FILES).map(([name, usual]) => ({
    name,
    file: expandHome(variables[name] ?? usual, home),
    isNamed: variables[name] !== undefined,
  }));
}

/** As the SDK does it, only for these two files: `~/`, but not `~name/`. */
function expandHome(file: string, home: string): string {
  return file.startsWith("~/") ? path.join(home, file.slice(2)) : file;
}

function readIfThere(file: string): string {
  try {
    return readSmallFile(file, LIMIT_BYTES).toString("utf8");
  } catch {
    return "";
  }
}
