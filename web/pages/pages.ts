/** Every page. The server and the tests take them from here. */
import type { Page } from "./frame/page.ts";
import { graphPage } from "./dag/graph-page.ts";
import { dagEventsPage, eventsPage } from "./events/events-page.ts";
import { dagRunsPage, runsPage } from "./runs/runs-page.ts";
import { gridPage } from "./dag/grid-page.ts";
import { dagsPage } from "./dags/dags-page.ts";
import { homePage } from "./home/home-page.ts";
import { runPage } from "./run/run-page.ts";

export const PAGES: readonly Page[] = [
  homePage,
  dagsPage,
  gridPage,
  graphPage,
  dagRunsPage,
  dagEventsPage,
  runPage,
  runsPage,
  eventsPage,
];
