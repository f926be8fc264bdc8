/** Pools: how many slots each has, which tasks hold them, and which wait. */
import { listPoolEntries, listPoolTasks, type PoolTask } from "../../../state/pages/pool-page.ts";
import { html, type Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { showState } from "../parts/state.ts";
import { showElapsed, showTime } from "../parts/time.ts";
import { countRead, showTotal } from "../parts/total.ts";
import { COMMON_WORDS } from "../parts/words.ts";

const MOST_TASKS = 200;
const WIDTH = 200;

export const poolsPage: Page = {
  method: "GET",
  path: "/pools",
  render(tools) {
    const { query, language } = tools;
    const words = WORDS[language];
    const pools = listPoolEntries(query);
    const tasks = listPoolTasks(query, MOST_TASKS + 1);
    return {
      title: "Pools",
      area: null,
      main: html`${showHead(tools, { title: "Pools", text: words.text })}
${panel({
  id: "pools",
  title: "Pools",
  count: pools.length,
  body: scrollTable(
    words.label,
    html`<table class="table"><thead><tr><th scope="col">Pool</th><th scope="col">${words.taken}</th><th scope="col" class="number">${words.running}</th><th scope="col" class="number">${words.waiting}</th></tr></thead><tbody>${pools.map(
      ({ pool, slots, running, queued, scheduled }) =>
        html`<tr><th scope="row">${pool}</th><td>${drawSlots(slots, running + queued)}</td><td class="number">${running + queued} / ${slots}</td><td class="number">${scheduled}</td></tr>`,
    )}</tbody></table>`,
  ),
})}
${panel({
  id: "holders",
  title: words.tasks,
  count: showTotal(language, countRead(tasks.length, MOST_TASKS)),
  body:
    tasks.length === 0 ? showEmpty(words.idle, words.idleText) : showTasks(tools, tasks.slice(0, MOST_TASKS)),
})}`,
    };
  },
};

function drawSlots(slots: number, taken: number): Html {
  const share = slots === 0 ? 0 : Math.min(1, taken / slots);
  return html`<svg class="bar" viewBox="0 0 ${WIDTH} 8" preserveAspectRatio="none" aria-hidden="true"><rect class="part-remaining" width="${Math.round(share * WIDTH)}" height="8"/></svg>`;
}

function showTasks(tools: PageTools, tasks: readonly PoolTask[]): Html {
  const { href, language } = tools;
  const common = COMMON_WORDS[language];
  return scrollTable(
    WORDS[language].tasks,
    html`<table class="table"><thead><tr><th scope="col">${common.task}</th><th scope="col">${common.state}</th><th scope="col">Pool</th><th scope="col" class="wide-only">${common.run}</th><th scope="col" class="number">${common.took}</th></tr></thead><tbody>${tasks.map(
      (task) =>
        html`<tr><th scope="row"><a href="${href(pathOfDag(task.dagId))}">${task.dagId}</a> ${task.taskId}</th><td>${showState(task.state)}</td><td>${task.pool}</td><td class="wide-only"><a href="${href(pathOfRun(task.dagId, task.runId))}">${showTime(tools, task.logicalDate, task.timezone)}</a></td><td class="number">${showElapsed(tools, task.startedAt, null)}</td></tr>`,
    )}</tbody></table>`,
  );
}

interface PoolWords {
  readonly text: string;
  readonly label: string;
  readonly taken: string;
  readonly running: string;
  readonly waiting: string;
  readonly tasks: string;
  readonly idle: string;
  readonly idleText: string;
}

const WORDS: Words<PoolWords> = {
  en: {
    text: "A task holds one slot of its pool while it runs. DAGMAR_POOLS sets how many there are.",
    label: "Pools; can be scrolled",
    taken: "Taken",
    running: "Slots held",
    waiting: "Tasks waiting",
    tasks: "Tasks that hold a slot or wait for one",
    idle: "No task holds a slot",
    idleText: "All slots are free.",
  },
  pt: {
    text: "Uma tarefa ocupa uma vaga do seu pool enquanto é executada. DAGMAR_POOLS define quantas vagas há.",
    label: "Pools, área rolável",
    taken: "Ocupação",
    running: "Vagas ocupadas",
    waiting: "Tarefas em espera",
    tasks: "Tarefas que ocupam ou esperam uma vaga",
    idle: "Nenhuma tarefa ocupa uma vaga",
    idleText: "Todas as vagas estão livres.",
  },
};
