/** Notes in a bucket: an object each, replaced with `If-Match`. Without that condition: looked at before and verified after. */
import { BOOKKEEPING_PREFIX, PROBE_KEY } from "../object-key.ts";
import { checkNoteName, type LakeNotes, type Note } from "../lake-notes.ts";
import { rememberAnswer } from "../remembered.ts";
import { sendBytes } from "./s3-body.ts";
import { isAbsent, isConditionFailed, isNotImplemented } from "./s3-faults.ts";
import type { S3Objects } from "./s3-objects.ts";
import { NO_VERSION, PROBE_BODY } from "./s3-probe.ts";
import { describeEncryption } from "./s3-options.ts";

const PROBE = PROBE_KEY.slice(BOOKKEEPING_PREFIX.length);

const WITHOUT_CONDITION =
  "does not honour If-Match on a put: of two processes that write a lease at the same moment, both may believe that they have it";

type Condition = { readonly IfMatch?: string; readonly IfNoneMatch?: "*" };
/** "own version": the store refused the version that stands there. */
type Written = { readonly version: string } | "changed" | "unknown condition" | "own version";

/** `warn`: called once, with what the store does not do. */
export function createS3Notes(objects: S3Objects, warn: (what: string) => void): LakeNotes {
  const keyOf = (name: string): string => {
    checkNoteName(name);
    return BOOKKEEPING_PREFIX + name;
  };

  async function read(name: string, signal?: AbortSignal): Promise<Note | undefined> {
    const key = keyOf(name);
    const { bucket, connection } = objects;
    const Key = objects.fullKey(key);
    return await connection.call<Note | undefined>({
      what: `GetObject ${Key}`,
      permission: "s3:GetObject",
      signal,
      send: async (s3, { abortSignal }) => {
        const answer = await s3.getObject({ Bucket: bucket, Key }, { abortSignal });
        const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
        return { body, version: answer.ETag ?? "" };
      },
      onFault: async (fault) => (isAbsent(fault) ? { answer: undefined } : undefined),
    });
  }

  /** RADOS Gateway 16 compares `If-Match` with the tag alone, without the quotation marks that HTTP has around it. */
  let comparesBareTags = false;

  async function put(
    name: string,
    body: Uint8Array,
    version: string | null,
    signal?: AbortSignal,
  ): Promise<Written> {
    if (version === null) return await putOnce(name, body, version, { IfNoneMatch: "*" }, signal);
    for (const isBare of comparesBareTags ? [true] : [false, true]) {
      const IfMatch = isBare ? version.replaceAll('"', "") : version;
      const written = await putOnce(name, body, version, { IfMatch }, signal);
      if (written === "own version") continue;
      if (isBare) comparesBareTags = true;
      return written;
    }
    return "own version";
  }

  async function putOnce(
    name: string,
    body: Uint8Array,
    version: string | null,
    condition: Condition,
    signal?: AbortSignal,
  ): Promise<Written> {
    const Key = objects.fullKey(keyOf(name));
    const input = {
      Bucket: objects.bucket,
      Key,
      ContentLength: body.byteLength,
      ContentType: "application/json",
      ...condition,
      ...describeEncryption(objects.connection.options),
    };
    return await objects.connection.call<Written>({
      what: `PutObject ${Key}`,
      permission: "s3:PutObject",
      bodyBytes: body.byteLength,
      signal,
      send: async (s3, options) =>
        sendBytes(Buffer.from(body), options, async (Body, sending) => {
          const { ETag } = await s3.putObject({ ...input, Body }, sending);
          return { version: ETag ?? "" };
        }),
      onFault: async (fault) => {
        if (isNotImplemented(fault)) return { answer: "unknown condition" };
        // With `If-Match` an object that is absent gives 404.
        if (!isConditionFailed(fault) && !isAbsent(fault)) return undefined;
        if (version === NO_VERSION) return { answer: "changed" };
        // An earlier try, whose answer was lost, may have written it.
        const standing = await read(name, signal);
        if (standing?.body.equals(body) === true) return { answer: { version: standing.version } };
        return { answer: standing?.version === version ? "own version" : "changed" };
      },
    });
  }

  // The probe's own bytes: a store without the condition replaces them with the same.
  const areGuarded = rememberAnswer(async () => {
    const isHonoured = (await put(PROBE, PROBE_BODY, NO_VERSION)) === "changed";
    if (!isHonoured) refuse();
    return isHonoured;
  });

  let isRefused = false;
  function refuse(): void {
    if (!isRefused) warn(WITHOUT_CONDITION);
    isRefused = true;
  }

  async function look(
    name: string,
    body: Uint8Array,
    version: string | null,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    if (((await read(name, signal))?.version ?? null) !== version) return undefined;
    await putOnce(name, body, version, {}, signal);
    const after = await read(name, signal);
    return after?.body.equals(body) === true ? after.version : undefined;
  }

  return {
    read,
    areGuarded,
    async write(name, body, version, signal) {
      if (!(await areGuarded(signal))) return await look(name, body, version, signal);
      const written = await put(name, body, version, signal);
      if (written === "changed") return undefined;
      if (typeof written === "object")
        return written.version === "" ? (await read(name, signal))?.version : written.version;
      refuse();
      return await look(name, body, version, signal);
    },
  };
}
