/** The table of contents of the command line, in the order of `--help`. */
import type { Command } from "../command.ts";
import { dagsList } from "./dags/list.ts";
import { dagsShow } from "./dags/show.ts";
import { dagsValidate } from "./dags/validate.ts";
import { dbBackup } from "./db/backup.ts";
import { dbCheck } from "./db/check.ts";
import { dbMigrate } from "./db/migrate.ts";
import { lakeLs } from "./lake/ls.ts";
import { lakeMissing } from "./lake/missing.ts";
import { lakeVerify } from "./lake/verify.ts";
import { run } from "./run.ts";
import { runsList } from "./runs/list.ts";
import { runsShow } from "./runs/show.ts";

export const COMMANDS: readonly Command[] = [
  run,
  dagsList,
  dagsShow,
  dagsValidate,
  runsList,
  runsShow,
  lakeLs,
  lakeVerify,
  lakeMissing,
  dbMigrate,
  dbBackup,
  dbCheck,
];
