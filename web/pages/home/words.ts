/** The first page's texts. */
import type { RowCount } from "../../../state/pages/page.ts";
import type { Language, Words } from "../frame/language.ts";
import { countNoun, showCount } from "../parts/figures.ts";

export interface HomeWords {
  readonly title: string;
  readonly health: string;
  /** The verdict, from the number of things that need a person. */
  readonly verdict: (count: RowCount) => string;
  readonly summary: (facts: {
    readonly dags: string;
    readonly areSeveral: boolean;
    readonly failed: string;
    readonly late: string;
    readonly broken: string;
  }) => string;
  readonly failed: string;
  readonly late: string;
  readonly running: string;
  readonly nextDue: string;
  readonly idsAccounted: string;
  readonly storedToday: string;
  readonly none: string;
  readonly since: string;
  readonly noneQueued: string;
  readonly alsoQueued: (count: string) => string;
  readonly ofIds: (asked: string, remaining: number) => string;
  readonly noIds: string;
  readonly objects: (objects: number, records: number) => string;
  /** Only the newest objects were added up. */
  readonly partly: (objects: number, records: number) => string;
  readonly needsYou: string;
  readonly needsAside: string;
  readonly nothingNeeds: string;
  readonly moreNeeds: (count: number) => string;
  readonly failedAt: string;
  readonly allFailed: (count: number) => string;
  readonly noRunFor: (length: string) => string;
  readonly queuedFor: (length: string) => string;
  readonly runsFor: (length: string, usual: string) => string;
  readonly othersLate: (count: number) => string;
  readonly logOf: (task: string) => string;
  readonly theRun: string;
  readonly theDag: string;
  readonly theFile: string;
  readonly moreFaults: (count: number) => string;
  readonly day: string;
  readonly dayLabel: string;
  readonly due: string;
  readonly now: string;
  readonly underWay: string;
  readonly openStates: Readonly<Record<"running" | "queued", string>>;
  readonly nothingRuns: string;
  readonly tasksDone: (ended: number, tasks: number) => string;
  readonly usually: (length: string) => string;
  readonly nothingDue: string;
  readonly paused: string;
  readonly events: string;
  readonly all: string;
  readonly noEvents: string;
}

/** From 1 on. */
const NUMBERS: Readonly<Record<Language, readonly string[]>> = {
  en: ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"],
  pt: ["Uma", "Duas", "Três", "Quatro", "Cinco", "Seis", "Sete", "Oito", "Nove"],
};

