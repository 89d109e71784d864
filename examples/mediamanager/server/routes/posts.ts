import { and, eq } from "drizzle-orm";
import { Router } from "express";
import { z } from "zod";
import { insertFeedbackSchema, insertPostSchema, posts, rescheduleSchema, updatePostSchema } from "@shared/schema";
import { isAuthenticated } from "../auth";
import { db } from "../db";
import { RequestError } from "../errors";
import { storage } from "../storage";
import { handler, periodSchema } from "./handler";

const listSchema = z.object({
  status: z.enum(posts.status.enumValues),
  page: z.coerce.number().int().min(0).max(200).default(0),
});
const searchSchema = z.object({ words: z.string().trim().min(2).max(100) });

export const postRoutes = Router();

postRoutes.get(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    const { status, page } = listSchema.parse(req.query);
    res.json(await storage.listPostsByStatus(req.session.userId!, status, page));
  }),
);

postRoutes.get(
  "/calendar",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.getCalendar(req.session.userId!, periodSchema.parse(req.query)));
  }),
);

postRoutes.get(
  "/upcoming",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.listUpcoming(req.session.userId!));
  }),
);

postRoutes.get(
  "/search",
  isAuthenticated,
  handler(async (req, res) => {
    const { words } = searchSchema.parse(req.query);
    res.json(await storage.searchPosts(req.session.userId!, words));
  }),
);

postRoutes.post(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    const post = insertPostSchema.parse(req.body);
    const campaign = await storage.getCampaign(req.session.userId!, post.campaignId);
    if (!campaign) {
      throw new RequestError(404, "There is no such campaign");
    }
    res.status(201).json(await storage.createPost(req.session.userId!, post));
  }),
);

postRoutes.post(
  "/reschedule",
  isAuthenticated,
  handler(async (req, res) => {
    const { changes } = rescheduleSchema.parse(req.body);
    await storage.movePosts(req.session.userId!, changes);
    res.sendStatus(204);
  }),
);

postRoutes.get(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const post = await db.query.posts.findFirst({
      where: and(eq(posts.id, req.params.id), eq(posts.userId, req.session.userId!)),
      with: { libraryItem: true, feedback: true },
    });
    if (!post) {
      throw new RequestError(404, "There is no such post");
    }
    res.json(post);
  }),
);

postRoutes.patch(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const changes = updatePostSchema.parse(req.body);
    const [post] = await db
      .update(posts)
      .set(changes)
      .where(and(eq(posts.id, req.params.id), eq(posts.userId, req.session.userId!)))
      .returning();
    if (!post) {
      throw new RequestError(404, "There is no such post");
    }
    res.json(post);
  }),
);

postRoutes.delete(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const deleted = await db
      .delete(posts)
      .where(and(eq(posts.id, req.params.id), eq(posts.userId, req.session.userId!)))
      .returning({ id: posts.id });
    res.sendStatus(deleted.length > 0 ? 204 : 404);
  }),
);

postRoutes.get(
  "/:id/preview",
  isAuthenticated,
  handler(async (req, res) => {
    const shown = await db.query.posts.findFirst({ where: eq(posts.id, req.params.id) });
    if (!shown) {
      throw new RequestError(404, "There is no such post");
    }
    res.json({ platform: shown.platform, title: shown.title, content: shown.content });
  }),
);

postRoutes.post(
  "/:id/approve",
  isAuthenticated,
  handler(async (req, res) => {
    const approval = { status: "approved" as const, approvedAt: new Date() };
    const approved = await db.update(posts).set(approval).where(eq(posts.id, req.params.id)).returning();
    if (approved.length === 0) {
      throw new RequestError(404, "There is no such post");
    }
    await storage.notify(req.session.userId!, "approval", "A post was approved");
    res.json(approved[0]);
  }),
);

postRoutes.post(
  "/:id/feedback",
  isAuthenticated,
  handler(async (req, res) => {
    await storage.addFeedback(req.session.userId!, req.params.id, insertFeedbackSchema.parse(req.body));
    res.sendStatus(204);
  }),
);
