import { and, asc, avg, between, count, desc, eq, gt, gte, inArray, isNull, lt, lte, sql, sum } from "drizzle-orm";
import {
  adminActions,
  aiSuggestions,
  analytics,
  brandProfiles,
  campaigns,
  contentFeedback,
  contentLibrary,
  creditTransactions,
  notifications,
  passwordHistory,
  platformConnections,
  posts,
  referrals,
  stripeEvents,
  subscriptionPlans,
  users,
  type AccountStatus,
  type AdminAction,
  type AiSuggestion,
  type AnalyticsRow,
  type BrandProfile,
  type Campaign,
  type CreditTransaction,
  type CreditTransactionType,
  type InsertBrandProfile,
  type InsertCampaign,
  type InsertConnection,
  type InsertLibraryItem,
  type InsertPlan,
  type InsertPost,
  type LibraryItem,
  type NewUser,
  type Notification,
  type Platform,
  type PlatformConnection,
  type Post,
  type PostStatus,
  type SubscriptionPlan,
  type SubscriptionStatus,
  type Tier,
  type User,
} from "@shared/schema";
import { db, type Transaction } from "./db";
import { RequestError } from "./errors";

const REFERRAL_REWARD = 50;
const TRIAL_CREDITS = 30;
const PASSWORDS_REMEMBERED = 5;

export type CampaignWithPosts = Campaign & { posts: Post[] };
export type Period = { from: Date; to: Date };
export type UserFilter = { status: AccountStatus; tier: Tier };

export type Totals = {
  platform: Platform;
  impressions: string | null;
  likes: string | null;
  shares: string | null;
  clicks: string | null;
};

/** All that the application asks of its database, single rows of posts and of the library apart. */
export class DatabaseStorage {
  // Accounts

  async getUser(id: string): Promise<User | undefined> {
    return db.query.users.findFirst({ where: eq(users.id, id) });
  }

  async getUserByEmail(email: string): Promise<User | undefined> {
    return db.query.users.findFirst({ where: eq(users.email, email) });
  }

  async getUserByStripeCustomerId(customerId: string): Promise<User | undefined> {
    const [payer] = await db.select().from(users).where(eq(users.stripeCustomerId, customerId));
    return payer;
  }

  async getUserByVerificationHash(hash: string): Promise<User | undefined> {
    const [unverified] = await db
      .select()
      .from(users)
      .where(and(eq(users.emailVerificationTokenHash, hash), gt(users.emailVerificationExpiresAt, new Date())));
    return unverified;
  }

  /** A new account, with the credits of its trial and a note of whoever brought it. */
  async createUser(user: NewUser, referredBy?: string): Promise<User> {
    return db.transaction(async (tx) => {
      const [created] = await tx.insert(users).values(user).returning();
      await tx.insert(passwordHistory).values({ userId: created.id, passwordHash: created.passwordHash });
      await this.bookCredits(tx, created.id, TRIAL_CREDITS, "bonus", "To try it out");
      if (referredBy) {
        const referrer = await tx.query.users.findFirst({ where: eq(users.referralCode, referredBy) });
        if (referrer) {
          await tx.insert(referrals).values({ referrerId: referrer.id, referredId: created.id });
        }
      }
      return created;
    });
  }

  async updateProfile(id: string, changes: Partial<Pick<User, "fullName" | "businessName">>): Promise<User> {
    const [updated] = await db.update(users).set(changes).where(eq(users.id, id)).returning();
    return updated;
  }

  async markVerified(id: string): Promise<void> {
    await db
      .update(users)
      .set({ emailVerified: true, emailVerificationTokenHash: null, emailVerificationExpiresAt: null })
      .where(eq(users.id, id));
  }

  async recordLogin(id: string): Promise<void> {
    const now = new Date();
    await db.update(users).set({ lastLoginAt: now, lastActivityAt: now }).where(eq(users.id, id));
  }

  async recentPasswords(userId: string): Promise<string[]> {
    const rows = await db
      .select({ passwordHash: passwordHistory.passwordHash })
      .from(passwordHistory)
      .where(eq(passwordHistory.userId, userId))
      .orderBy(desc(passwordHistory.createdAt))
      .limit(PASSWORDS_REMEMBERED);
    return rows.map((row) => row.passwordHash);
  }

