/**
 * Whether the credentials permit in the bucket what the program does there: each operation is tried once. Leaves the
 * probe object, which the first run of every lake stores too. Nothing is deleted: no run needs that.
 */
import { DagmarError, describeError, LakeError } from "../../model/errors.ts";
import type { Finding } from "../../model/ports/examination.ts";
import type { LakeNotes } from "../lake-notes.ts";
import { BOOKKEEPING_PREFIX, PROBE_KEY } from "../object-key.ts";
import { isConditionFailed, isNotImplemented, isUploadGone } from "./s3-faults.ts";
import type { S3Call, SendOptions } from "./s3-connection.ts";
import { createS3Notes } from "./s3-notes.ts";
import type { S3Objects } from "./s3-objects.ts";
import { describeEncryption } from "./s3-options.ts";
import { PROBE_BODY, PROBE_SHA256 } from "./s3-probe.ts";

const TRY_MS = 8_000;
const REACH = "Check AWS_ENDPOINT_URL_S3, AWS_REGION, the network and the proxy.";
const LEASES = `${BOOKKEEPING_PREFIX}leases/`;
/** No dataset has this lease: those end with `.lease`. */
const NO_LEASE = "leases/none";
const POLICY = "deploy/aws/writer-policy.json lists what the writer needs.";

interface Trial {
  readonly what: string;
  /** The text if it works. */
  readonly says: string;
  readonly act: (signal: AbortSignal) => Promise<unknown>;
  /** Without it runs work all the same. */
  readonly isOptional?: boolean;
}

/** `prefixes`: relative to the lake. Raises nothing. */
export async function examineBucket(
  objects: S3Objects,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const listed = prefixes.length === 0 ? [PROBE_KEY] : prefixes;
  const groups: readonly (readonly Trial[])[] = [
    [
      {
        what: "bucket: list",
        says: `objects below ${listed.map((prefix) => objects.fullKey(prefix)).join(", ")} can be listed`,
        act: (limit) => Promise.all(listed.map((prefix) => listOne(objects, prefix, limit))),
      },
    ],
    [
      {
        what: "bucket: write",
        says: `objects can be stored (this leaves ${objects.fullKey(PROBE_KEY)}, ${PROBE_BODY.length} bytes)`,
        act: (limit) => putProbe(objects, limit),
      },
      {
        what: "bucket: head",
        says: "an object's metadata can be read",
        act: (limit) => objects.head(PROBE_KEY, limit),
      },
      {
        what: "bucket: read",
        says: "an object's content can be read",
        act: (limit) => readProbe(objects, limit),
      },
    ],
    [
      {
        what: "bucket: multipart",
        says: "large files can be uploaded in parts, and unfinished uploads aborted",
        act: (limit) => tryParts(objects, limit),
      },
    ],
    [
      {
        what: "bucket: leases",
        says: `leases can be kept below ${objects.fullKey(LEASES)} (this leaves none)`,
        act: (limit) =>
          tryLease(
            createS3Notes(objects, () => undefined),
            limit,
          ),
        isOptional: true,
      },
    ],
    [
      {
        what: "bucket: uploads",
        says: "unfinished uploads can be listed",
        act: (limit) => listUploads(objects, limit),
      },
    ],
  ];
  const findings = (await Promise.all(groups.map((group) => tryInTurn(group, signal)))).flat();
  const [first] = findings;
  // Reported once: the store or a setting is missing, not a permission.
  const isSame = ({ finding, isUnreached }: Tried): boolean =>
    isUnreached || (finding.state !== "ok" && finding.says === first?.finding.says);
  if (first !== undefined && findings.every(isSame)) return [{ ...first.finding, what: "bucket" }];
  return [
    ...findings.map(({ finding }) => finding),
    {
      what: "bucket: delete",
      state: "ok",
      says: "not tried: no run deletes anything, and only `dagmar lake rm` needs it",
      todo: null,
    },
  ];
}

interface Tried {
  readonly finding: Finding;
  /** The store gave no answer at all. */
  readonly isUnreached: boolean;
}

async function tryInTurn(trials: readonly Trial[], signal: AbortSignal): Promise<readonly Tried[]> {
  const findings: Tried[] = [];
  for (const trial of trials) findings.push(await tryOnce(trial, signal));
  return findings;
}

async function tryOnce({ what, says, act, isOptional = false }: Trial, signal: AbortSignal): Promise<Tried> {
  const limit = AbortSignal.timeout(TRY_MS);
  try {
    await act(AbortSignal.any([signal, limit]));
    return { finding: { what, state: "ok", says, todo: null }, isUnreached: false };
  } catch (error) {
    if (limit.aborted) {
      const silence = `the store did not answer within ${TRY_MS / 1000} s`;
      return { finding: { what, state: "fail", says: silence, todo: REACH }, isUnreached: true };
    }
    const fault = error instanceof DagmarError ? error : undefined;
    const message = (fault?.message ?? describeError(error)).replace(/\.$/, "");
    const isUnreached = fault instanceof LakeError && fault.code === "LAKE_UNAVAILABLE";
    const todo = fault?.hint ?? (isUnreached ? REACH : POLICY);
    return { finding: { what, state: isOptional ? "warn" : "fail", says: message, todo }, isUnreached };
  }
}

