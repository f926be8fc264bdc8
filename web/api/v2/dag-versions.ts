/** The versions of a Dag's definition, and the text of its file. */
import { z } from "zod";
import { CommandRefused } from "../../../model/errors.ts";
import { listVersionPage, type DagVersionEntry } from "../../../state/pages/dag-page.ts";
import type { PageRequest } from "../../../state/pages/page.ts";
import { readDagSource } from "../../reading/dag-source.ts";
import { reply, TEXT } from "../../server/exchange.ts";
import { defineRoute, type ReadTools } from "../route.ts";
import { dagId, pickDag } from "./known-dag.ts";
import { paging, readPage, utc } from "./listing.ts";
import { deriveUuid } from "./wire.ts";

export const versionSchema = z.strictObject({
  id: z.uuid(),
  version_number: z.int(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  bundle_name: z.string().nullable(),
  bundle_version: z.null(),
  bundle_url: z.null(),
  created_at: utc,
  fingerprint: z.string().describe("Dagmar's own: what runs record."),
});

export const listDagVersions = defineRoute({
  operationId: "get_dag_versions",
  method: "GET",
  path: "/api/v2/dags/{dag_id}/dagVersions",
  tag: "Dags",
  summary: "The versions of a Dag's definition, newest first.",
  params: { dag_id: dagId },
  search: paging,
  answer: z.strictObject({ dag_versions: z.array(versionSchema), total_entries: z.int() }),
  handle(tools, { params, search }) {
    pickDag(tools.query, params.dag_id);
    return listVersions(tools, params.dag_id, readPage(search));
  },
});

export function listVersions({ query, databaseId }: ReadTools, asked: string, page: PageRequest) {
  const { rows, total } = listVersionPage(query, asked, page);
  return {
    total_entries: total,
    dag_versions: rows.map((entry) => writeVersion(entry, databaseId)),
  };
}

export function writeVersion(entry: DagVersionEntry, databaseId: string): z.infer<typeof versionSchema> {
  return {
    id: deriveUuid(databaseId, entry.dagId, entry.fingerprint),
    version_number: entry.number,
    dag_id: entry.dagId,
    dag_display_name: entry.dagId,
    bundle_name: "dags",
    bundle_version: null,
    bundle_url: null,
    created_at: entry.createdAt,
    fingerprint: entry.fingerprint,
  };
}

const source = z.strictObject({
  content: z.string().nullable(),
  dag_id: z.string(),
  dag_display_name: z.string(),
  version_number: z.int().nullable(),
});

export const getDagSource = defineRoute({
  operationId: "get_dag_source",
  method: "GET",
  path: "/api/v2/dagSources/{dag_id}",
  tag: "Dags",
  summary: "The text of a Dag's file as it is now; with Accept: text/plain as plain text.",
  params: { dag_id: dagId },
  search: {},
  answer: source,
  handle({ query, dagsFolder, accept }, { params }) {
    const { dagId: known } = pickDag(query, params.dag_id);
    const content = readDagSource(dagsFolder, known);
    if (accept.startsWith("text/plain")) {
      if (content === null) throw new CommandRefused("DAG_UNKNOWN", `${known} has no file any more.`);
      return reply(200, TEXT, content);
    }
    return { content, dag_id: known, dag_display_name: known, version_number: null };
  },
});
