/** Every page. The server and the tests take them from here. */
import type { Page } from "./frame/page.ts";
import { gridPage } from "./dag/grid-page.ts";
import { dagsPage } from "./dags/dags-page.ts";
import { homePage } from "./home/home-page.ts";
import { runPage } from "./run/run-page.ts";

export const PAGES: readonly Page[] = [homePage, dagsPage, gridPage, runPage];
