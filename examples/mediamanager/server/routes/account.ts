import { Router } from "express";
import { z } from "zod";
import { insertBrandProfileSchema, insertConnectionSchema, profileSchema } from "@shared/schema";
import { hashPassword, isAuthenticated, passwordMatches, publicUser } from "../auth";
import { RequestError } from "../errors";
import { storage } from "../storage";
import { handler } from "./handler";

const passwordSchema = z.object({ current: z.string().max(200), next: z.string().min(10).max(200) });

export const account = Router();

account.get(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    const user = await storage.getUser(req.session.userId!);
    if (!user) {
      throw new RequestError(404, "There is no such account");
    }
    res.json(publicUser(user));
  }),
);

account.patch(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    const changes = profileSchema.parse(req.body);
    res.json(publicUser(await storage.updateProfile(req.session.userId!, changes)));
  }),
);

account.put(
  "/password",
  isAuthenticated,
  handler(async (req, res) => {
    const { current, next } = passwordSchema.parse(req.body);
    const user = await storage.getUser(req.session.userId!);
    if (!user || !(await passwordMatches(current, user.passwordHash))) {
      throw new RequestError(400, "The current password is wrong");
    }
    for (const old of await storage.recentPasswords(user.id)) {
      if (await passwordMatches(next, old)) {
        throw new RequestError(400, "You have used this password before");
      }
    }
    await storage.changePassword(user.id, await hashPassword(next));
    res.sendStatus(204);
  }),
);

account.delete(
  "/",
  isAuthenticated,
  handler(async (req, res) => {
    await storage.deleteUser(req.session.userId!);
    req.session.destroy(() => res.sendStatus(204));
  }),
);

account.get(
  "/connections",
  isAuthenticated,
  handler(async (req, res) => {
    const connections = await storage.listConnections(req.session.userId!);
    res.json(connections.map(({ id, platform, accountName, active }) => ({ id, platform, accountName, active })));
  }),
);

account.post(
  "/connections",
  isAuthenticated,
  handler(async (req, res) => {
    const connection = insertConnectionSchema.parse(req.body);
    const { id, platform, accountName } = await storage.saveConnection(req.session.userId!, connection);
    res.status(201).json({ id, platform, accountName });
  }),
);

account.delete(
  "/connections/:id",
  isAuthenticated,
  handler(async (req, res) => {
    const removed = await storage.removeConnection(req.session.userId!, req.params.id);
    res.sendStatus(removed ? 204 : 404);
  }),
);

account.get(
  "/brands",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.listBrandProfiles(req.session.userId!));
  }),
);

account.post(
  "/brands",
  isAuthenticated,
  handler(async (req, res) => {
    const profile = insertBrandProfileSchema.parse(req.body);
    res.status(201).json(await storage.createBrandProfile(req.session.userId!, profile));
  }),
);

account.get(
  "/notifications",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.listNotifications(req.session.userId!));
  }),
);

account.post(
  "/notifications/read",
  isAuthenticated,
  handler(async (req, res) => {
    await storage.markNotificationsRead(req.session.userId!);
    res.sendStatus(204);
  }),
);

account.get(
  "/referrals",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.listReferrals(req.session.userId!));
  }),
);
