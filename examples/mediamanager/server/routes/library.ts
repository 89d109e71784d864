import { and, eq } from "drizzle-orm";
import { Router } from "express";
import { z } from "zod";
import { contentLibrary, insertLibraryItemSchema, PLATFORMS } from "@shared/schema";
import { isAuthenticated } from "../auth";
import { db } from "../db";
import { RequestError } from "../errors";
import { storage } from "../storage";
import { handler } from "./handler";

const changesSchema = insertLibraryItemSchema.pick({ title: true, platforms: true }).partial();

export const library = Router();

library.get(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.listLibrary(req.session.userId!));
  }),
);

library.get(
  "/gallery/:platform",
  isAuthenticated,
  handler(async (req, res) => {
    const platform = z.enum(PLATFORMS).parse(req.params.platform);
    const items = await storage.galleryFor(platform);
    res.json(items.map(({ title, kind, metadata }) => ({ title, kind, altText: metadata.altText })));
  }),
);

library.post(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    const item = insertLibraryItemSchema.parse(req.body);
    res.status(201).json(await storage.addToLibrary(req.session.userId!, item));
  }),
);

library.get(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const [item] = await db
      .select()
      .from(contentLibrary)
      .where(and(eq(contentLibrary.id, req.params.id), eq(contentLibrary.userId, req.session.userId!)));
    if (!item) {
      throw new RequestError(404, "This is not in your library");
    }
    res.json(item);
  }),
);

library.patch(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const changes = changesSchema.parse(req.body);
    const [item] = await db
      .update(contentLibrary)
      .set(changes)
      .where(and(eq(contentLibrary.id, req.params.id), eq(contentLibrary.userId, req.session.userId!)))
      .returning();
    if (!item) {
      throw new RequestError(404, "This is not in your library");
    }
    res.json(item);
  }),
);

library.delete(
  "/:id",
  isAuthenticated,
  handler(async (req, res) => {
    await db.delete(contentLibrary).where(eq(contentLibrary.id, req.params.id));
    res.sendStatus(204);
  }),
);