  async changePassword(id: string, passwordHash: string): Promise<void> {
    await db.transaction(async (tx) => {
      await tx.update(users).set({ passwordHash }).where(eq(users.id, id));
      await tx.insert(passwordHistory).values({ userId: id, passwordHash });
    });
  }

  async deleteUser(id: string): Promise<void> {
    await db.delete(users).where(eq(users.id, id));
  }

  async setStripeCustomer(id: string, stripeCustomerId: string): Promise<void> {
    await db.update(users).set({ stripeCustomerId }).where(eq(users.id, id));
  }

  async setSubscription(
    id: string,
    changes: { subscriptionStatus: SubscriptionStatus; tier?: Tier; planId?: string; stripeSubscriptionId?: string },
  ): Promise<void> {
    await db.update(users).set(changes).where(eq(users.id, id));
  }

  async setAccountStatus(id: string, accountStatus: AccountStatus): Promise<User | undefined> {
    const [changed] = await db.update(users).set({ accountStatus }).where(eq(users.id, id)).returning();
    return changed;
  }

  /** The accounts of one state and tier, those that were here last first. */
  async listAccounts({ status, tier }: UserFilter): Promise<User[]> {
    const accounts = await db
      .select()
      .from(users)
      .where(and(eq(users.accountStatus, status), eq(users.tier, tier)))
      .orderBy(desc(users.lastActivityAt))
      .limit(100);
    return accounts;
  }

  async countAccounts(status: AccountStatus): Promise<number> {
    const [inState] = await db.select({ total: count() }).from(users).where(eq(users.accountStatus, status));
    return inState.total;
  }

  async countTier(tier: Tier): Promise<number> {
    const [onTier] = await db.select({ total: count() }).from(users).where(eq(users.tier, tier));
    return onTier.total;
  }

  async dormantUsers(since: Date): Promise<User[]> {
    const dormant = await db.select().from(users).where(lt(users.lastActivityAt, since)).limit(500);
    return dormant;
  }

  async activeSince(since: Date): Promise<string[]> {
    const recent = await db.select({ id: users.id }).from(users).where(gte(users.lastActivityAt, since)).limit(2000);
    return recent.map((row) => row.id);
  }

  async expiredTrials(now: Date): Promise<User[]> {
    const expired = await db.query.users.findMany({
      where: and(eq(users.subscriptionStatus, "trial"), lte(users.trialEndsAt, now)),
      orderBy: asc(users.trialEndsAt),
      limit: 500,
    });
    return expired;
  }

  // Notifications

  async notify(userId: string, kind: string, message: string): Promise<void> {
    await db.insert(notifications).values({ userId, kind, message });
  }

  async listNotifications(userId: string): Promise<Notification[]> {
    return db
      .select()
      .from(notifications)
      .where(and(eq(notifications.userId, userId), isNull(notifications.readAt)))
      .orderBy(desc(notifications.createdAt))
      .limit(50);
  }

  async markNotificationsRead(userId: string): Promise<void> {
    await db
      .update(notifications)
      .set({ readAt: new Date() })
      .where(and(eq(notifications.userId, userId), isNull(notifications.readAt)));
  }

  // Connections and brands

  async listConnections(userId: string): Promise<PlatformConnection[]> {
    return db.query.platformConnections.findMany({
      where: eq(platformConnections.userId, userId),
      orderBy: asc(platformConnections.platform),
    });
  }

  async getConnection(userId: string, platform: Platform): Promise<PlatformConnection | undefined> {
    return db.query.platformConnections.findFirst({
      where: and(
        eq(platformConnections.userId, userId),
        eq(platformConnections.platform, platform),
        eq(platformConnections.active, true),
      ),
    });
  }

  async saveConnection(userId: string, connection: InsertConnection): Promise<PlatformConnection> {
    const [saved] = await db
      .insert(platformConnections)
      .values({ ...connection, userId })
      .onConflictDoUpdate({
        target: [platformConnections.userId, platformConnections.platform, platformConnections.accountName],
        set: {
          apiKey: connection.apiKey,
          apiSecret: connection.apiSecret,
          accessToken: connection.accessToken,
          active: true,
        },
      })
      .returning();
    return saved;
  }

