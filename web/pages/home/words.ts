/** The first page's texts. */
import { showCount } from "../parts/figures.ts";
import type { Language, Words } from "../frame/language.ts";

export interface HomeWords {
  readonly title: string;
  readonly health: string;
  /** The verdict, from the number of things that need a person. */
  readonly verdict: (count: number) => string;
  readonly empty: string;
  readonly summary: (facts: {
    readonly dags: number;
    readonly failed: number;
    readonly late: number;
    readonly broken: number;
  }) => string;
  readonly failed: string;
  readonly late: string;
  readonly running: string;
  readonly nextDue: string;
  readonly idsAccounted: string;
  readonly storedToday: string;
  readonly none: string;
  readonly since: string;
  readonly alsoQueued: (count: number) => string;
  readonly ofIds: (asked: string, remaining: string) => string;
  readonly noIds: string;
  readonly objects: (objects: number, records: number) => string;
  readonly needsYou: string;
  readonly needsAside: string;
  readonly nothingNeeds: string;
  readonly failedAt: string;
  readonly queuedFor: (length: string) => string;
  readonly runsFor: (length: string, usual: string) => string;
  readonly othersLate: (count: number) => string;
  readonly logOf: (task: string) => string;
  readonly theRun: string;
  readonly theFile: string;
  readonly moreFaults: (count: number) => string;
  readonly day: string;
  readonly dayLabel: string;
  readonly due: string;
  readonly now: string;
  readonly underWay: string;
  readonly nothingRuns: string;
  readonly tasksDone: (ended: number, tasks: number) => string;
  readonly usually: (length: string) => string;
  readonly nothingDue: string;
  readonly paused: string;
  readonly everyId: string;
  readonly addsUp: string;
  readonly doesNotAddUp: string;
  readonly askedLine: (asked: string, failed: string, notFound: string) => string;
  readonly stillAsking: string;
  readonly missing: string;
  readonly events: string;
  readonly all: string;
  readonly noEvents: string;
  readonly parts: SumWords;
}

export interface SumWords {
  readonly asked: string;
  readonly stored: string;
  readonly alreadyStored: string;
  readonly notFound: string;
  readonly failed: string;
  readonly remaining: string;
}