export const HOME_WORDS: Words<HomeWords> = {
  en: {
    title: "Home",
    health: "Health",
    verdict: ({ total, isCut }) => {
      if (total === 0) return "All is well";
      const number = isCut ? `More than ${showCount(total)}` : (NUMBERS.en[total - 1] ?? showCount(total));
      return `${number} ${total === 1 ? "thing needs" : "things need"} you`;
    },
    summary: ({ dags, areSeveral, failed, late, broken }) =>
      `Of ${dags} ${areSeveral ? "Dags" : "Dag"}: ${failed} failed, ${late} late, ${broken} with a broken file.`,
    failed: "Failed",
    late: "Late",
    running: "Running",
    nextDue: "Next due",
    idsAccounted: "Ids accounted for",
    storedToday: "Stored today",
    none: "none",
    since: "since",
    noneQueued: "none is queued",
    alsoQueued: (queued) => `and ${queued} queued`,
    ofIds: (asked, remaining) => `of ${asked}; ${countNoun(remaining, "remains", "remain")}`,
    noIds: "no ids were asked for",
    objects: (objects, records) =>
      `${countNoun(objects, "object", "objects")}, ${countNoun(records, "record", "records")}`,
    partly: (objects, records) =>
      `or more: ${countNoun(objects, "object", "objects")} and ${countNoun(records, "record", "records")} are added up, there may be others`,
    needsYou: "Needs you",
    needsAside: "What is mended leaves the list by itself",
    nothingNeeds: "Nothing failed, nothing is late, and every Dag file is valid.",
    moreNeeds: (more) => `And ${countNoun(more, "other", "others")}.`,
    failedAt: "failed",
    allFailed: (count) => `${countNoun(count, "failed run", "failed runs")} in a week`,
    noRunFor: (length) => `due for ${length}, and has no run`,
    queuedFor: (length) => `queued for ${length}`,
    runsFor: (length, usual) => `has been running for ${length}, usually ${usual}`,
    othersLate: (others) => `and ${countNoun(others, "other run", "other runs")} behind it`,
    logOf: (task) => `Log of ${task}`,
    theRun: "The run",
    theDag: "The Dag",
    theFile: "The file",
    moreFaults: (more) => `And ${countNoun(more, "more fault", "more faults")}.`,
    day: "The day",
    dayLabel: "Runs of each Dag around now; can be scrolled",
    due: "due",
    now: "now",
    underWay: "Under way",
    openStates: { running: "running", queued: "queued" },
    nothingRuns: "No run is open.",
    tasksDone: (ended, tasks) => `${ended} of ${countNoun(tasks, "task", "tasks")} ended`,
    usually: (length) => `usually ${length}`,
    nothingDue: "No Dag has a slot ahead.",
    paused: "paused",
    events: "Recent events",
    all: "All",
    noEvents: "Nothing happened yet.",
  },
  pt: {
    title: "Início",
    health: "Situação",
    verdict: ({ total, isCut }) => {
      if (total === 0) return "Tudo em ordem";
      const number = isCut ? `Mais de ${showCount(total)}` : (NUMBERS.pt[total - 1] ?? showCount(total));
      return `${number} ${total === 1 ? "coisa precisa" : "coisas precisam"} de você`;
    },
    summary: ({ dags, areSeveral, failed, late, broken }) =>
      `De ${dags} ${areSeveral ? "Dags" : "Dag"}: ${failed} com falha, ${late} com atraso, ${broken} com arquivo inválido.`,
    failed: "Com falha",
    late: "Com atraso",
    running: "Em execução",
    nextDue: "Próximo horário",
    idsAccounted: "Ids contabilizados",
    storedToday: "Armazenado hoje",
    none: "nenhum",
    since: "desde",
    noneQueued: "nenhuma na fila",
    alsoQueued: (queued) => `e ${queued} na fila`,
    ofIds: (asked, remaining) =>
      `de ${asked}; ${remaining === 1 ? "resta" : "restam"} ${showCount(remaining)}`,
    noIds: "nenhum id foi pedido",
    objects: (objects, records) =>
      `${countNoun(objects, "objeto", "objetos")}, ${countNoun(records, "registro", "registros")}`,
    partly: (objects, records) =>
      `ou mais: soma de ${countNoun(objects, "objeto", "objetos")} e ${countNoun(records, "registro", "registros")}; pode haver outros`,
    needsYou: "Precisa de você",
    needsAside: "O que for resolvido sai da lista sozinho",
    nothingNeeds: "Nada falhou, nada está atrasado e todos os arquivos de Dags são válidos.",
    moreNeeds: (more) => `E mais ${showCount(more)}.`,
    failedAt: "falhou",
    allFailed: (count) => `${countNoun(count, "execução com falha", "execuções com falha")} em uma semana`,
    noRunFor: (length) => `previsto há ${length}, e ainda sem execução`,
    queuedFor: (length) => `na fila há ${length}`,
    runsFor: (length, usual) => `em execução há ${length}; costuma levar ${usual}`,
    othersLate: (others) => `e ${countNoun(others, "outra execução", "outras execuções")} depois dela`,
    logOf: (task) => `Log de ${task}`,
    theRun: "A execução",
    theDag: "O Dag",
    theFile: "O arquivo",
    moreFaults: (more) => `E ${countNoun(more, "outro erro", "outros erros")}.`,
    day: "O dia",
    dayLabel: "Execuções de cada Dag em torno de agora, área rolável",
    due: "previsto",
    now: "agora",
    underWay: "Em andamento",
    openStates: { running: "em execução", queued: "na fila" },
    nothingRuns: "Nenhuma execução aberta.",
    tasksDone: (ended, tasks) => `${ended} de ${countNoun(tasks, "tarefa encerrada", "tarefas encerradas")}`,
    usually: (length) => `costuma levar ${length}`,
    nothingDue: "Nenhum Dag tem horário previsto.",
    paused: "pausado",
    events: "Eventos recentes",
    all: "Todos",
    noEvents: "Nada aconteceu ainda.",
  },
};
