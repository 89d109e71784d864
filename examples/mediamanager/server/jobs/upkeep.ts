import { eq } from "drizzle-orm";
import { campaigns } from "@shared/schema";
import { db } from "../db";
import { sendReminder } from "../services/mail";
import { storage } from "../storage";

const DORMANT_DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

/** Puts those whose trial is over on the free tier. */
export async function endTrials(): Promise<void> {
  for (const user of await storage.expiredTrials(new Date())) {
    await storage.setSubscription(user.id, { subscriptionStatus: "cancelled", tier: "free" });
    await storage.notify(user.id, "trial", "Your trial is over");
  }
}

/** Closes the campaigns whose end has passed. */
export async function closeCampaigns(): Promise<void> {
  const ended = await storage.endedCampaigns(new Date());
  for (const campaign of ended) {
    await db.update(campaigns).set({ status: "completed" }).where(eq(campaigns.id, campaign.id));
  }
}

/** Writes to those who were not here for a month. */
export async function remindDormant(): Promise<void> {
  const dormant = await storage.dormantUsers(new Date(Date.now() - DORMANT_DAYS * DAY));
  await Promise.all(dormant.map((user) => sendReminder(user.email)));
}
