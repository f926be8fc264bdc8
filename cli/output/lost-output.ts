/** Failed writes to this process's standard output and standard error. */
import { LostOutput } from "../../app/lost-output.ts";

export const lostOutput = new LostOutput();