const NUMBERS: Readonly<Record<Language, readonly string[]>> = {
  en: ["Nothing", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"],
  pt: ["Nada", "Uma", "Duas", "Três", "Quatro", "Cinco", "Seis", "Sete", "Oito", "Nove"],
};

export const SUM_WORDS: Words<SumWords> = {
  en: {
    asked: "asked",
    stored: "stored",
    alreadyStored: "already stored",
    notFound: "not found",
    failed: "failed",
    remaining: "remaining",
  },
  pt: {
    asked: "pedidos",
    stored: "armazenados",
    alreadyStored: "já armazenados",
    notFound: "não encontrados",
    failed: "com falha",
    remaining: "restantes",
  },
};

export const HOME_WORDS: Words<HomeWords> = {
  en: {
    title: "Home",
    health: "Health",
    verdict: (number) =>
      number === 0
        ? "All is well"
        : `${NUMBERS.en[number] ?? showCount(number)} ${number === 1 ? "thing needs" : "things need"} you`,
    empty: "Nothing has run yet",
    summary: ({ dags, failed, late, broken }) =>
      `Of ${count(dags, "Dag", "Dags")}: ${failed} failed, ${late} late, ${broken} with a broken file.`,
    failed: "Failed",
    late: "Late",
    running: "Running",
    nextDue: "Next due",
    idsAccounted: "Ids accounted for",
    storedToday: "Stored today",
    none: "none",
    since: "since",
    alsoQueued: (queued) => (queued === 0 ? "none is queued" : `and ${showCount(queued)} queued`),
    ofIds: (asked, remaining) => `of ${asked}; ${remaining} remain`,
    noIds: "no ids were asked for",
    objects: (objects, records) =>
      `${count(objects, "object", "objects")}, ${count(records, "record", "records")}`,
    needsYou: "Needs you",
    needsAside: "What is mended leaves the list by itself",
    nothingNeeds: "Nothing failed, nothing is late, and every Dag file is valid.",
    failedAt: "failed",
    queuedFor: (length) => `queued for ${length}`,
    runsFor: (length, usual) => `has been running for ${length}, usually ${usual}`,
    othersLate: (others) => `and ${count(others, "other run", "other runs")} behind it`,
    logOf: (task) => `Log of ${task}`,
    theRun: "The run",
    theFile: "The file",
    moreFaults: (more) => `And ${count(more, "more fault", "more faults")}.`,
    day: "The day",
    dayLabel: "Runs of each Dag around now; can be scrolled",
    due: "due",
    now: "now",
    underWay: "Under way",
    nothingRuns: "No run is open.",
    tasksDone: (ended, tasks) => `${ended} of ${count(tasks, "task", "tasks")} ended`,
    usually: (length) => `usually ${length}`,
    nothingDue: "No Dag has a slot ahead.",
    paused: "paused",
    everyId: "Every id",
    addsUp: "adds up",
    doesNotAddUp: "does not add up",
    askedLine: (asked, failed, notFound) => `${asked} asked, ${failed} failed, ${notFound} not found`,
    stillAsking: "its task is running",
    missing: "Which ids are missing, and why",
    events: "Recent events",
    all: "All",
    noEvents: "Nothing happened yet.",
    parts: SUM_WORDS.en,
  },
  pt: {
    title: "Início",
    health: "Situação",
    verdict: (number) =>
      number === 0
        ? "Tudo em ordem"
        : `${NUMBERS.pt[number] ?? showCount(number)} ${number === 1 ? "coisa precisa" : "coisas precisam"} de você`,
    empty: "Nada foi executado ainda",
    summary: ({ dags, failed, late, broken }) =>
      `De ${count(dags, "Dag", "Dags")}: ${failed} com falha, ${late} com atraso, ${broken} com arquivo inválido.`,
    failed: "Com falha",
    late: "Com atraso",
    running: "Em execução",
    nextDue: "Próximo horário",
    idsAccounted: "Ids contabilizados",
    storedToday: "Armazenado hoje",
    none: "nenhum",
    since: "desde",
    alsoQueued: (queued) => (queued === 0 ? "nenhuma na fila" : `e ${showCount(queued)} na fila`),
    ofIds: (asked, remaining) => `de ${asked}; restam ${remaining}`,
    noIds: "nenhum id foi pedido",
    objects: (objects, records) =>
      `${count(objects, "objeto", "objetos")}, ${count(records, "registro", "registros")}`,
    needsYou: "Precisa de você",
    needsAside: "O que for resolvido sai da lista sozinho",
    nothingNeeds: "Nada falhou, nada está atrasado e todos os arquivos de Dags são válidos.",
    failedAt: "falhou",
    queuedFor: (length) => `na fila há ${length}`,
    runsFor: (length, usual) => `em execução há ${length}; costuma levar ${usual}`,
    othersLate: (others) => `e ${count(others, "outra execução", "outras execuções")} depois dela`,
    logOf: (task) => `Log de ${task}`,
    theRun: "A execução",
    theFile: "O arquivo",
    moreFaults: (more) => `E ${count(more, "outro erro", "outros erros")}.`,
    day: "O dia",
    dayLabel: "Execuções de cada Dag em torno de agora; pode ser rolado",
    due: "previsto",
    now: "agora",
    underWay: "Em andamento",
    nothingRuns: "Nenhuma execução aberta.",
    tasksDone: (ended, tasks) => `${ended} de ${count(tasks, "tarefa encerrada", "tarefas encerradas")}`,
    usually: (length) => `costuma levar ${length}`,
    nothingDue: "Nenhum Dag tem horário previsto.",
    paused: "pausado",
    everyId: "Todos os ids",
    addsUp: "a soma fecha",
    doesNotAddUp: "a soma não fecha",
    askedLine: (asked, failed, notFound) =>
      `${asked} pedidos, ${failed} com falha, ${notFound} não encontrados`,
    stillAsking: "a tarefa está em execução",
    missing: "Quais ids faltam, e por quê",
    events: "Eventos recentes",
    all: "Todos",
    noEvents: "Nada aconteceu ainda.",
    parts: SUM_WORDS.pt,
  },
};

function count(number: number, one: string, many: string): string {
  return `${showCount(number)} ${number === 1 ? one : many}`;
}
