/** The texts of the grid and the task next to it. */
import type { Words } from "../frame/language.ts";
import { countNoun } from "../parts/figures.ts";

interface GridWords {
  readonly title: string;
  readonly gridLabel: string;
  readonly tasks: string;
  readonly states: string;
  /** After dates that are listed. */
  readonly others: (count: number) => string;
  readonly moves: string;
  readonly opens: string;
  readonly noRuns: string;
  readonly howRuns: string;
  readonly lastRuns: (count: number) => string;
  readonly runs: string;
  readonly newest: (count: number) => string;
  readonly newestRuns: string;
  readonly allRuns: string;
  readonly newestLabel: string;
  readonly theRun: string;
  readonly everyId: string;
  readonly attempts: string;
  readonly log: string;
  readonly clear: string;
  readonly mark: string;
  readonly type: string;
  readonly needs: string;
  readonly pool: string;
  readonly again: string;
  readonly failures: (attempts: number, failed: number, lost: number) => string;
}

export const GRID_WORDS: Words<GridWords> = {
  en: {
    title: "Runs and tasks",
    gridLabel: "Grid of runs and tasks; can be scrolled",
    tasks: "Task",
    states: "States",
    others: (count) => `and ${countNoun(count, "other", "others")}`,
    moves: "move",
    opens: "opens the run",
    noRuns: "No runs",
    howRuns: "A run appears here when a slot comes due, or when it is triggered.",
    lastRuns: (count) => `Last ${count}`,
    runs: "Runs",
    newest: (count) => `${count} newest`,
    newestRuns: "Newest runs",
    allRuns: "all",
    newestLabel: "Newest runs; can be scrolled",
    theRun: "The run",
    everyId: "Every id of it",
    attempts: "Attempts",
    log: "Log",
    clear: "Clear…",
    mark: "Mark success…",
    type: "Type",
    needs: "Needs",
    pool: "Pool",
    again: "Next attempt",
    failures: (attempts, failed, lost) => `${attempts}; ${failed} failed, ${lost} lost`,
  },
  pt: {
    title: "Execuções e tarefas",
    gridLabel: "Grade de execuções e tarefas, área rolável",
    tasks: "Tarefa",
    states: "Estados",
    others: (count) => `e mais ${count}`,
    moves: "navegam",
    opens: "abre a execução",
    noRuns: "Nenhuma execução",
    howRuns: "Uma execução aparece aqui quando chega um horário da agenda ou quando é disparada.",
    lastRuns: (count) => `Últimas ${count}`,
    runs: "Execuções",
    newest: (count) => `${count} mais recentes`,
    newestRuns: "Execuções mais recentes",
    allRuns: "todas",
    newestLabel: "Execuções mais recentes, área rolável",
    theRun: "A execução",
    everyId: "Todos os ids da tarefa",
    attempts: "Tentativas",
    log: "Log",
    clear: "Limpar…",
    mark: "Marcar sucesso…",
    type: "Tipo",
    needs: "Depende de",
    pool: "Pool",
    again: "Próxima tentativa",
    failures: (attempts, failed, lost) =>
      `${attempts}; ${failed} com falha, ${countNoun(lost, "perdida", "perdidas")}`,
  },
};