  async removeConnection(userId: string, id: string): Promise<boolean> {
    const removed = await db
      .delete(platformConnections)
      .where(and(eq(platformConnections.id, id), eq(platformConnections.userId, userId)))
      .returning({ id: platformConnections.id });
    return removed.length > 0;
  }

  async listBrandProfiles(userId: string): Promise<BrandProfile[]> {
    return db.select().from(brandProfiles).where(eq(brandProfiles.userId, userId)).orderBy(asc(brandProfiles.name));
  }

  async createBrandProfile(userId: string, profile: InsertBrandProfile): Promise<BrandProfile> {
    const [created] = await db.insert(brandProfiles).values({ ...profile, userId }).returning();
    return created;
  }

  // Campaigns

  async listCampaigns(userId: string): Promise<CampaignWithPosts[]> {
    const mine = await db
      .select()
      .from(campaigns)
      .where(eq(campaigns.userId, userId))
      .orderBy(desc(campaigns.createdAt));
    const found: CampaignWithPosts[] = [];
    for (const campaign of mine) {
      const itsPosts = await db.select().from(posts).where(eq(posts.campaignId, campaign.id));
      found.push({ ...campaign, posts: itsPosts });
    }
    return found;
  }

  async getCampaign(userId: string, id: string) {
    return db.query.campaigns.findFirst({
      where: and(eq(campaigns.id, id), eq(campaigns.userId, userId)),
      with: { brandProfile: true, suggestions: { orderBy: desc(aiSuggestions.createdAt), limit: 20 } },
    });
  }

  /** The posts of a campaign as they follow each other. */
  async getTimeline(campaignId: string, { from, to }: Period): Promise<Post[]> {
    const timeline = await db
      .select()
      .from(posts)
      .where(and(eq(posts.campaignId, campaignId), between(posts.scheduledFor, from, to)))
      .orderBy(asc(posts.scheduledFor));
    return timeline;
  }

  async createCampaign(userId: string, campaign: InsertCampaign): Promise<Campaign> {
    const [created] = await db.insert(campaigns).values({ ...campaign, userId }).returning();
    return created;
  }

  async updateCampaign(userId: string, id: string, changes: Partial<InsertCampaign>): Promise<Campaign | undefined> {
    const [updated] = await db
      .update(campaigns)
      .set(changes)
      .where(and(eq(campaigns.id, id), eq(campaigns.userId, userId)))
      .returning();
    return updated;
  }

  async deleteCampaign(userId: string, id: string): Promise<boolean> {
    const deleted = await db
      .delete(campaigns)
      .where(and(eq(campaigns.id, id), eq(campaigns.userId, userId)))
      .returning({ id: campaigns.id });
    return deleted.length > 0;
  }

  async countCampaigns(status: Campaign["status"]): Promise<number> {
    const [running] = await db.select({ total: count() }).from(campaigns).where(eq(campaigns.status, status));
    return running.total;
  }

  async listCampaignsByStatus(status: Campaign["status"]): Promise<Campaign[]> {
    const inStatus = await db.select().from(campaigns).where(eq(campaigns.status, status)).limit(200);
    return inStatus;
  }

  async endedCampaigns(now: Date): Promise<Campaign[]> {
    const ended = await db
      .select()
      .from(campaigns)
      .where(and(eq(campaigns.status, "active"), lte(campaigns.endsAt, now)));
    return ended;
  }

  // Posts

  async getCalendar(userId: string, { from, to }: Period) {
    const calendar = await db.query.posts.findMany({
      where: and(eq(posts.userId, userId), gte(posts.scheduledFor, from), lt(posts.scheduledFor, to)),
      orderBy: asc(posts.scheduledFor),
      with: { campaign: { columns: { name: true } } },
    });
    return calendar;
  }

  async listUpcoming(userId: string): Promise<Post[]> {
    const upcoming = await db
      .select()
      .from(posts)
      .where(and(eq(posts.userId, userId), eq(posts.status, "scheduled"), gt(posts.scheduledFor, new Date())))
      .orderBy(asc(posts.scheduledFor))
      .limit(20);
    return upcoming;
  }

  async listPostsByStatus(userId: string, status: PostStatus, page: number): Promise<Post[]> {
    const mine = await db
      .select()
      .from(posts)
      .where(and(eq(posts.userId, userId), eq(posts.status, status)))
      .orderBy(desc(posts.createdAt))
      .limit(50)
      .offset(page * 50);
    return mine;
  }