async function listOne(objects: S3Objects, prefix: string, signal: AbortSignal): Promise<void> {
  const Prefix = objects.fullKey(prefix);
  await objects.connection.call({
    what: `ListObjectsV2 ${Prefix}`,
    permission: "s3:ListBucket",
    signal,
    send: async (s3, options) =>
      await s3.listObjectsV2({ Bucket: objects.bucket, Prefix, MaxKeys: 1 }, options),
  });
}

/** Reads a lease that does not exist, and replaces a version of it that does not exist either. */
async function tryLease(notes: LakeNotes, signal: AbortSignal): Promise<void> {
  await notes.read(NO_LEASE, signal);
  await notes.write(NO_LEASE, Buffer.from("{}"), '"00000000000000000000000000000000"', signal);
  if (await notes.areGuarded(signal)) return;
  throw new LakeError(
    "LAKE_UNSUPPORTED",
    "The store does not honour If-Match: two Dagmars that begin at the same moment may both ask for a dataset.",
    false,
    { hint: "Let only one Dagmar use this lake, or keep the lake in another store." },
  );
}

async function putProbe(objects: S3Objects, signal: AbortSignal): Promise<void> {
  await objects.connection.call({
    what: `PutObject ${objects.fullKey(PROBE_KEY)}`,
    permission: "s3:PutObject",
    signal,
    send: async (s3, options) => {
      await s3.putObject(
        {
          ...nameProbe(objects),
          Body: PROBE_BODY,
          ContentLength: PROBE_BODY.length,
          ContentType: "text/plain",
          ChecksumSHA256: PROBE_SHA256,
          IfNoneMatch: "*",
          ...describeEncryption(objects.connection.options),
        },
        options,
      );
      return true;
    },
    // The object exists already, or the store does not know the condition: in both cases the write was permitted.
    onFault: async (fault) =>
      isConditionFailed(fault) || isNotImplemented(fault) ? { answer: true } : undefined,
  });
}

/** If it is absent, the read was permitted; the write before says why it is absent. */
async function readProbe(objects: S3Objects, signal: AbortSignal): Promise<void> {
  try {
    const { body } = await objects.get(PROBE_KEY, signal);
    body.destroy();
  } catch (error) {
    if (!(error instanceof LakeError && error.code === "LAKE_CORRUPT")) throw error;
  }
}

/** An upload of one part that is aborted: nothing of it stays. */
async function tryParts(objects: S3Objects, signal: AbortSignal): Promise<void> {
  const name = nameProbe(objects);
  const call = async <T>(
    operation: string,
    permission: string,
    send: S3Call<T>["send"],
    onFault?: S3Call<T>["onFault"],
  ): Promise<T> =>
    await objects.connection.call<T>({
      what: `${operation} ${name.Key}`,
      permission,
      signal,
      send,
      ...(onFault === undefined ? {} : { onFault }),
    });
  const { UploadId } = await call("CreateMultipartUpload", "s3:PutObject", async (s3, options) =>
    s3.createMultipartUpload(
      { ...name, ChecksumAlgorithm: "SHA256", ...describeEncryption(objects.connection.options) },
      options,
    ),
  );
  try {
    const part = { ...name, UploadId, PartNumber: 1, Body: PROBE_BODY, ChecksumSHA256: PROBE_SHA256 };
    await call("UploadPart", "s3:PutObject", async (s3, options: SendOptions) =>
      s3.uploadPart(part, options),
    );
  } finally {
    await call(
      "AbortMultipartUpload",
      "s3:AbortMultipartUpload",
      async (s3, options) => {
        await s3.abortMultipartUpload({ ...name, UploadId }, options);
        return true;
      },
      async (fault) => (isUploadGone(fault) ? { answer: true } : undefined),
    );
  }
}

async function listUploads(objects: S3Objects, signal: AbortSignal): Promise<void> {
  await objects.connection.call({
    what: "ListMultipartUploads",
    permission: "s3:ListBucketMultipartUploads",
    signal,
    send: async (s3, options) =>
      await s3.listMultipartUploads(
        { Bucket: objects.bucket, Prefix: objects.fullKey(PROBE_KEY), MaxUploads: 1 },
        options,
      ),
  });
}

function nameProbe(objects: S3Objects): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: objects.bucket, Key: objects.fullKey(PROBE_KEY) };
}
