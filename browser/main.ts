/** What pages do in a browser beyond showing themselves. Each page is complete without it, except for staying current. */
import { enableCopying } from "./copy.ts";
import { enableFilters } from "./filters.ts";
import { enableFollowing } from "./follow.ts";
import { enableGrid } from "./grid.ts";
import { enableKeys } from "./keys.ts";
import { enableGoingBack } from "./read-page.ts";
import { stayCurrent } from "./stay-current.ts";
import { enableOnce } from "./once.ts";
import { keepCounting } from "./keep-counting.ts";

enableCopying();
enableFilters();
enableKeys();
enableOnce();
enableGrid();
keepCounting();
enableFollowing();
enableGoingBack();
stayCurrent();
