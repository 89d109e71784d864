import { Router } from "express";
import { isAuthenticated } from "../auth";
import { storage } from "../storage";
import { handler, periodSchema } from "./handler";

export const analyticsRoutes = Router();

analyticsRoutes.get(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.analyticsBetween(req.session.userId!, periodSchema.parse(req.query)));
  }),
);

analyticsRoutes.get(
  "/benchmarks",
  isAuthenticated,
  handler(async (_req, res) => {
    res.json(await storage.benchmarks());
  }),
);
