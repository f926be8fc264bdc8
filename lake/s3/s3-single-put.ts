/** An object in one request, from memory or streamed from a file: the fast way up to 5 GiB. */
import type { PutObjectCommandInput, PutObjectCommandOutput, S3 } from "@aws-sdk/client-s3";
import { failpoint } from "../../model/failpoint.ts";
import type { PutBytes, PutFile, PutResult } from "../../model/ports/lake.ts";
import { PreparedFile } from "../prepared-file.ts";
import { sendBytes, sendChunks } from "./s3-body.ts";
import type { SendOptions } from "./s3-connection.ts";
import type { S3Objects } from "./s3-objects.ts";
import { describeEncryption } from "./s3-options.ts";
import type { Placing } from "./s3-placing.ts";

const CHUNK_BYTES = 1024 * 1024;

type Send = (s3: S3, input: PutObjectCommandInput, options: SendOptions) => Promise<PutObjectCommandOutput>;

export async function putBytesAtOnce(
  objects: S3Objects,
  placing: Placing,
  request: PutBytes,
): Promise<PutResult> {
  const body = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  return await putAtOnce(objects, placing, request.contentType, async (s3, input, options) =>
    sendBytes(body, options, async (Body, sending) => s3.putObject({ ...input, Body }, sending)),
  );
}

/** `tell` gets the bytes handed to the socket so far, and starts again with each try. */
export async function putFileAtOnce(
  objects: S3Objects,
  placing: Placing,
  request: PutFile,
  tell: (sentBytes: number) => void,
): Promise<PutResult> {
  return await putAtOnce(objects, placing, request.contentType, async (s3, input, options) => {
    const source = await PreparedFile.open(request);
    try {
      if (request.sizeBytes > 0) {
        return await sendChunks(readPlanned(source, tell), options, async (Body, sending) =>
          s3.putObject({ ...input, Body }, sending),
        );
      }
      await source.verify();
      tell(0);
      return await s3.putObject({ ...input, Body: Buffer.alloc(0) }, options);
    } finally {
      await source.close();
    }
  });
}

async function putAtOnce(
  objects: S3Objects,
  placing: Placing,
  contentType: string,
  send: Send,
): Promise<PutResult> {
  const { key, sizeBytes, sha256, metadata, condition, signal } = placing.plan;
  const input: PutObjectCommandInput = {
    Bucket: objects.bucket,
    Key: objects.fullKey(key),
    ContentLength: sizeBytes,
    ContentType: contentType,
    Metadata: { ...metadata },
    ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
    ...condition,
    ...describeEncryption(objects.connection.options),
  };
  const result = await objects.connection.call<PutResult>({
    what: `PutObject ${input.Key}`,
    permission: "s3:PutObject",
    bodyBytes: sizeBytes,
    signal,
    send: async (s3, options) => {
      const standing = await placing.lookIfUnconditional();
      if (standing !== undefined) return standing;
      failpoint("s3.put.before");
      const answer = await send(s3, input, options);
      failpoint("s3.put.after");
      return { outcome: "created", etag: answer.ETag ?? "" };
    },
    onFault: async (fault) => await placing.settleFault(fault),
  });
  return await placing.verify(result);
}

/** The last bytes are held back until all of them, and the file they came from, have been verified. */
async function* readPlanned(source: PreparedFile, tell: (sentBytes: number) => void): AsyncGenerator<Buffer> {
  while (source.remainingBytes > 0) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, source.remainingBytes));
    await source.read(chunk);
    if (source.remainingBytes === 0) await source.verify();
    yield chunk;
    tell(source.plan.sizeBytes - source.remainingBytes);
  }
}
