/** The languages of a report's pages. */

/** In this order: the first one is the dataset's object for other tasks. */
export const LANGUAGES = ["pt", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
