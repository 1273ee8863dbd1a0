/** proj/celery.py: the App of a project, whose tasks lie in a module of their own. */
import { App } from "umbel";

export const app = new App("proj", { broker: "memory:", include: ["./tasks.ts"] });

// Optional configuration, see the application user guide.
app.conf.update({ resultExpires: 3600 });
