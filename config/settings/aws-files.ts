/**
 * Whether the shared AWS files may move an S3 lake to another store. What they say is the AWS SDK's to read: it is asked
 * where they say anything of the kind, and not loaded where they do not.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** `endpoint_url`, also in `ignore_configured_endpoint_urls`, and the regions in which names of buckets are others. */
const MOVES = /endpoint_url|\b(?:cn|us-gov|us-iso[a-z]*|eu-isoe|eusc)-/i;

/** `variables` as they stand in the environment and `.env`. Files that are not there move nothing. */
export function mayAwsFilesMoveLake(variables: Readonly<Record<string, string>>): boolean {
  const home = variables["HOME"] ?? homedir();
  const files = [
    variables["AWS_CONFIG_FILE"] ?? "~/.aws/config",
    variables["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials",
  ];
  return files.some((file) => MOVES.test(readIfThere(expandHome(file, home))));
}

/** As the SDK does it, for these two files and for no other: `~/`, and not `~name/`. */
function expandHome(file: string, home: string): string {
  return file.startsWith("~/") ? path.join(home, file.slice(2)) : file;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