  async searchPosts(userId: string, words: string): Promise<Post[]> {
    const matching = await db
      .select()
      .from(posts)
      .where(and(eq(posts.userId, userId), sql`${posts.content} ilike ${`%${words}%`}`))
      .orderBy(desc(posts.createdAt))
      .limit(50);
    return matching;
  }

  async postsWithMedia(campaignId: string) {
    const withMedia = await db
      .select({ post: posts, media: contentLibrary })
      .from(posts)
      .leftJoin(contentLibrary, eq(posts.contentLibraryId, contentLibrary.id))
      .where(eq(posts.campaignId, campaignId));
    return withMedia;
  }

  async countPosts(status: PostStatus): Promise<number> {
    const [waiting] = await db.select({ total: count() }).from(posts).where(eq(posts.status, status));
    return waiting.total;
  }

  /** What is in one state of the workflow, whoever wrote it. */
  async workflow(status: PostStatus): Promise<Post[]> {
    const inWorkflow = await db.select().from(posts).where(eq(posts.status, status)).limit(200);
    return inWorkflow;
  }

  async duePosts(now: Date): Promise<Post[]> {
    const due = await db
      .select()
      .from(posts)
      .where(and(eq(posts.status, "scheduled"), lte(posts.scheduledFor, now)))
      .orderBy(asc(posts.scheduledFor))
      .limit(100);
    return due;
  }

  async createPost(userId: string, post: InsertPost): Promise<Post> {
    const [created] = await db
      .insert(posts)
      .values({ ...post, userId, status: post.scheduledFor ? "scheduled" : "draft" })
      .returning();
    return created;
  }

  async movePosts(userId: string, changes: { postId: string; scheduledFor: Date }[]): Promise<void> {
    for (const { postId, scheduledFor } of changes) {
      const whose = and(eq(posts.id, postId), eq(posts.userId, userId));
      await db.update(posts).set({ scheduledFor, status: "scheduled" }).where(whose);
    }
  }

  async markPublished(id: string, platformPostId: string): Promise<void> {
    await db
      .update(posts)
      .set({ status: "published", publishedAt: new Date(), platformPostId })
      .where(eq(posts.id, id));
  }

  async markFailed(id: string, failureReason: string): Promise<void> {
    await db.update(posts).set({ status: "failed", failureReason }).where(eq(posts.id, id));
  }

  async addFeedback(userId: string, postId: string, feedback: { rating: number; comment?: string | null }) {
    await db
      .insert(contentFeedback)
      .values({ userId, postId, ...feedback })
      .onConflictDoUpdate({ target: [contentFeedback.postId, contentFeedback.userId], set: feedback });
  }

  async saveSuggestions(rows: (typeof aiSuggestions.$inferInsert)[]): Promise<AiSuggestion[]> {
    return db.insert(aiSuggestions).values(rows).returning();
  }

  // Library

  async listLibrary(userId: string): Promise<LibraryItem[]> {
    return db
      .select()
      .from(contentLibrary)
      .where(eq(contentLibrary.userId, userId))
      .orderBy(desc(contentLibrary.createdAt))
      .limit(100);
  }

  /** What others, too, have made for a platform: the gallery that inspires. */
  async galleryFor(platform: Platform): Promise<LibraryItem[]> {
    const gallery = await db
      .select()
      .from(contentLibrary)
      .where(sql`${contentLibrary.platforms} @> ${JSON.stringify([platform])}::jsonb`)
      .limit(60);
    return gallery;
  }

  async addToLibrary(userId: string, item: InsertLibraryItem): Promise<LibraryItem> {
    const [added] = await db
      .insert(contentLibrary)
      .values({ ...item, userId })
      .onConflictDoUpdate({
        target: [contentLibrary.userId, contentLibrary.checksum],
        set: { title: item.title, platforms: item.platforms },
      })
      .returning();
    return added;
  }

  // Credits

