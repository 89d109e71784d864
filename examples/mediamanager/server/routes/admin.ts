import { Router } from "express";
import { z } from "zod";
import { ACCOUNT_STATUSES, campaigns, creditTransactions, insertPlanSchema, posts, TIERS } from "@shared/schema";
import { isAdmin, publicUser } from "../auth";
import { RequestError } from "../errors";
import { storage } from "../storage";
import { handler, periodSchema } from "./handler";

const MONTH = 30 * 24 * 60 * 60 * 1000;

const accountsSchema = z.object({ status: z.enum(ACCOUNT_STATUSES), tier: z.enum(TIERS) });
const reason = z.string().trim().min(1).max(500);
const statusSchema = z.object({ status: z.enum(ACCOUNT_STATUSES), reason });
const creditsSchema = z.object({ amount: z.number().int().min(1).max(10_000), reason });
const priceSchema = z.object({ stripeProductId: z.string().max(255), stripePriceId: z.string().max(255) });

export const admin = Router();

admin.get(
  "/accounts",
  isAdmin,
  handler(async (req, res) => {
    const accounts = await storage.listAccounts(accountsSchema.parse(req.query));
    res.json(accounts.map(publicUser));
  }),
);

admin.get(
  "/figures",
  isAdmin,
  handler(async (_req, res) => {
    const statuses = await Promise.all(ACCOUNT_STATUSES.map((status) => storage.countAccounts(status)));
    const tiers = await Promise.all(TIERS.map((tier) => storage.countTier(tier)));
    res.json({
      accounts: Object.fromEntries(ACCOUNT_STATUSES.map((status, at) => [status, statuses[at]])),
      tiers: Object.fromEntries(TIERS.map((tier, at) => [tier, tiers[at]])),
      activeCampaigns: await storage.countCampaigns("active"),
      waitingPosts: await storage.countPosts("pending_approval"),
      lastMonth: await storage.totalsSince(new Date(Date.now() - MONTH)),
    });
  }),
);

admin.put(
  "/accounts/:id/status",
  isAdmin,
  handler(async (req, res) => {
    const { status, reason } = statusSchema.parse(req.body);
    const user = await storage.setAccountStatus(req.params.id, status);
    if (!user) {
      throw new RequestError(404, "There is no such account");
    }
    await storage.recordAdminAction(req.session.userId!, `account.${status}`, "user", user.id, { reason });
    res.json(publicUser(user));
  }),
);

admin.post(
  "/accounts/:id/credits",
  isAdmin,
  handler(async (req, res) => {
    const { amount, reason } = creditsSchema.parse(req.body);
    await storage.addCredits(req.params.id, amount, "adjustment", reason);
    await storage.recordAdminAction(req.session.userId!, "account.credits", "user", req.params.id, { amount, reason });
    res.sendStatus(204);
  }),
);

admin.get(
  "/campaigns/:status",
  isAdmin,
  handler(async (req, res) => {
    const status = z.enum(campaigns.status.enumValues).parse(req.params.status);
    res.json(await storage.listCampaignsByStatus(status));
  }),
);

admin.get(
  "/workflow/:status",
  isAdmin,
  handler(async (req, res) => {
    const status = z.enum(posts.status.enumValues).parse(req.params.status);
    res.json(await storage.workflow(status));
  }),
);

admin.get(
  "/performance",
  isAdmin,
  handler(async (_req, res) => {
    res.json(await storage.campaignPerformance());
  }),
);

admin.get(
  "/credits",
  isAdmin,
  handler(async (req, res) => {
    res.json(await storage.transactionsBetween(periodSchema.parse(req.query)));
  }),
);

admin.get(
  "/credits/months",
  isAdmin,
  handler(async (_req, res) => {
    res.json(await storage.creditsByMonth());
  }),
);

admin.get(
  "/credits/:type",
  isAdmin,
  handler(async (req, res) => {
    const type = z.enum(creditTransactions.type.enumValues).parse(req.params.type);
    const [total, latest] = await Promise.all([storage.totalOfType(type), storage.transactionsOfType(type)]);
    res.json({ total, latest });
  }),
);

admin.post(
  "/plans",
  isAdmin,
  handler(async (req, res) => {
    const plan = await storage.createPlan(insertPlanSchema.parse(req.body));
    await storage.recordAdminAction(req.session.userId!, "plan.create", "plan", plan.id, { code: plan.code });
    res.status(201).json(plan);
  }),
);

admin.patch(
  "/plans/:id",
  isAdmin,
  handler(async (req, res) => {
    const changes = insertPlanSchema.partial().parse(req.body);
    const plan = await storage.updatePlan(req.params.id, changes);
    if (!plan) {
      throw new RequestError(404, "There is no such plan");
    }
    await storage.recordAdminAction(req.session.userId!, "plan.change", "plan", plan.id, changes);
    res.json(plan);
  }),
);

admin.post(
  "/plans/:id/archive",
  isAdmin,
  handler(async (req, res) => {
    const plan = await storage.archivePlan(req.params.id);
    if (!plan) {
      throw new RequestError(404, "There is no such plan");
    }
    await storage.recordAdminAction(req.session.userId!, "plan.archive", "plan", plan.id);
    res.json(plan);
  }),
);

admin.put(
  "/plans/:id/price",
  isAdmin,
  handler(async (req, res) => {
    const { stripeProductId, stripePriceId } = priceSchema.parse(req.body);
    await storage.setPlanPrice(req.params.id, stripeProductId, stripePriceId);
    res.sendStatus(204);
  }),
);

admin.get(
  "/actions",
  isAdmin,
  handler(async (_req, res) => {
    res.json(await storage.listAdminActions());
  }),
);
