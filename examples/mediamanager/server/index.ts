import connectPgSimple from "connect-pg-simple";
import express, { type NextFunction, type Request, type Response } from "express";
import session from "express-session";
import { ZodError } from "zod";
import { pool } from "./db";
import { isUniqueViolation, RequestError } from "./errors";
import { startJobs } from "./jobs/scheduler";
import { registerRoutes } from "./routes";
import { webhooks } from "./routes/webhooks";

if (!process.env.SESSION_SECRET) {
  throw new Error("SESSION_SECRET is not set");
}

const MONTH = 30 * 24 * 60 * 60 * 1000;
const PostgresStore = connectPgSimple(session);
const app = express();

app.set("trust proxy", 1);
app.use("/api/webhooks", express.raw({ type: "application/json" }), webhooks);
app.use(express.json({ limit: "1mb" }));
app.use(
  session({
    store: new PostgresStore({ pool, tableName: "sessions", createTableIfMissing: false }),
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure: process.env.NODE_ENV === "production", maxAge: MONTH },
  }),
);

registerRoutes(app);
app.use(express.static("dist/public"));

app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  if (error instanceof ZodError) {
    res.status(400).json({ message: "Please correct what is marked", issues: error.flatten().fieldErrors });
  } else if (error instanceof RequestError) {
    res.status(error.status).json({ message: error.message });
  } else if (isUniqueViolation(error)) {
    res.status(409).json({ message: "That exists already" });
  } else {
    console.error(error);
    res.status(500).json({ message: "Something went wrong" });
  }
});

app.listen(Number(process.env.PORT ?? 5000), () => startJobs());
