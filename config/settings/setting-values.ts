/** How settings that are more than a word are written: lakes, pools, addresses. Faults never repeat what could be a secret. */
import { findNoticeTemplate, NAMED_TEMPLATES } from "./notice-templates.ts";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LONGEST_PASSWORD } from "../../model/access/credential.ts";
import type { Parsed } from "../../model/text/address.ts";

export type LakeSetting =
  /** An absolute path. */
  | { readonly kind: "folder"; readonly path: string }
  /** `prefix` without slashes at its ends; empty for the whole bucket. */
  | {
      readonly kind: "s3";
      readonly bucket: string;
      readonly prefix: string;
      /** From the environment and `.env`; an AWS profile may set one too. */
      readonly endpoint: string | null;
      /** The encryption that every write asks the store for; `null` for the bucket's own default. */
      readonly encryption: LakeEncryption | null;
    };

export interface LakeEncryption {
  readonly algorithm: (typeof SSE_ALGORITHMS)[number];
  readonly kmsKeyId: string | null;
}

/** Values of S3's header x-amz-server-side-encryption. */
export const SSE_ALGORITHMS = ["AES256", "aws:kms", "aws:kms:dsse"] as const;

/** An absolute path. Syntax that only a shell expands is refused: it would become the name of a folder. */
export function parsePath(text: string, workingFolder: string): Parsed<string> {
  const fault = findUnexpanded(text);
  return fault === undefined ? { value: path.resolve(workingFolder, text) } : { fault };
}

