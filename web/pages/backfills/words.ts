/** The texts of the pages of backfills. */
import { countNoun, showCount } from "../parts/figures.ts";
import type { Words } from "../frame/language.ts";

interface BackfillWords {
  readonly title: string;
  readonly text: string;
  readonly make: string;
  readonly none: string;
  readonly how: string;
  readonly label: string;
  readonly range: string;
  readonly progress: string;
  readonly runs: string;
  readonly reprocess: string;
  readonly made: string;
  readonly counts: (ended: number, all: number, failed: number) => string;
  readonly cancel: (open: number) => string;
  readonly newTitle: string;
  readonly from: string;
  readonly to: string;
  readonly rangeHint: string;
  readonly reprocessNames: Readonly<Record<"none" | "failed" | "completed", string>>;
  readonly maxActive: string;
  readonly preview: string;
  readonly start: (count: number) => string;
  readonly nothing: string;
  readonly leave: string;
  readonly changed: string;
  readonly slot: string;
  readonly what: string;
  readonly why: string;
  readonly verdicts: Readonly<Record<"new" | "again" | "open" | "skip", string>>;
  readonly slots: string;
  readonly more: (count: string) => string;
  readonly fillIn: string;
}

export const BACKFILL_WORDS: Words<BackfillWords> = {
  en: {
    title: "Backfills",
    text: "A backfill creates the runs of past dates, oldest first.",
    make: "Backfill…",
    none: "No backfills",
    how: "They appear here once one was started.",
    label: "Backfills; can be scrolled",
    range: "Range",
    progress: "Progress",
    runs: "Runs",
    reprocess: "Existing runs",
    made: "Started",
    counts: (ended, all, failed) =>
      `${showCount(ended)} of ${showCount(all)} ended${failed > 0 ? `, ${showCount(failed)} failed` : ""}`,
    cancel: (open) => `Cancel ${countNoun(open, "open run", "open runs")}`,
    newTitle: "Backfill",
    from: "From",
    to: "To",
    rangeHint: "Days or instants in the Dag’s zone; both are included.",
    reprocessNames: {
      none: "leave them as they are",
      failed: "run failed ones again",
      completed: "run all again",
    },
    maxActive: "Runs at the same time",
    preview: "Show every slot",
    start: (count) => `Start ${countNoun(count, "run", "runs")}`,
    nothing: "Nothing to do: every slot is skipped.",
    leave: "Leave it",
    changed: "Something changed since you looked. This is what would happen now.",
    slot: "Slot",
    what: "What happens",
    why: "Why",
    verdicts: { new: "new run", again: "again", open: "resumed", skip: "skipped" },
    slots: "Slots",
    more: (count) => `and ${count} more`,
    fillIn: "Choose a Dag and a range to see what would happen.",
  },
  pt: {
    title: "Backfills",
    text: "Um backfill cria as execuções de datas passadas, da mais antiga à mais recente.",
    make: "Backfill…",
    none: "Nenhum backfill",
    how: "Os backfills aparecem aqui depois de iniciados.",
    label: "Backfills, área rolável",
    range: "Intervalo",
    progress: "Andamento",
    runs: "Execuções",
    reprocess: "Execuções existentes",
    made: "Início",
    counts: (ended, all, failed) =>
      `${showCount(ended)} de ${countNoun(all, "encerrada", "encerradas")}${failed > 0 ? `, ${showCount(failed)} com falha` : ""}`,
    cancel: (open) => `Cancelar ${countNoun(open, "execução aberta", "execuções abertas")}`,
    newTitle: "Backfill",
    from: "De",
    to: "Até",
    rangeHint: "Dias ou instantes no fuso do Dag; ambos incluídos.",
    reprocessNames: {
      none: "manter como estão",
      failed: "executar de novo as que falharam",
      completed: "executar todas de novo",
    },
    maxActive: "Execuções ao mesmo tempo",
    preview: "Mostrar cada horário",
    start: (count) => `Iniciar ${countNoun(count, "execução", "execuções")}`,
    nothing: "Nada a fazer: todos os horários são pulados.",
    leave: "Deixar como está",
    changed: "Algo mudou desde que você olhou. Isto é o que aconteceria agora.",
    slot: "Horário",
    what: "O que acontece",
    why: "Por quê",
    verdicts: { new: "nova execução", again: "de novo", open: "retomada", skip: "pulado" },
    slots: "Horários",
    more: (count) => `e mais ${count}`,
    fillIn: "Escolha um Dag e um intervalo para ver o que aconteceria.",
  },
};
