/** The table of contents of the command line, in the order of `--help`. */
import type { Command } from "../command.ts";
import { backfill } from "./backfill.ts";
import { completion } from "./completion.ts";
import { dagsList } from "./dags/list.ts";
import { dagsNext } from "./dags/next.ts";
import { dagsPause, dagsUnpause } from "./dags/pause.ts";
import { dagsShow } from "./dags/show.ts";
import { dagsValidate } from "./dags/validate.ts";
import { dbBackup } from "./db/backup.ts";
import { dbCheck } from "./db/check.ts";
import { dbMigrate } from "./db/migrate.ts";
import { dbPrune } from "./db/prune.ts";
import { doctor } from "./doctor.ts";
import { init } from "./init.ts";
import { lakeLs } from "./lake/ls.ts";
import { lakeMigrate } from "./lake/migrate.ts";
import { idsShow } from "./ids/show.ts";
import { lakeMissing } from "./lake/missing.ts";
import { lakeCatalog } from "./lake/catalog.ts";
import { lakeQuery } from "./lake/query.ts";
import { lakeRm } from "./lake/rm.ts";
import { lakeLearn } from "./lake/learn.ts";
import { lakeVerify } from "./lake/verify.ts";
import { run } from "./run.ts";
import { runsCancel } from "./runs/cancel.ts";
import { runsList } from "./runs/list.ts";
import { runsShow } from "./runs/show.ts";
import { scheduler } from "./scheduler.ts";
import { tasksClear } from "./tasks/clear.ts";
import { tasksLogs } from "./tasks/logs.ts";
import { tasksMark } from "./tasks/mark.ts";
import { tokensCreate } from "./tokens/create.ts";
import { tokensList } from "./tokens/list.ts";
import { tokensRevoke } from "./tokens/revoke.ts";
import { trigger } from "./trigger.ts";
import { web } from "./web.ts";

export const COMMANDS: readonly Command[] = [
  init,
  doctor,
  run,
  scheduler,
  web,
  trigger,
  backfill,
  dagsList,
  dagsShow,
  dagsValidate,
  dagsNext,
  dagsPause,
  dagsUnpause,
  runsList,
  runsShow,
  runsCancel,
  tasksLogs,
  tasksClear,
  tasksMark,
  lakeLs,
  lakeQuery,
  lakeCatalog,
  lakeVerify,
  lakeLearn,
  lakeMissing,
  lakeRm,
  lakeMigrate,
  idsShow,
  tokensCreate,
  tokensList,
  tokensRevoke,
  dbMigrate,
  dbBackup,
  dbCheck,
  dbPrune,
  completion,
];
