/**
 * Publishes what was computed, a table or a page: its content is recorded, put in the place of the recorded one or of nothing,
 * and committed.
 */
import { describeTable } from "../../lake/protocol/identity-metadata.ts";
import { TaskFailure } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { PutFile, PutResult } from "../../model/ports/lake.ts";
import type { TableIdentity } from "../../model/records/table-identity.ts";
import { formatLocalText } from "../../model/time/local-time.ts";
import type { PlaceContext, Standing } from "./standing.ts";

export interface NewTable extends TableIdentity {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Of the file. */
  readonly path: string;
  readonly contentType: string;
}

/** Returns the object's id. */
export async function publish(context: PlaceContext, table: NewTable, standing: Standing): Promise<number> {
  const { lake, state, options, run, taskId, signal, progress } = context;
  const { key, dataset } = options;
  const { sha256, sizeBytes, path, contentType, ...identity } = table;
  await refuseRemoved(context, sha256);
  const contentId = await state.tables.plan({
    ...identity,
    lakeId: lake.id,
    dataset,
    key,
    sha256,
    sizeBytes,
    run,
    taskId,
  });
  failpoint("table.plan.after");
  const request: PutFile = {
    key,
    path,
    sha256,
    sizeBytes,
    metadata: describeTable(dataset, run.logicalDate, identity),
    contentType,
    signal,
    onProgress: (done) => {
      progress({ done, total: sizeBytes, unit: "bytes", note: "uploading" });
    },
  };
  failpoint("table.put.before");
  const result = await (standing.is === "ours"
    ? lake.replaceFile({ ...request, replaces: standing.etag })
    : lake.putFile(request));
  failpoint("table.put.after");
  if (result.outcome === "exists" && !isPut(result, request)) {
    await state.tables.drop(contentId);
    throw refuseTaken(key);
  }
  failpoint("table.commit.before");
  const objectId = await state.tables.commit(contentId, readEtag(result));
  failpoint("table.commit.after");
  return objectId;
}

export function refuseTaken(key: string): TaskFailure {
  return new TaskFailure(
    "TABLE_KEY_TAKEN",
    `${key} holds an object that this task did not make. It was not changed, and nothing was published.`,
    false,
    { hint: "Move that object away, or give the task another `key`.", isForPerson: true },
  );
}

/** A key that was free a moment ago may have got this very table, by a process that died. */
function isPut({ head }: Extract<PutResult, { outcome: "exists" }>, { sha256, metadata }: PutFile): boolean {
  return (
    head.metadata["sha256"] === sha256 &&
    head.metadata["dagmar-fingerprint"] === metadata["dagmar-fingerprint"]
  );
}

function readEtag(result: PutResult): string {
  return result.outcome === "created" ? result.etag : result.head.etag;
}

/** What a user removed is stored again only when a user asks for it. */
async function refuseRemoved({ lake, state, options, run }: PlaceContext, sha256: string): Promise<void> {
  const removals = await state.objects.findRemovals(lake.id, sha256);
  const removal = removals.find(({ key }) => key === options.key);
  if (removal === undefined) return;
  const { why, requestedBy, requestedAt } = removal;
  throw new TaskFailure(
    "CONTENT_REMOVED",
    `It has the content that ${requestedBy} removed from ${options.key} at ${formatLocalText(requestedAt, run.timezone)} (reason: "${why}").`,
    false,
    {
      hint: `Change its inputs or its SQL; or publish it again after \`dagmar lake rm ${options.key} --undo --why …\`.`,
      isForPerson: true,
    },
  );
}
