import { Router } from "express";
import { readEvent } from "../services/payments";
import { storage } from "../storage";
import { handler } from "./handler";

export const webhooks = Router();

webhooks.post(
  "/stripe",
  handler(async (req, res) => {
    const event = readEvent(req.body, req.header("stripe-signature") ?? "");
    if (!(await storage.claimStripeEvent(event.id, event.type))) {
      res.sendStatus(204);
      return;
    }
    switch (event.kind) {
      case "paid": {
        const user = await storage.getUserByStripeCustomerId(event.customer);
        const plan = await storage.getPlanByStripePrice(event.price);
        if (user && plan) {
          await storage.setSubscription(user.id, {
            subscriptionStatus: "active",
            tier: event.tier,
            planId: plan.id,
            stripeSubscriptionId: event.subscription,
          });
          await storage.addCredits(user.id, plan.monthlyCredits, "purchase", plan.name, event.paymentIntent);
          await storage.rewardReferrer(user.id);
        }
        break;
      }
      case "failed": {
        const user = await storage.getUserByStripeCustomerId(event.customer);
        if (user) {
          await storage.setSubscription(user.id, { subscriptionStatus: "past_due" });
          await storage.notify(user.id, "billing", "Your last payment has failed");
        }
        break;
      }
      case "cancelled": {
        const user = await storage.getUserByStripeCustomerId(event.customer);
        if (user) {
          await storage.setSubscription(user.id, { subscriptionStatus: "cancelled", tier: "free" });
        }
        break;
      }
    }
    res.sendStatus(204);
  }),
);