const QUOTE_AT_AN_END = /^["'`“”„‟‘’‚‛«»]|["'`“”„‟‘’‚‛«»]$/;

function findUnexpanded(text: string): string | undefined {
  if (text.startsWith("~")) {
    return "must not begin with ~, which is not expanded: write the whole path (./~name for a folder of that name)";
  }
  if (/\$[{(]|(?:^|\/)\$\w/.test(text)) {
    return "must not hold $NAME or ${NAME}, which is not expanded: write the whole path";
  }
  if (QUOTE_AT_AN_END.test(text)) return "must not have quotes around its path: leave them out";
  return undefined;
}

/** `file:<folder>` or `s3://<bucket>/<prefix>`. Relative folders start at `workingFolder`. */
export function parseLake(text: string, workingFolder: string): Parsed<LakeSetting> {
  const fault = findUnexpanded(text.replace(/^(?:s3:|file:)(?:\/\/)?/, ""));
  if (fault !== undefined) return { fault };
  if (text.startsWith("s3://")) return parseS3Lake(text.slice("s3://".length));
  if (!text.startsWith("file:"))
    return {
      fault: "must be file:<folder> or s3://<bucket>/<prefix>, such as file:./data/lake or s3://my-bucket",
    };
  const rest = text.slice("file:".length);
  if (rest === "" || rest === "//") return { fault: "names no folder: file:./data/lake" };
  if (!rest.startsWith("//")) return { value: { kind: "folder", path: path.resolve(workingFolder, rest) } };
  try {
    return { value: { kind: "folder", path: path.resolve(fileURLToPath(text)) } };
  } catch {
    return { fault: "file:// needs an absolute path: file:///data/lake; a relative one is file:./data/lake" };
  }
}

/** Names of buckets: S3's "Bucket naming rules" for general purpose buckets. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Spaces at a part's ends are seldom intended and invisible. */
function parseS3Lake(text: string): Parsed<LakeSetting> {
  const [bucket = "", ...rest] = text.split("/");
  if (bucket.includes("@")) return { fault: "must be s3://<bucket>/<prefix> without credentials" };
  if (bucket.includes(":")) {
    return {
      fault:
        "must name a bucket or an access point's alias: an ARN is not accepted, since what it points to may change",
    };
  }
  if (!BUCKET.test(bucket))
    return { fault: "names no valid bucket: a name has 3 to 63 small letters, digits, dots and hyphens" };
  const prefix = rest.join("/").replace(/^\/+|\/+$/g, "");
  const parts = prefix === "" ? [] : prefix.split("/");
  if (parts.some((part) => ["", ".", ".."].includes(part))) {
    return { fault: "the prefix must not hold //, . or .. as a part" };
  }
  const refused = /[?#\\\p{Cc}\p{Cs}]/u.exec(prefix)?.[0];
  if (refused !== undefined) {
    return { fault: `the prefix must not hold ${JSON.stringify(refused)}` };
  }
  if (parts.some((part) => part !== part.trim())) {
    return { fault: "a part of the prefix must not begin or end with a space" };
  }
  return { value: { kind: "s3", bucket, prefix, endpoint: null, encryption: null } };
}

/** `undefined` if it is not set. A key without KMS is a fault, because AWS would refuse it. */
export function parseEncryption(
  algorithm: string | undefined,
  kmsKeyId: string | undefined,
): Parsed<LakeEncryption | null> {
  if (algorithm === undefined) {
    if (kmsKeyId === undefined) return { value: null };
    return { fault: "DAGMAR_S3_SSE_KMS_KEY_ID needs DAGMAR_S3_SSE=aws:kms or aws:kms:dsse" };
  }
  const known = SSE_ALGORITHMS.find((one) => one === algorithm);
  if (known === undefined) return { fault: `DAGMAR_S3_SSE must be one of ${SSE_ALGORITHMS.join(", ")}` };
  if (kmsKeyId === undefined) return { value: { algorithm: known, kmsKeyId: null } };
  if (known === "AES256") {
    return { fault: "DAGMAR_S3_SSE_KMS_KEY_ID needs DAGMAR_S3_SSE=aws:kms or aws:kms:dsse" };
  }
  if (!/^[!-~]+$/.test(kmsKeyId))
    return { fault: "DAGMAR_S3_SSE_KMS_KEY_ID holds characters that no key's id has" };
  return { value: { algorithm: known, kmsKeyId } };
}

const POOL = /^([a-z][a-z0-9_]{0,62})=([1-9]\d{0,3})$/;

/** `name=slots`, separated by commas, added to those of `preset`. */
export function parsePools(text: string, preset: string): Parsed<ReadonlyMap<string, number>> {
  const pools = new Map<string, number>();
  for (const [list, isPreset] of [
    [preset, true],
    [text, false],
  ] as const) {
    const seen = new Set<string>();
    for (const entry of list.split(",").map((part) => part.trim())) {
      const match = POOL.exec(entry);
      if (match === null) {
        return {
          fault: `must be a list of <pool>=<slots> with 1 to 9999 slots, such as ${preset}; not "${entry}"`,
        };
      }
      const name = match[1] ?? "";
      if (!isPreset && seen.has(name)) return { fault: `names the pool "${name}" twice` };
      seen.add(name);
      pools.set(name, Number(match[2]));
    }
  }
  return { value: pools };
}

export interface HttpAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** `host:port`, `[::1]:port`, or `off`. */
export function parseHttpAddress(text: string): Parsed<HttpAddress | null> {
  if (text === "off") return { value: null };
  const match = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    return { fault: "must be <host>:<port> such as 127.0.0.1:8793, or off" };
  return { value: { host: (match[1] ?? "").replace(/^\[|\]$/g, ""), port } };
}

/** A path of plain segments: it becomes part of links and of a cookie. */
export function parseBasePath(text: string): Parsed<string> {
  const isPlain = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(text) && text.length <= 200;
  if (isPlain) return { value: text };
  return {
    fault: "must be a path such as /dagmar: letters, digits and ._~- between slashes, without one at its end",
  };
}

export function parsePassword(text: string): Parsed<string> {
  if (text.trim() === "") return { fault: "must not be empty" };
  if (text.length > LONGEST_PASSWORD) return { fault: `must have at most ${LONGEST_PASSWORD} characters` };
  // oxlint-disable-next-line no-control-regex -- the pattern looks for control characters
  if (/[\u0000-\u001f\u007f]/.test(text)) return { fault: "must be one line of text" };
  return { value: text };
}

/** A whole number from 1. */
export function parseCount(text: string): Parsed<number> {
  if (/^[1-9]\d{0,5}$/.test(text)) return { value: Number(text) };
  return { fault: "must be a whole number from 1 to 999999" };
}

/** A webhook's address. Its path and query are often the secret, so they are allowed and never repeated. */
export function parseWebhook(text: string): Parsed<string> {
  if (!URL.canParse(text)) return { fault: "must be an address such as https://hooks.example.com/a1b2" };
  const { protocol, username, password } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return { fault: "must begin with https:// or http://" };
  if (username !== "" || password !== "") return { fault: "must not hold a user or password" };
  return { value: text.trim() };
}

/** A name, or JSON with the names of a notice in its text. */
export function parseNoticeTemplate(text: string): Parsed<string> {
  const named = findNoticeTemplate(text.trim());
  if (named !== undefined) return { value: named };
  try {
    JSON.parse(text);
    return { value: text };
  } catch {
    return {
      fault: `must be ${NAMED_TEMPLATES}, or JSON that has \${message} and the other names only inside of texts`,
    };
  }
}
