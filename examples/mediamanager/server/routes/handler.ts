import type { NextFunction, Request, RequestHandler, Response } from "express";
import { z } from "zod";

/** Hands what an asynchronous route throws to Express, which does not wait for it in version 4. */
export function handler(route: (req: Request, res: Response) => Promise<unknown>): RequestHandler {
  return (req: Request, res: Response, next: NextFunction) => {
    route(req, res).catch(next);
  };
}

/** The period that a request asks for: `?from=2026-01-01&to=2026-02-01`. */
export const periodSchema = z
  .object({ from: z.coerce.date(), to: z.coerce.date() })
  .refine(({ from, to }) => from < to, "The period ends before it begins");
