/** The migrations in their order. A released migration never changes; a new one corrects it. */
import { initialTables } from "./0001-initial-tables.ts";
import { initialViews } from "./0002-initial-views.ts";
import { service } from "./0003-service.ts";
import { attemptsByTask } from "./0004-attempts-by-task.ts";
import { refusalsAreAskedAgain } from "./0005-refusals-are-asked-again.ts";
import { keptConditions } from "./0006-kept-conditions.ts";
import { runsByLake } from "./0007-runs-by-lake.ts";
import { objectsThatAreGone } from "./0008-objects-that-are-gone.ts";
import { questionsOfAnyService } from "./0009-questions-of-any-service.ts";
import { databaseIdentity } from "./0010-database-identity.ts";
import { dagFileChecks } from "./0011-dag-file-checks.ts";
import { unknownWords } from "./0012-unknown-words.ts";
import { remarksOnCandidates } from "./0013-remarks-on-candidates.ts";
import { batchesByNumber } from "./0014-batches-by-number.ts";
import { noticesByChannel } from "./0015-notices-by-channel.ts";
import { removals } from "./0016-removals.ts";
import { keyedRequests } from "./0017-keyed-requests.ts";
import { access } from "./0018-access.ts";
import { eventsByDag } from "./0019-events-by-dag.ts";
import { versionsByDag } from "./0020-versions-by-dag.ts";
import { verifications } from "./0021-verifications.ts";
import { missingIds } from "./0022-missing-ids.ts";
import { triggeredBy } from "./0023-triggered-by.ts";
import { decisionsInManifests } from "./0024-decisions-in-manifests.ts";
import { tablesMadeAgain } from "./0025-tables-made-again.ts";

export interface Migration {
  /** Without extension; recorded in the database. */
  readonly name: string;
  /** One statement each. */
  readonly up: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  { name: "0001-initial-tables", up: initialTables },
  { name: "0002-initial-views", up: initialViews },
  { name: "0003-service", up: service },
  { name: "0004-attempts-by-task", up: attemptsByTask },
  { name: "0005-refusals-are-asked-again", up: refusalsAreAskedAgain },
  { name: "0006-kept-conditions", up: keptConditions },
  { name: "0007-runs-by-lake", up: runsByLake },
  { name: "0008-objects-that-are-gone", up: objectsThatAreGone },
  { name: "0009-questions-of-any-service", up: questionsOfAnyService },
  { name: "0010-database-identity", up: databaseIdentity },
  { name: "0011-dag-file-checks", up: dagFileChecks },
  { name: "0012-unknown-words", up: unknownWords },
  { name: "0013-remarks-on-candidates", up: remarksOnCandidates },
  { name: "0014-batches-by-number", up: batchesByNumber },
  { name: "0015-notices-by-channel", up: noticesByChannel },
  { name: "0016-removals", up: removals },
  { name: "0017-keyed-requests", up: keyedRequests },
  { name: "0018-access", up: access },
  { name: "0019-events-by-dag", up: eventsByDag },
  { name: "0020-versions-by-dag", up: versionsByDag },
  { name: "0021-verifications", up: verifications },
  { name: "0022-missing-ids", up: missingIds },
  { name: "0023-triggered-by", up: triggeredBy },
  { name: "0024-decisions-in-manifests", up: decisionsInManifests },
  { name: "0025-tables-made-again", up: tablesMadeAgain },
];
