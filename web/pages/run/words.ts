/** The texts of a run's page. */
import type { StopReason } from "../../../model/run/dag-run.ts";
import type { Words } from "../frame/language.ts";
import { countNoun } from "../parts/figures.ts";

interface RunWords {
  readonly type: string;
  readonly backfill: (id: number) => string;
  readonly partition: string;
  readonly started: string;
  readonly ended: string;
  readonly params: string;
  readonly definition: string;
  readonly requestedBy: string;
  readonly otherLake: string;
  readonly name: string;
  readonly for: string;
  readonly after: string;
  readonly stopped: (reason: string) => string;
  readonly thisPage: string;
  readonly cancel: string;
  readonly clear: string;
  readonly why: string;
  readonly theRun: string;
  readonly stuck: string;
  readonly everyId: string;
  readonly addsUp: (asked: string) => string;
  readonly sumsByTask: string;
  readonly sum: string;
  readonly kept: (count: number) => string;
  readonly tasks: string;
  readonly tasksLabel: string;
  readonly attempts: string;
  readonly waiting: string;
  readonly tries: (count: number, lost: number) => string;
  readonly objects: string;
  readonly noObjects: string;
  readonly records: (count: number) => string;
  readonly inLake: string;
  readonly inputs: string;
  /** By the source in `v_inputs`. */
  readonly sources: Readonly<Record<string, string>>;
  readonly events: string;
}

const STOPPED: Words<Readonly<Record<StopReason, string>>> = {
  en: { cancelled: "It was cancelled.", timed_out: "It was stopped: it ran longer than the Dag’s timeout." },
  pt: { cancelled: "Foi cancelada.", timed_out: "Foi interrompida: passou do tempo limite do Dag." },
};

export const RUN_WORDS: Words<RunWords> = {
  en: {
    type: "Type",
    backfill: (id) => `backfill #${id}`,
    partition: "Partition",
    started: "Started",
    ended: "Ended",
    params: "Params",
    definition: "Definition",
    requestedBy: "Asked for by",
    otherLake: "Lake",
    name: "Run",
    for: "for",
    after: "after",
    stopped: (reason) => STOPPED.en[reason as StopReason] ?? reason,
    thisPage: "This page",
    cancel: "Cancel",
    clear: "Clear and run again",
    why: "Why it waits",
    theRun: "The run",
    stuck: "It is stuck: no task is running, and none will become due. It is held by",
    everyId: "Every id of this run",
    addsUp: (asked) => `adds up: each of ${asked} is in one place`,
    sumsByTask: "Sums by task; can be scrolled",
    sum: "sum",
    kept: (count) => `${countNoun(count, "answer", "answers")} kept, not yet in an object`,
    tasks: "Tasks",
    tasksLabel: "Tasks; can be scrolled",
    attempts: "Attempts",
    waiting: "waiting",
    tries: (count, lost) => `${countNoun(count, "attempt", "attempts")}${lost > 0 ? `, ${lost} lost` : ""}`,
    objects: "Objects",
    noObjects: "This run wrote no object.",
    records: (count) => countNoun(count, "record", "records"),
    inLake: "All in the lake",
    inputs: "What it read",
    sources: {
      same_run: "written by this run",
      followed_run: "of the run that it follows",
      same_day: "of the same day",
      newest: "the newest",
    },
    events: "Events",
  },
  pt: {
    type: "Tipo",
    backfill: (id) => `backfill nº ${id}`,
    partition: "Partição",
    started: "Início",
    ended: "Fim",
    params: "Parâmetros",
    definition: "Definição",
    requestedBy: "Pedida por",
    otherLake: "Lake",
    name: "Execução",
    for: "há",
    after: "após",
    stopped: (reason) => STOPPED.pt[reason as StopReason] ?? reason,
    thisPage: "Esta página",
    cancel: "Cancelar",
    clear: "Limpar e executar de novo",
    why: "Por que espera",
    theRun: "A execução",
    stuck:
      "Está parada: nenhuma tarefa está em execução e nenhuma vai começar sozinha. O que a impede de continuar:",
    everyId: "Todos os ids desta execução",
    addsUp: (asked) => `a soma fecha: cada um dos ${asked} está em um só lugar`,
    sumsByTask: "Somas por tarefa, área rolável",
    sum: "soma",
    kept: (count) => `${countNoun(count, "resposta guardada", "respostas guardadas")}, ainda sem objeto`,
    tasks: "Tarefas",
    tasksLabel: "Tarefas, área rolável",
    attempts: "Tentativas",
    waiting: "em espera",
    tries: (count, lost) =>
      `${countNoun(count, "tentativa", "tentativas")}${lost > 0 ? `, ${countNoun(lost, "perdida", "perdidas")}` : ""}`,
    objects: "Objetos",
    noObjects: "Esta execução não gravou nenhum objeto.",
    records: (count) => countNoun(count, "registro", "registros"),
    inLake: "Todos no lake",
    inputs: "O que ela leu",
    sources: {
      same_run: "gravado por esta execução",
      followed_run: "da execução que ela segue",
      same_day: "do mesmo dia",
      newest: "o mais recente",
    },
    events: "Eventos",
  },
};