  /** Takes credits, in one statement that nobody can overtake. */
  async spendCredits(userId: string, amount: number, description: string): Promise<void> {
    await db.transaction(async (tx) => {
      const [paid] = await tx
        .update(users)
        .set({ credits: sql`${users.credits} - ${amount}` })
        .where(and(eq(users.id, userId), gte(users.credits, amount)))
        .returning({ credits: users.credits });
      if (!paid) {
        throw new RequestError(402, "Not enough credits");
      }
      await tx.insert(creditTransactions).values({ userId, type: "usage", amount: -amount, description });
    });
  }

  async addCredits(
    userId: string,
    amount: number,
    type: CreditTransactionType,
    description: string,
    stripePaymentIntentId?: string,
  ): Promise<void> {
    await db.transaction((tx) => this.bookCredits(tx, userId, amount, type, description, stripePaymentIntentId));
  }

  private async bookCredits(
    tx: Transaction,
    userId: string,
    amount: number,
    type: CreditTransactionType,
    description: string,
    stripePaymentIntentId?: string,
  ): Promise<void> {
    await tx.insert(creditTransactions).values({ userId, type, amount, description, stripePaymentIntentId });
    await tx
      .update(users)
      .set({ credits: sql`${users.credits} + ${amount}` })
      .where(eq(users.id, userId));
  }

  /** Thanks whoever brought a user, once, at the first payment. */
  async rewardReferrer(referredId: string): Promise<void> {
    await db.transaction(async (tx) => {
      const [rewarded] = await tx
        .update(referrals)
        .set({ status: "rewarded", rewardCredits: REFERRAL_REWARD, rewardedAt: new Date() })
        .where(and(eq(referrals.referredId, referredId), eq(referrals.status, "registered")))
        .returning();
      if (rewarded) {
        await this.bookCredits(tx, rewarded.referrerId, REFERRAL_REWARD, "referral", "A friend has subscribed");
      }
    });
  }

  async listReferrals(userId: string) {
    return db
      .select({ status: referrals.status, rewardCredits: referrals.rewardCredits, createdAt: referrals.createdAt })
      .from(referrals)
      .where(eq(referrals.referrerId, userId))
      .orderBy(desc(referrals.createdAt))
      .limit(100);
  }

  async creditHistory(userId: string, { from, to }: Period): Promise<CreditTransaction[]> {
    const history = await db
      .select()
      .from(creditTransactions)
      .where(and(eq(creditTransactions.userId, userId), between(creditTransactions.createdAt, from, to)))
      .orderBy(desc(creditTransactions.createdAt));
    return history;
  }

  async creditHistoryOf(userId: string, type: CreditTransactionType): Promise<CreditTransaction[]> {
    const ofType = await db
      .select()
      .from(creditTransactions)
      .where(and(eq(creditTransactions.userId, userId), eq(creditTransactions.type, type)))
      .orderBy(desc(creditTransactions.createdAt))
      .limit(100);
    return ofType;
  }

  async transactionsBetween({ from, to }: Period): Promise<CreditTransaction[]> {
    const booked = await db
      .select()
      .from(creditTransactions)
      .where(and(gte(creditTransactions.createdAt, from), lt(creditTransactions.createdAt, to)))
      .orderBy(asc(creditTransactions.createdAt))
      .limit(5000);
    return booked;
  }

  async transactionsOfType(type: CreditTransactionType): Promise<CreditTransaction[]> {
    const ofOneType = await db
      .select()
      .from(creditTransactions)
      .where(eq(creditTransactions.type, type))
      .orderBy(desc(creditTransactions.createdAt))
      .limit(500);
    return ofOneType;
  }

  async totalOfType(type: CreditTransactionType): Promise<number> {
    const [ofAll] = await db
      .select({ total: sum(creditTransactions.amount) })
      .from(creditTransactions)
      .where(eq(creditTransactions.type, type));
    return Number(ofAll.total ?? 0);
  }

  /** The credits that were bought and used, month by month. */
  async creditsByMonth() {
    const month = sql<string>`date_trunc('month', ${creditTransactions.createdAt})`;
    const byMonth = await db
      .select({ month, type: creditTransactions.type, total: sum(creditTransactions.amount) })
      .from(creditTransactions)
      .groupBy(month, creditTransactions.type)
      .orderBy(month);
    return byMonth;
  }

  // Plans and payments

  async listPlans(): Promise<SubscriptionPlan[]> {
    return db.query.subscriptionPlans.findMany({
      where: eq(subscriptionPlans.active, true),
      orderBy: asc(subscriptionPlans.priceCents),
    });
  }

