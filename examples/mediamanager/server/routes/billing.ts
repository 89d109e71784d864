import { Router } from "express";
import { z } from "zod";
import { creditTransactions, TIERS } from "@shared/schema";
import { isAuthenticated } from "../auth";
import { RequestError } from "../errors";
import { newCheckout, newCustomer } from "../services/payments";
import { storage } from "../storage";
import { handler, periodSchema } from "./handler";

const checkoutSchema = z.object({ plan: z.enum(TIERS) });
const typeSchema = z.object({ type: z.enum(creditTransactions.type.enumValues) });

export const billing = Router();

billing.get(
  "/plans",
  handler(async (_req, res) => {
    res.json(await storage.listPlans());
  }),
);

billing.get(
  "/credits",
  isAuthenticated,
  handler(async (req, res) => {
    res.json(await storage.creditHistory(req.session.userId!, periodSchema.parse(req.query)));
  }),
);

billing.get(
  "/credits/:type",
  isAuthenticated,
  handler(async (req, res) => {
    const { type } = typeSchema.parse(req.params);
    res.json(await storage.creditHistoryOf(req.session.userId!, type));
  }),
);

billing.post(
  "/checkout",
  isAuthenticated,
  handler(async (req, res) => {
    const { plan: code } = checkoutSchema.parse(req.body);
    const [user, plan] = await Promise.all([
      storage.getUser(req.session.userId!),
      storage.getPlanByCode(code),
    ]);
    if (!user || !plan?.stripePriceId) {
      throw new RequestError(404, "This plan is not for sale");
    }
    let customer = user.stripeCustomerId;
    if (!customer) {
      customer = await newCustomer(user.email);
      await storage.setStripeCustomer(user.id, customer);
    }
    res.status(201).json({ url: await newCheckout(customer, plan.stripePriceId) });
  }),
);
