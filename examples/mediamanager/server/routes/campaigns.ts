import { Router } from "express";
import { insertCampaignSchema } from "@shared/schema";
import { isAuthenticated } from "../auth";
import { RequestError } from "../errors";
import { suggestPosts } from "../services/generator";
import { storage } from "../storage";
import { handler, periodSchema } from "./handler";

const SUGGESTION_COST = 5;

export const campaignRoutes = Router();

campaignRoutes.get(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.listCampaigns(req.session.userId!));
  }),
);

campaignRoutes.post(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    const campaign = insertCampaignSchema.parse(req.body);
    res.status(201).json(await storage.createCampaign(req.session.userId!, campaign));
  }),
);

campaignRoutes.get(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const campaign = await storage.getCampaign(req.session.userId!, req.params.id);
    if (!campaign) {
      throw new RequestError(404, "There is no such campaign");
    }
    res.json(campaign);
  }),
);

campaignRoutes.patch(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const changes = insertCampaignSchema.partial().parse(req.body);
    const campaign = await storage.updateCampaign(req.session.userId!, req.params.id, changes);
    if (!campaign) {
      throw new RequestError(404, "There is no such campaign");
    }
    res.json(campaign);
  }),
);

campaignRoutes.delete(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const deleted = await storage.deleteCampaign(req.session.userId!, req.params.id);
    res.sendStatus(deleted ? 204 : 404);
  }),
);

campaignRoutes.get(
  "/:id/timeline",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.getTimeline(req.params.id, periodSchema.parse(req.query)));
  }),
);

campaignRoutes.get(
  "/:id/media",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.postsWithMedia(req.params.id));
  }),
);

campaignRoutes.post(
  "/:id/suggestions",
  isAuthenticated,
  handler(async (req, res) => {
    const userId = req.session.userId!;
    const campaign = await storage.getCampaign(userId, req.params.id);
    if (!campaign) {
      throw new RequestError(404, "There is no such campaign");
    }
    await storage.spendCredits(userId, SUGGESTION_COST, `Suggestions for ${campaign.name}`);
    const { model, drafts } = await suggestPosts(campaign.name, campaign.goal, campaign.brandProfile);
    const rows = drafts.map((draft) => ({ userId, campaignId: campaign.id, model, ...draft }));
    res.status(201).json(await storage.saveSuggestions(rows));
  }),
);
