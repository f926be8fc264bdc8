/** Every page. The server and the tests take them from here. */
import { clearPage } from "./act/clear.ts";
import { cancelPage, markPage } from "./act/stop-and-mark.ts";
import { triggerPage } from "./act/trigger.ts";
import { newBackfillPage } from "./backfills/backfill-form.ts";
import { backfillPage, backfillsPage } from "./backfills/backfills-page.ts";
import { calendarPage } from "./dag/calendar-page.ts";
import { filePage } from "./dag/file-page.ts";
import { graphPage } from "./dag/graph-page.ts";
import { gridPage } from "./dag/grid-page.ts";
import { dagsPage } from "./dags/dags-page.ts";
import { dagEventsPage, eventsPage } from "./events/events-page.ts";
import type { Page } from "./frame/page.ts";
import { homePage } from "./home/home-page.ts";
import { idPage, idsPage } from "./ids/ids-pages.ts";
import { datasetPage, lakePage } from "./lake/lake-pages.ts";
import { logPage } from "./log/log-page.ts";
import { runPage } from "./run/run-page.ts";
import { dagRunsPage, runsPage } from "./runs/runs-page.ts";
import { findPage } from "./service/find-page.ts";
import { keysPage } from "./service/keys-page.ts";
import { poolsPage } from "./service/pools-page.ts";
import { settingsPage } from "./service/settings-page.ts";

export const PAGES: readonly Page[] = [
  homePage,
  dagsPage,
  gridPage,
  graphPage,
  calendarPage,
  dagRunsPage,
  filePage,
  dagEventsPage,
  runPage,
  logPage,
  lakePage,
  datasetPage,
  idsPage,
  idPage,
  runsPage,
  eventsPage,
  poolsPage,
  keysPage,
  settingsPage,
  findPage,
  triggerPage,
  clearPage,
  cancelPage,
  markPage,
  backfillsPage,
  backfillPage,
  newBackfillPage,
];
