import { createHash, randomBytes } from "node:crypto";
import bcrypt from "bcryptjs";
import type { NextFunction, Request, Response } from "express";
import type { PublicUser, User } from "@shared/schema";
import { storage } from "./storage";

declare module "express-session" {
  interface SessionData {
    userId: string;
  }
}

const ROUNDS = 12;

export function hashPassword(password: string): Promise<string> {
  return bcrypt.hash(password, ROUNDS);
}

export function passwordMatches(password: string, hash: string): Promise<boolean> {
  return bcrypt.compare(password, hash);
}

/** A token to send out, and the hash of it to keep. */
export function newToken(): { token: string; hash: string } {
  const token = randomBytes(24).toString("base64url");
  return { token, hash: hashToken(token) };
}

export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function newReferralCode(): string {
  return randomBytes(5).toString("hex").slice(0, 8).toUpperCase();
}

/** A user without what nobody outside may see. */
export function publicUser({ passwordHash, emailVerificationTokenHash, ...rest }: User): PublicUser {
  return rest;
}

export function isAuthenticated(req: Request, res: Response, next: NextFunction): void {
  if (!req.session.userId) {
    res.status(401).json({ message: "Sign in first" });
    return;
  }
  next();
}

export async function isAdmin(req: Request, res: Response, next: NextFunction): Promise<void> {
  try {
    const user = req.session.userId ? await storage.getUser(req.session.userId) : undefined;
    if (user?.role !== "admin") {
      res.status(403).json({ message: "For administrators only" });
      return;
    }
    next();
  } catch (error) {
    next(error);
  }
}
