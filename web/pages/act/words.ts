/** The texts of forms that change something. */
import type { Words } from "../frame/language.ts";
import { countNoun } from "../parts/figures.ts";

interface ActWords {
  readonly triggerTitle: (dagId: string) => string;
  readonly triggerButton: string;
  readonly date: string;
  readonly dateHint: (zone: string) => string;
  readonly paramHint: string;
  readonly pausedNote: string;
  readonly leave: string;
  readonly pause: string;
  readonly unpause: string;
  readonly clearTitle: (run: string) => string;
  readonly clearText: string;
  readonly clearButton: (count: number) => string;
  readonly nothingToClear: string;
  readonly whichTasks: string;
  readonly onlyFailed: string;
  readonly downstream: string;
  readonly preview: string;
  readonly cancelTitle: (run: string) => string;
  readonly cancelText: string;
  readonly cancelButton: string;
  readonly ended: string;
  readonly markTitle: (task: string, state: string) => string;
  readonly markText: string;
  readonly markButton: (state: string) => string;
  readonly changed: string;
  readonly taskId: string;
  readonly present: string;
}

export const ACT_WORDS: Words<ActWords> = {
  en: {
    triggerTitle: (dagId) => `Trigger ${dagId}`,
    triggerButton: "Trigger 1 run",
    date: "Logical date",
    dateHint: (zone) => `In ${zone}; empty for now. It decides the partition and every key.`,
    paramHint: "JSON, or text without quotes",
    pausedNote: "The Dag is paused: this run starts anyway, and the schedule makes no runs.",
    leave: "Leave it",
    pause: "Pause",
    unpause: "Unpause",
    clearTitle: (run) => `Clear tasks of ${run}`,
    clearText: "Cleared tasks run again. Earlier attempts stay, and what is stored is not stored again.",
    clearButton: (count) => `Clear ${countNoun(count, "task", "tasks")}`,
    nothingToClear: "Nothing to clear: no task matches.",
    whichTasks: "Tasks",
    onlyFailed: "Only those that failed",
    downstream: "And what comes after them",
    preview: "Show what changes",
    cancelTitle: (run) => `Cancel ${run}?`,
    cancelText:
      "Its open tasks end as cancelled, at their next safe point. What is stored stays, and the run can be cleared later.",
    cancelButton: "Cancel 1 run",
    ended: "This run has ended: there is nothing to cancel.",
    markTitle: (task, state) => `Mark ${task} as ${state}?`,
    markText: "The task does not run: its state is set by hand, and what waits for it continues.",
    markButton: (state) => `Mark 1 task as ${state}`,
    changed: "Something changed since you looked. This is what would happen now.",
    taskId: "Task",
    present: "State now",
  },
  pt: {
    triggerTitle: (dagId) => `Disparar ${dagId}`,
    triggerButton: "Disparar 1 execução",
    date: "Data lógica",
    dateHint: (zone) => `No fuso ${zone}; vazio significa agora. Dela dependem a partição e todas as chaves.`,
    paramHint: "JSON, ou texto sem aspas",
    pausedNote: "O Dag está pausado: esta execução começa mesmo assim; a agenda não cria execuções.",
    leave: "Deixar como está",
    pause: "Pausar",
    unpause: "Retomar",
    clearTitle: (run) => `Limpar tarefas de ${run}`,
    clearText:
      "As tarefas limpas são executadas de novo. As tentativas anteriores permanecem, e o que já está armazenado não é armazenado outra vez.",
    clearButton: (count) => `Limpar ${countNoun(count, "tarefa", "tarefas")}`,
    nothingToClear: "Nada a limpar: nenhuma tarefa corresponde.",
    whichTasks: "Tarefas",
    onlyFailed: "Só as que falharam",
    downstream: "E as que vêm depois delas",
    preview: "Mostrar o que muda",
    cancelTitle: (run) => `Cancelar ${run}?`,
    cancelText:
      "As tarefas abertas terminam como cancelled, no próximo ponto seguro. O que está armazenado fica, e a execução pode ser limpa depois.",
    cancelButton: "Cancelar 1 execução",
    ended: "Esta execução terminou: não há o que cancelar.",
    markTitle: (task, state) => `Marcar ${task} como ${state}?`,
    markText: "A tarefa não é executada: o estado é definido manualmente, e o que espera por ela continua.",
    markButton: (state) => `Marcar 1 tarefa como ${state}`,
    changed: "Algo mudou desde que você olhou. Isto é o que aconteceria agora.",
    taskId: "Tarefa",
    present: "Estado agora",
  },
};
