import { Router } from "express";
import { loginSchema, registerSchema, type TrialVariant } from "@shared/schema";
import { hashPassword, hashToken, newReferralCode, newToken, passwordMatches, publicUser } from "../auth";
import { RequestError } from "../errors";
import { sendVerification } from "../services/mail";
import { storage } from "../storage";
import { handler } from "./handler";

const DAY = 24 * 60 * 60 * 1000;
const TRIAL_DAYS: Record<TrialVariant, number> = { "7day_no_card": 7, "14day_with_card": 14 };

export const auth = Router();

auth.post(
  "/register",
  handler(async (req, res) => {
    const { email, password, fullName, trialVariant, referralCode } = registerSchema.parse(req.body);
    const now = Date.now();
    const { token, hash } = newToken();
    const user = await storage.createUser(
      {
        email,
        passwordHash: await hashPassword(password),
        fullName,
        emailVerificationTokenHash: hash,
        emailVerificationExpiresAt: new Date(now + 2 * DAY),
        trialVariant,
        trialStartedAt: new Date(now),
        trialEndsAt: new Date(now + TRIAL_DAYS[trialVariant] * DAY),
        referralCode: newReferralCode(),
      },
      referralCode,
    );
    await sendVerification(user.email, token);
    req.session.userId = user.id;
    res.status(201).json(publicUser(user));
  }),
);

auth.post(
  "/login",
  handler(async (req, res) => {
    const { email, password } = loginSchema.parse(req.body);
    const user = await storage.getUserByEmail(email);
    if (!user || !(await passwordMatches(password, user.passwordHash))) {
      throw new RequestError(401, "Address or password is wrong");
    }
    if (user.accountStatus !== "active") {
      throw new RequestError(403, "This account is suspended");
    }
    await storage.recordLogin(user.id);
    req.session.userId = user.id;
    res.json(publicUser(user));
  }),
);

auth.post(
  "/verify/:token",
  handler(async (req, res) => {
    const user = await storage.getUserByVerificationHash(hashToken(req.params.token));
    if (!user) {
      throw new RequestError(404, "This link is not valid any more");
    }
    await storage.markVerified(user.id);
    res.sendStatus(204);
  }),
);

auth.post("/logout", (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.sendStatus(204)));
});
