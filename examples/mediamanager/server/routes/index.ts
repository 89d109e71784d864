import type { Express } from "express";
import { account } from "./account";
import { admin } from "./admin";
import { analyticsRoutes } from "./analytics";
import { auth } from "./auth";
import { billing } from "./billing";
import { campaignRoutes } from "./campaigns";
import { library } from "./library";
import { postRoutes } from "./posts";

export function registerRoutes(app: Express): void {
  app.use("/api/auth", auth);
  app.use("/api/account", account);
  app.use("/api/campaigns", campaignRoutes);
  app.use("/api/posts", postRoutes);
  app.use("/api/library", library);
  app.use("/api/analytics", analyticsRoutes);
  app.use("/api/billing", billing);
  app.use("/api/admin", admin);
}