  async getPlanByCode(code: string): Promise<SubscriptionPlan | undefined> {
    return db.query.subscriptionPlans.findFirst({ where: eq(subscriptionPlans.code, code) });
  }

  async getPlanByStripePrice(stripePriceId: string): Promise<SubscriptionPlan | undefined> {
    return db.query.subscriptionPlans.findFirst({ where: eq(subscriptionPlans.stripePriceId, stripePriceId) });
  }

  async createPlan(plan: InsertPlan): Promise<SubscriptionPlan> {
    const [created] = await db.insert(subscriptionPlans).values(plan).returning();
    return created;
  }

  async updatePlan(id: string, changes: Partial<InsertPlan>): Promise<SubscriptionPlan | undefined> {
    const [updated] = await db
      .update(subscriptionPlans)
      .set(changes)
      .where(eq(subscriptionPlans.id, id))
      .returning();
    return updated;
  }

  async archivePlan(id: string): Promise<SubscriptionPlan | undefined> {
    const [archived] = await db
      .update(subscriptionPlans)
      .set({ active: false })
      .where(eq(subscriptionPlans.id, id))
      .returning();
    return archived;
  }

  async setPlanPrice(id: string, stripeProductId: string, stripePriceId: string): Promise<void> {
    await db.update(subscriptionPlans).set({ stripeProductId, stripePriceId }).where(eq(subscriptionPlans.id, id));
  }

  /** Whether an event is new; it is remembered in the same statement. */
  async claimStripeEvent(id: string, type: string): Promise<boolean> {
    const claimed = await db.insert(stripeEvents).values({ id, type }).onConflictDoNothing().returning();
    return claimed.length > 0;
  }

  // Numbers

  async recordAnalytics(rows: (typeof analytics.$inferInsert)[]): Promise<void> {
    await db.insert(analytics).values(rows);
  }

  async analyticsBetween(userId: string, { from, to }: Period): Promise<AnalyticsRow[]> {
    const measured = await db
      .select()
      .from(analytics)
      .where(and(eq(analytics.userId, userId), gte(analytics.recordedAt, from), lt(analytics.recordedAt, to)))
      .orderBy(asc(analytics.recordedAt));
    return measured;
  }

  async totalsSince(since: Date): Promise<Totals[]> {
    const totals = await db
      .select({
        platform: analytics.platform,
        impressions: sum(analytics.impressions),
        likes: sum(analytics.likes),
        shares: sum(analytics.shares),
        clicks: sum(analytics.clicks),
      })
      .from(analytics)
      .where(gte(analytics.recordedAt, since))
      .groupBy(analytics.platform);
    return totals;
  }

  /** What posts of each platform usually reach, over all accounts: shown beside one's own numbers. */
  async benchmarks() {
    const averages = await db
      .select({ platform: analytics.platform, impressions: avg(analytics.impressions), likes: avg(analytics.likes) })
      .from(analytics)
      .groupBy(analytics.platform);
    return averages;
  }

  /** What every campaign has brought so far. */
  async campaignPerformance() {
    const performance = await db
      .select({
        campaignId: campaigns.id,
        name: campaigns.name,
        impressions: sum(analytics.impressions),
        clicks: sum(analytics.clicks),
      })
      .from(analytics)
      .innerJoin(posts, eq(analytics.postId, posts.id))
      .innerJoin(campaigns, eq(posts.campaignId, campaigns.id))
      .groupBy(campaigns.id, campaigns.name);
    return performance;
  }

  async publishedPosts(userIds: string[]): Promise<Post[]> {
    return db.query.posts.findMany({
      where: and(inArray(posts.userId, userIds), eq(posts.status, "published")),
      orderBy: desc(posts.publishedAt),
      limit: 1000,
    });
  }

  // Administration

  async recordAdminAction(
    adminId: string,
    action: string,
    targetType: string,
    targetId: string,
    details: Record<string, unknown> = {},
  ): Promise<void> {
    await db.insert(adminActions).values({ adminId, action, targetType, targetId, details });
  }

  async listAdminActions(): Promise<AdminAction[]> {
    return db.select().from(adminActions).orderBy(desc(adminActions.createdAt)).limit(200);
  }
}

export const storage = new DatabaseStorage();
