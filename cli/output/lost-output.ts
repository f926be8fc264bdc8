/** This process's own standard output and standard error, as far as they could not be written. */
import { LostOutput } from "../../app/lost-output.ts";

export const lostOutput = new LostOutput();
