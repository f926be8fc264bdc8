/** Every route of the API. The server, the OpenAPI document and the tests take them from here. */
import { z } from "zod";
import { writeOpenApi } from "./openapi.ts";
import { getGrid } from "./own/grid.ts";
import { previewBackfill, previewClear, previewMark, previewTrigger } from "./own/previews.ts";
import { getDependencies, getWaiting } from "./own/waiting.ts";
import { getId, listMissing } from "./own/ids.ts";
import {
  getInputs,
  getReconciliation,
  listDatasets,
  listManifests,
  listObjects,
  listPartitions,
  listRemovals,
} from "./own/lake.ts";
import { getVerification, listVerifications, requestVerification } from "./own/verifications.ts";
import { followLog, getLogWindow, getRawLog, searchLog } from "./own/logs.ts";
import { getStream } from "./own/stream.ts";
import { getLog } from "./v2/logs.ts";
import { defineRoute, type Route } from "./route.ts";
import {
  cancelBackfill,
  createBackfill,
  getBackfill,
  listBackfills,
  postCancelBackfill,
  previewBackfills,
} from "./v2/backfills.ts";
import { patchDagRun } from "./v2/change-run.ts";
import { clearDagRun, clearTaskInstances } from "./v2/clear.ts";
import { getDagRun, listDagRuns, triggerDagRun } from "./v2/dag-runs.ts";
import { getDagStats, listImportErrors } from "./v2/dag-health.ts";
import { getDagSource, listDagVersions } from "./v2/dag-versions.ts";
import { getDag, getDagDetails, listDags, patchDag } from "./v2/dags.ts";
import { patchTaskInstance, previewPatchTaskInstance } from "./v2/mark.ts";
import { getHealth, getPool, getVersion, listEvents, listPools } from "./v2/service.ts";
import { waitDagRun } from "./v2/wait.ts";
import { getTask, listTasks } from "./v2/tasks.ts";
import { getTaskInstance, listTaskInstances, listTries } from "./v2/task-instances.ts";

const getOpenApi: Route = defineRoute({
  operationId: "get_openapi",
  method: "GET",
  path: "/api/dagmar/openapi.json",
  tag: "Dagmar",
  summary: "This document.",
  params: {},
  search: {},
  answer: z.record(z.string(), z.unknown()),
  handle: ({ version }) => writeOpenApi(ROUTES, version),
});

export const ROUTES: readonly Route[] = [
  getVersion,
  getHealth,
  listDags,
  getDag,
  patchDag,
  getDagDetails,
  listDagVersions,
  getDagSource,
  listTasks,
  getTask,
  getDagStats,
  listImportErrors,
  listDagRuns,
  triggerDagRun,
  getDagRun,
  patchDagRun,
  clearDagRun,
  waitDagRun,
  listTaskInstances,
  getTaskInstance,
  patchTaskInstance,
  previewPatchTaskInstance,
  listTries,
  getDependencies,
  clearTaskInstances,
  listBackfills,
  createBackfill,
  previewBackfills,
  getBackfill,
  cancelBackfill,
  postCancelBackfill,
  listEvents,
  listPools,
  getPool,
  getGrid,
  getWaiting,
  previewTrigger,
  previewClear,
  previewMark,
  previewBackfill,
  getStream,
  getLog,
  getLogWindow,
  searchLog,
  getRawLog,
  followLog,
  listDatasets,
  listPartitions,
  listObjects,
  listManifests,
  listRemovals,
  requestVerification,
  listVerifications,
  getVerification,
  getReconciliation,
  getInputs,
  getId,
  listMissing,
  getOpenApi,
];
