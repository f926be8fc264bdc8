/**
 * The shared AWS files: whether the SDK can read them, and whether they may move an S3 lake to another store. Only the
 * SDK interprets them; it is loaded only if they contain such a setting.
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

/** `variables` from the environment and `.env`. Missing files move nothing. */
export function mayAwsFilesMoveLake(variables: Variables): boolean {
  return listSharedFiles(variables).some(({ file }) => MOVES.test(readIfThere(file)));
}

/**
 * Raises `ConfigError` for a file for which the SDK would wait for ever, or which it would ignore silently: it reads
 * each file completely, and again whenever credentials are renewed. The SDK itself judges missing files.
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
      hint: `Put a plain file there, or set ${name} to one.`,
    });
  }
}

/** A default place that this user may not enter, such as a container's HOME, counts as empty. */
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
  /** Whether the variable names it; otherwise it is the default place. */
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
