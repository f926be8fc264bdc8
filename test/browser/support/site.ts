/** A scheduler with Dags in every state, made through the program alone: good, failed, slow, queued, broken and hostile ones. */
import { startSimulator, writeSamples } from "../../support/cli.ts";
import {
  eventually,
  openOwnServiceWorld,
  untilReady,
  type Scheduler,
  type ServiceWorld,
} from "../../support/service-process.ts";

export interface Site extends ServiceWorld {
  readonly scheduler: Scheduler;
  readonly url: string;
  /** Of the run that failed. */
  readonly failedRun: string;
  /** Of the run that does not end by itself. */
  readonly openRun: string;
  /** An id that is stored. */
  readonly askedId: string;
  close(): Promise<void>;
}

/** Ends scripts, closes attributes, and turns the writing direction. */
const HOSTILE = `"><script>window.hacked=1</script><img src=x onerror="window.hacked=2">' \u202etxt.exe`;

const DAGS: Readonly<Record<string, string>> = {
  steady: `description: Two tasks that succeed.
schedule: "0 6 * * *"
timezone: America/Sao_Paulo
catchup: none
params: { city: "São Paulo", limit: 100, full: false }
tasks:
  first: { type: shell, with: { script: "echo first; echo second line >&2" } }
  second: { type: shell, needs: [first], with: { script: "echo done" } }
`,
  broken_run: `description: ${JSON.stringify(HOSTILE)}
schedule: "30 2 * * *"
params: { note: ${JSON.stringify(HOSTILE)} }
tasks:
  fetch: { type: shell, retries: 0, with: { script: ${JSON.stringify(`echo '<script>window.hacked=3</script> <b>bold</b>' >&2; exit 7`)} } }
  load: { type: shell, needs: [fetch], with: { script: "echo loaded" } }
  always: { type: noop, needs: [load], trigger_rule: all_done }
`,
  titles: `schedule: manual
tasks:
  file: { type: file-to-lake, with: { dataset: movies, file: movies.csv, key: "Raw/CSV/\${partition}/movies.csv" } }
  ids: { type: csv-to-ids, needs: [file], with: { source: { dataset: movies }, id: id } }
  answers:
    type: tmdb-to-lake
    needs: [ids]
    with: { dataset: tmdb_movies, entity: movie, key: "Raw/TMDB/\${partition}/movies-\${run_stamp}-\${seq}.json" }
`,
  slow: `schedule: "0 5 * * *"
max_active_runs: 1
tasks:
  wait: { type: shell, timeout: 1h, with: { script: "while :; do echo tick; sleep 1; done" } }
`,
};

const BROKEN = `schedule: "0 8 * * *"
tasks:
  pull: { type: tmdb-to-lak, with: {} }
`;

export async function openSite(more: Readonly<Record<string, string>> = {}): Promise<Site> {
  const world = openOwnServiceWorld();
  const simulator = await startSimulator();
  world.environment["TMDB_BASE_URL"] = simulator.url;
  await writeSamples(world, { movies: 30, series: 1 });
  for (const [dagId, text] of Object.entries(DAGS)) world.writeDag(dagId, text);
  await world.prepare(["run", "steady", "--date", "2026-11-21"]);
  await world.prepare(["run", "steady", "--date", "2026-11-22"]);
  await world.prepare(["run", "titles", "--date", "2026-11-22"]);
  await world.run(["run", "broken_run", "--date", "2026-11-22"]);
  await world.prepare(["backfill", "steady", "--from", "2026-11-10", "--to", "2026-11-12"]);
  world.writeDag("never_valid", BROKEN);
  const scheduler = await world.startScheduler(more);
  await untilReady(scheduler);
  await world.prepare(["trigger", "slow", "--date", "2026-11-20"]);
  await world.prepare(["trigger", "slow", "--date", "2026-11-21"]);
  await eventually("slow runs", () => world.readStates("v_runs", "slow").includes("running"), scheduler);
  const [failed] = world.query<{ run_id: string }>("SELECT run_id FROM v_runs WHERE dag_id = 'broken_run'");
  if (failed === undefined) throw new Error("the run that should fail did not run");
  const [open] = world.query<{ run_id: string }>(
    "SELECT run_id FROM v_runs WHERE dag_id = 'slow' AND state = 'running'",
  );
  const [stored] = world.query<{ asked_id: string }>("SELECT asked_id FROM v_ids WHERE outcome = 'stored'");
  if (open === undefined || stored === undefined) throw new Error("no run is open, or no id is stored");
  return {
    ...world,
    scheduler,
    url: scheduler.url + (more["DAGMAR_WEB_BASE_PATH"] ?? ""),
    failedRun: failed.run_id,
    openRun: open.run_id,
    askedId: stored.asked_id,
    async close() {
      await scheduler.stop();
      await simulator.close();
      world.remove();
    },
  };
}

/** Every page of the site, by a name for its picture. */
export function listPages({
  failedRun,
  openRun,
  askedId,
}: Pick<Site, "failedRun" | "openRun" | "askedId">): Readonly<Record<string, string>> {
  const run = `/dags/broken_run/runs/${encodeURIComponent(failedRun)}`;
  return {
    home: "/",
    dags: "/dags",
    grid: "/dags/steady",
    "grid-failed": "/dags/broken_run",
    graph: "/dags/broken_run/graph",
    calendar: "/dags/steady/calendar",
    "dag-runs": "/dags/steady/runs",
    file: "/dags/steady/file",
    "file-broken": "/dags/never_valid/file",
    "dag-events": "/dags/slow/events",
    run,
    "run-ids": "/find?q=titles@2026-11-22",
    cancel: `/dags/slow/runs/${encodeURIComponent(openRun)}/cancel`,
    login: "/login",
    trigger: "/dags/broken_run/trigger",
    clear: `${run}/clear?only_failed=on`,
    mark: `${run}/tasks/fetch/mark?state=success`,
    log: `${run}/tasks/fetch/attempts/1`,
    "log-search": `${run}/tasks/fetch/attempts/1?q=bold&level=info`,
    lake: "/lake",
    dataset: "/lake/datasets/tmdb_movies",
    ids: "/ids",
    "ids-list": "/ids?dataset=tmdb_movies&outcome=not_found",
    id: `/ids/${askedId}`,
    runs: "/runs",
    events: "/events",
    pools: "/pools",
    settings: "/settings",
    keys: "/keys",
    find: "/find?q=stead",
    backfills: "/backfills",
    backfill: "/backfills/1",
    "backfill-new": "/backfills/new?dag=steady&from=2026-11-09&to=2026-11-12",
    nothing: "/there/is/nothing",
  };
}

/** A scheduler that has no Dags and has run nothing. */
export async function openEmptySite(): Promise<Pick<Site, "url" | "close">> {
  const world = openOwnServiceWorld();
  const scheduler = await world.startScheduler();
  await untilReady(scheduler);
  return {
    url: scheduler.url,
    async close() {
      await scheduler.stop();
      world.remove();
    },
  };
}
