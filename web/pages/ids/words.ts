/** The texts of the pages of ids. */
import type { IdEntry } from "../../../state/pages/id-page.ts";
import type { Words } from "../frame/language.ts";

interface IdWords {
  readonly title: string;
  readonly text: string;
  readonly one: string;
  readonly show: string;
  readonly missing: string;
  readonly missingLabel: string;
  readonly listLabel: string;
  readonly none: string;
  readonly noneText: string;
  readonly dataset: string;
  readonly outcome: string;
  readonly reason: string;
  readonly ids: string;
  readonly which: string;
  readonly reset: string;
  readonly story: string;
  readonly storyTitle: string;
  readonly in: string;
  readonly generation: (name: string) => string;
  readonly notCommitted: string;
  readonly again: Readonly<Record<IdEntry["outcome"] | "removed", string>>;
}

export const ID_WORDS: Words<IdWords> = {
  en: {
    title: "Ids",
    text: "Every id that was asked for is in one place: stored, not found, failed, or still to come.",
    one: "The story of one id",
    show: "Show",
    missing: "Not stored",
    missingLabel: "Ids that are not stored, by reason; can be scrolled",
    listLabel: "Ids; can be scrolled",
    none: "No id is missing",
    noneText: "Everything that was asked for is stored, or nothing was asked for yet.",
    dataset: "Dataset",
    outcome: "Outcome",
    reason: "Reason",
    ids: "Ids",
    which: "Which ids",
    reset: "Hide the list",
    story: "What was decided about it, newest first, and where its answer lies.",
    storyTitle: "Story",
    in: "in",
    generation: (name) => `asked again (${name})`,
    notCommitted: "this object is not in the lake",
    again: {
      stored: "It is stored, so it is not asked for again.",
      not_found: "It is asked for again after the time that the task sets.",
      failed: "The next run asks for it again.",
      spooled: "Its answer is kept in the database and waits for its object.",
      not_asked: "It has not been asked for yet.",
      removed: "A user removed its object: only `--refetch` asks for it again.",
    },
  },
  pt: {
    title: "Ids",
    text: "Cada id pedido está em um só lugar: armazenado, não encontrado, com falha ou por vir.",
    one: "A história de um id",
    show: "Mostrar",
    missing: "Não armazenados",
    missingLabel: "Ids não armazenados, por motivo, área rolável",
    listLabel: "Ids, área rolável",
    none: "Nenhum id falta",
    noneText: "Tudo o que foi pedido está armazenado, ou nada foi pedido ainda.",
    dataset: "Dataset",
    outcome: "Resultado",
    reason: "Motivo",
    ids: "Ids",
    which: "Quais ids",
    reset: "Ocultar a lista",
    story: "O que foi decidido sobre ele, do mais recente ao mais antigo, e onde está a resposta.",
    storyTitle: "História",
    in: "em",
    generation: (name) => `pedido de novo (${name})`,
    notCommitted: "este objeto não está no lake",
    again: {
      stored: "Está armazenado; por isso não é pedido de novo.",
      not_found: "É pedido de novo após o prazo que a tarefa define.",
      failed: "A próxima execução o pede de novo.",
      spooled: "A resposta está guardada no banco de dados e espera seu objeto.",
      not_asked: "Ainda não foi pedido.",
      removed: "Um usuário removeu o objeto: só `--refetch` o pede de novo.",
    },
  },
};
