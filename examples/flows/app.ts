/** The App of all flows here; the modules beside it add its tasks. */
import { App } from "umbel";

export const app = new App("flows");
