import { relations, sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import { createInsertSchema, createSelectSchema } from "drizzle-zod";
import { z } from "zod";

export const PLATFORMS = ["instagram", "facebook", "linkedin", "x", "tiktok", "youtube"] as const;
export const ACCOUNT_STATUSES = ["active", "suspended", "locked"] as const;
export const TIERS = ["free", "starter", "professional", "business"] as const;
export const SUBSCRIPTION_STATUSES = ["trial", "active", "past_due", "cancelled"] as const;
export const TRIAL_VARIANTS = ["7day_no_card", "14day_with_card"] as const;

export type Platform = (typeof PLATFORMS)[number];
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];
export type Tier = (typeof TIERS)[number];
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];
export type TrialVariant = (typeof TRIAL_VARIANTS)[number];

/** What is known of a picture or a film besides where it lies. */
export const mediaMetadataSchema = z.object({
  mimeType: z.string().max(100),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
  durationSeconds: z.number().positive().optional(),
  altText: z.string().max(1000).optional(),
});

/** What one platform is told and the others are not. */
export const platformContentSchema = z.object({
  hashtags: z.array(z.string().max(100)).max(30).optional(),
  firstComment: z.string().max(2000).optional(),
  altTexts: z.array(z.string().max(1000)).max(10).optional(),
});

export type MediaMetadata = z.infer<typeof mediaMetadataSchema>;
export type PlatformContent = z.infer<typeof platformContentSchema>;

export const userRole = pgEnum("user_role", ["user", "admin"]);
export const campaignStatus = pgEnum("campaign_status", ["draft", "active", "paused", "completed", "archived"]);
export const postStatus = pgEnum("post_status", [
  "draft",
  "pending_approval",
  "approved",
  "scheduled",
  "published",
  "failed",
  "rejected",
]);
export const mediaKind = pgEnum("media_kind", ["image", "video", "document"]);
export const creditTransactionType = pgEnum("credit_transaction_type", [
  "purchase",
  "usage",
  "bonus",
  "referral",
  "adjustment",
]);
export const referralStatus = pgEnum("referral_status", ["registered", "rewarded"]);

/** When a row was made and when it was last changed. */
const timestamps = {
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp("updated_at", { withTimezone: true })
    .notNull()
    .defaultNow()
    .$onUpdate(() => new Date()),
};

const createdAt = () => timestamp("created_at", { withTimezone: true }).notNull().defaultNow();

// Accounts

export const subscriptionPlans = pgTable("subscription_plans", {
  id: uuid("id").primaryKey().defaultRandom(),
  code: varchar("code", { length: 32 }).notNull().unique(),
  name: varchar("name", { length: 80 }).notNull(),
  priceCents: integer("price_cents").notNull(),
  monthlyCredits: integer("monthly_credits").notNull(),
  stripeProductId: varchar("stripe_product_id", { length: 255 }).unique(),
  stripePriceId: varchar("stripe_price_id", { length: 255 }).unique(),
  active: boolean("active").notNull().default(true),
  ...timestamps,
});

export const users = pgTable(
  "users",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    email: varchar("email", { length: 255 }).notNull().unique(),
    passwordHash: text("password_hash").notNull(),
    fullName: varchar("full_name", { length: 120 }),
    businessName: varchar("business_name", { length: 160 }),
    role: userRole("role").notNull().default("user"),
    emailVerified: boolean("email_verified").notNull().default(false),
    emailVerificationTokenHash: varchar("email_verification_token_hash", { length: 64 }).unique(),
    emailVerificationExpiresAt: timestamp("email_verification_expires_at", { withTimezone: true }),
    accountStatus: varchar("account_status", { length: 20, enum: ACCOUNT_STATUSES }).notNull().default("active"),
    tier: varchar("tier", { length: 20, enum: TIERS }).notNull().default("free"),
    planId: uuid("plan_id").references(() => subscriptionPlans.id, { onDelete: "set null" }),
    subscriptionStatus: varchar("subscription_status", { length: 20, enum: SUBSCRIPTION_STATUSES })
      .notNull()
      .default("trial"),
    trialVariant: varchar("trial_variant", { length: 20, enum: TRIAL_VARIANTS }),
    trialStartedAt: timestamp("trial_started_at", { withTimezone: true }),
    trialEndsAt: timestamp("trial_ends_at", { withTimezone: true }),
    stripeCustomerId: varchar("stripe_customer_id", { length: 255 }),
    stripeSubscriptionId: varchar("stripe_subscription_id", { length: 255 }),
    credits: integer("credits").notNull().default(0),
    referralCode: varchar("referral_code", { length: 16 }).notNull().unique(),
    lastLoginAt: timestamp("last_login_at", { withTimezone: true }),
    lastActivityAt: timestamp("last_activity_at", { withTimezone: true }),
    ...timestamps,
  },
  (table) => [index("users_plan_id_idx").on(table.planId)],
);

/** Written by connect-pg-simple. */
export const sessions = pgTable(
  "sessions",
  {
    sid: varchar("sid", { length: 255 }).primaryKey(),
    sess: jsonb("sess").notNull(),
    expire: timestamp("expire", { withTimezone: true, precision: 6 }).notNull(),
  },
  (table) => [index("sessions_expire_idx").on(table.expire)],
);

export const passwordHistory = pgTable(
  "password_history",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    passwordHash: text("password_hash").notNull(),
    createdAt: createdAt(),
  },
  (table) => [index("password_history_user_id_created_at_idx").on(table.userId, table.createdAt)],
);

/** The accounts on other platforms that a user publishes to, and what is needed to call them. */
export const platformConnections = pgTable(
  "platform_connections",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    platform: varchar("platform", { length: 20, enum: PLATFORMS }).notNull(),
    accountName: varchar("account_name", { length: 120 }).notNull(),
    apiKey: text("api_key").notNull(),
    apiSecret: text("api_secret"),
    accessToken: text("access_token"),
    tokenExpiresAt: timestamp("token_expires_at", { withTimezone: true }),
    active: boolean("active").notNull().default(true),
    ...timestamps,
  },
  (table) => [
    unique("platform_connections_user_platform_account_key").on(table.userId, table.platform, table.accountName),
  ],
);

export const referrals = pgTable(
  "referrals",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    referrerId: uuid("referrer_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    referredId: uuid("referred_id")
      .notNull()
      .unique()
      .references(() => users.id, { onDelete: "cascade" }),
    status: referralStatus("status").notNull().default("registered"),
    rewardCredits: integer("reward_credits").notNull().default(0),
    rewardedAt: timestamp("rewarded_at", { withTimezone: true }),
    createdAt: createdAt(),
  },
  (table) => [
    index("referrals_referrer_id_idx").on(table.referrerId),
    check("referrals_reward_credits_check", sql`${table.rewardCredits} >= 0`),
  ],
);

export const notifications = pgTable(
  "notifications",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: varchar("kind", { length: 40 }).notNull(),
    message: text("message").notNull(),
    readAt: timestamp("read_at", { withTimezone: true }),
    createdAt: createdAt(),
  },
  (table) => [index("notifications_user_id_created_at_idx").on(table.userId, table.createdAt.desc())],
);

// Content

export const brandProfiles = pgTable(
  "brand_profiles",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: varchar("name", { length: 120 }).notNull(),
    industry: varchar("industry", { length: 80 }),
    voice: text("voice").notNull(),
    audience: text("audience"),
    ...timestamps,
  },
  (table) => [unique("brand_profiles_user_id_name_key").on(table.userId, table.name)],
);

export const campaigns = pgTable(
  "campaigns",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    brandProfileId: uuid("brand_profile_id").references(() => brandProfiles.id, { onDelete: "set null" }),
    name: varchar("name", { length: 160 }).notNull(),
    goal: text("goal"),
    status: campaignStatus("status").notNull().default("draft"),
    startsAt: timestamp("starts_at", { withTimezone: true }),
    endsAt: timestamp("ends_at", { withTimezone: true }),
    ...timestamps,
  },
  (table) => [
    index("campaigns_user_id_idx").on(table.userId),
    index("campaigns_brand_profile_id_idx").on(table.brandProfileId),
    check("campaigns_period_check", sql`${table.endsAt} > ${table.startsAt}`),
  ],
);

export const contentLibrary = pgTable(
  "content_library",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    title: varchar("title", { length: 200 }).notNull(),
    kind: mediaKind("kind").notNull(),
    url: text("url").notNull(),
    checksum: varchar("checksum", { length: 64 }).notNull(),
    platforms: jsonb("platforms").$type<Platform[]>().notNull().default([]),
    metadata: jsonb("metadata").$type<MediaMetadata>().notNull(),
    ...timestamps,
  },
  (table) => [
    index("content_library_user_id_created_at_idx").on(table.userId, table.createdAt),
    unique("content_library_user_id_checksum_key").on(table.userId, table.checksum),
  ],
);

export const posts = pgTable(
  "posts",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    campaignId: uuid("campaign_id")
      .notNull()
      .references(() => campaigns.id),
    contentLibraryId: uuid("content_library_id"),
    platform: varchar("platform", { length: 20, enum: PLATFORMS }).notNull(),
    title: varchar("title", { length: 200 }).notNull(),
    content: text("content").notNull(),
    platformContent: jsonb("platform_content").$type<PlatformContent>().notNull().default({}),
    mediaMetadata: jsonb("media_metadata").$type<MediaMetadata>(),
    status: postStatus("status").notNull().default("draft"),
    scheduledFor: timestamp("scheduled_for", { withTimezone: true }),
    approvedAt: timestamp("approved_at", { withTimezone: true }),
    publishedAt: timestamp("published_at", { withTimezone: true }),
    platformPostId: varchar("platform_post_id", { length: 120 }),
    failureReason: text("failure_reason"),
    ...timestamps,
  },
  (table) => [index("posts_user_id_idx").on(table.userId)],
);

export const aiSuggestions = pgTable(
  "ai_suggestions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    campaignId: uuid("campaign_id")
      .notNull()
      .references(() => campaigns.id, { onDelete: "cascade" }),
    model: varchar("model", { length: 60 }).notNull(),
    title: varchar("title", { length: 200 }).notNull(),
    content: text("content").notNull(),
    accepted: boolean("accepted"),
    createdAt: createdAt(),
  },
  (table) => [
    index("ai_suggestions_user_id_idx").on(table.userId),
    index("ai_suggestions_campaign_id_created_at_idx").on(table.campaignId, table.createdAt),
  ],
);

export const contentFeedback = pgTable(
  "content_feedback",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    postId: uuid("post_id")
      .notNull()
      .references(() => posts.id, { onDelete: "cascade" }),
    rating: smallint("rating").notNull(),
    comment: text("comment"),
    createdAt: createdAt(),
  },
  (table) => [
    unique("content_feedback_post_id_user_id_key").on(table.postId, table.userId),
    index("content_feedback_user_id_idx").on(table.userId),
    check("content_feedback_rating_check", sql`${table.rating} between 1 and 5`),
  ],
);

// Credits and payments

export const creditTransactions = pgTable(
  "credit_transactions",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    type: creditTransactionType("type").notNull(),
    amount: integer("amount").notNull(),
    description: text("description").notNull(),
    stripePaymentIntentId: varchar("stripe_payment_intent_id", { length: 255 }).unique(),
    createdAt: createdAt(),
  },
  (table) => [index("credit_transactions_user_id_idx").on(table.userId)],
);

/** The events of Stripe that were handled: each is sent again until it was answered. */
export const stripeEvents = pgTable("stripe_events", {
  id: varchar("id", { length: 255 }).primaryKey(),
  type: varchar("type", { length: 80 }).notNull(),
  processedAt: timestamp("processed_at", { withTimezone: true }).notNull().defaultNow(),
});

// Numbers

export const analytics = pgTable(
  "analytics",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    postId: uuid("post_id")
      .notNull()
      .references(() => posts.id, { onDelete: "cascade" }),
    platform: varchar("platform", { length: 20, enum: PLATFORMS }).notNull(),
    impressions: integer("impressions").notNull().default(0),
    reach: integer("reach").notNull().default(0),
    likes: integer("likes").notNull().default(0),
    comments: integer("comments").notNull().default(0),
    shares: integer("shares").notNull().default(0),
    clicks: integer("clicks").notNull().default(0),
    recordedAt: timestamp("recorded_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index("analytics_user_id_idx").on(table.userId), index("analytics_post_id_idx").on(table.postId)],
);

/** Who of the administrators did what. */
export const adminActions = pgTable(
  "admin_actions",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    adminId: uuid("admin_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    action: varchar("action", { length: 60 }).notNull(),
    targetType: varchar("target_type", { length: 40 }).notNull(),
    targetId: varchar("target_id", { length: 64 }).notNull(),
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
  },
  (table) => [
    index("admin_actions_admin_id_idx").on(table.adminId),
    index("admin_actions_created_at_idx").on(table.createdAt),
  ],
);

// How the tables lead to each other

export const usersRelations = relations(users, ({ one, many }) => ({
  plan: one(subscriptionPlans, { fields: [users.planId], references: [subscriptionPlans.id] }),
  campaigns: many(campaigns),
  posts: many(posts),
  connections: many(platformConnections),
  creditTransactions: many(creditTransactions),
}));

export const campaignsRelations = relations(campaigns, ({ one, many }) => ({
  user: one(users, { fields: [campaigns.userId], references: [users.id] }),
  brandProfile: one(brandProfiles, { fields: [campaigns.brandProfileId], references: [brandProfiles.id] }),
  posts: many(posts),
  suggestions: many(aiSuggestions),
}));

export const brandProfilesRelations = relations(brandProfiles, ({ many }) => ({
  campaigns: many(campaigns),
}));

export const postsRelations = relations(posts, ({ one, many }) => ({
  user: one(users, { fields: [posts.userId], references: [users.id] }),
  campaign: one(campaigns, { fields: [posts.campaignId], references: [campaigns.id] }),
  libraryItem: one(contentLibrary, { fields: [posts.contentLibraryId], references: [contentLibrary.id] }),
  feedback: many(contentFeedback),
  analytics: many(analytics),
}));

export const contentLibraryRelations = relations(contentLibrary, ({ many }) => ({
  posts: many(posts),
}));

export const aiSuggestionsRelations = relations(aiSuggestions, ({ one }) => ({
  campaign: one(campaigns, { fields: [aiSuggestions.campaignId], references: [campaigns.id] }),
}));

export const contentFeedbackRelations = relations(contentFeedback, ({ one }) => ({
  post: one(posts, { fields: [contentFeedback.postId], references: [posts.id] }),
}));

export const analyticsRelations = relations(analytics, ({ one }) => ({
  post: one(posts, { fields: [analytics.postId], references: [posts.id] }),
}));

export const platformConnectionsRelations = relations(platformConnections, ({ one }) => ({
  user: one(users, { fields: [platformConnections.userId], references: [users.id] }),
}));

export const creditTransactionsRelations = relations(creditTransactions, ({ one }) => ({
  user: one(users, { fields: [creditTransactions.userId], references: [users.id] }),
}));

// What requests may bring

const platform = z.enum(PLATFORMS);

export const registerSchema = z.object({
  email: z.string().trim().toLowerCase().email().max(255),
  password: z.string().min(10).max(200),
  fullName: z.string().trim().min(1).max(120),
  trialVariant: z.enum(TRIAL_VARIANTS),
  referralCode: z.string().trim().length(8).optional(),
});

export const loginSchema = z.object({
  email: z.string().trim().toLowerCase().email(),
  password: z.string().min(1).max(200),
});

export const profileSchema = createInsertSchema(users)
  .pick({ fullName: true, businessName: true })
  .partial();

export const insertCampaignSchema = createInsertSchema(campaigns, {
  name: z.string().trim().min(1).max(160),
  startsAt: z.coerce.date().nullish(),
  endsAt: z.coerce.date().nullish(),
}).omit({ id: true, userId: true, createdAt: true, updatedAt: true });

export const insertPostSchema = createInsertSchema(posts, {
  platform,
  title: z.string().trim().min(1).max(200),
  content: z.string().trim().min(1).max(10_000),
  platformContent: platformContentSchema,
  mediaMetadata: mediaMetadataSchema.nullish(),
  scheduledFor: z.coerce.date().nullish(),
}).pick({
  campaignId: true,
  contentLibraryId: true,
  platform: true,
  title: true,
  content: true,
  platformContent: true,
  mediaMetadata: true,
  scheduledFor: true,
});

export const updatePostSchema = insertPostSchema.omit({ campaignId: true }).partial();

export const rescheduleSchema = z.object({
  changes: z.array(z.object({ postId: z.string().uuid(), scheduledFor: z.coerce.date() })).min(1).max(200),
});

export const insertLibraryItemSchema = createInsertSchema(contentLibrary, {
  url: z.string().url(),
  checksum: z.string().length(64),
  platforms: z.array(platform).max(PLATFORMS.length),
  metadata: mediaMetadataSchema,
}).omit({ id: true, userId: true, createdAt: true, updatedAt: true });

export const insertConnectionSchema = createInsertSchema(platformConnections, { platform }).pick({
  platform: true,
  accountName: true,
  apiKey: true,
  apiSecret: true,
  accessToken: true,
});

export const insertBrandProfileSchema = createInsertSchema(brandProfiles).pick({
  name: true,
  industry: true,
  voice: true,
  audience: true,
});

export const insertFeedbackSchema = createInsertSchema(contentFeedback, {
  rating: z.number().int().min(1).max(5),
  comment: z.string().max(2000).nullish(),
}).pick({ rating: true, comment: true });

export const insertPlanSchema = createInsertSchema(subscriptionPlans, {
  code: z.enum(TIERS),
  priceCents: z.number().int().min(0),
  monthlyCredits: z.number().int().min(0),
}).pick({ code: true, name: true, priceCents: true, monthlyCredits: true });

export const selectUserSchema = createSelectSchema(users).omit({
  passwordHash: true,
  emailVerificationTokenHash: true,
});

export type User = typeof users.$inferSelect;
export type NewUser = typeof users.$inferInsert;
export type PublicUser = z.infer<typeof selectUserSchema>;
export type Campaign = typeof campaigns.$inferSelect;
export type InsertCampaign = z.infer<typeof insertCampaignSchema>;
export type Post = typeof posts.$inferSelect;
export type PostStatus = Post["status"];
export type InsertPost = z.infer<typeof insertPostSchema>;
export type UpdatePost = z.infer<typeof updatePostSchema>;
export type LibraryItem = typeof contentLibrary.$inferSelect;
export type InsertLibraryItem = z.infer<typeof insertLibraryItemSchema>;
export type PlatformConnection = typeof platformConnections.$inferSelect;
export type InsertConnection = z.infer<typeof insertConnectionSchema>;
export type BrandProfile = typeof brandProfiles.$inferSelect;
export type InsertBrandProfile = z.infer<typeof insertBrandProfileSchema>;
export type AiSuggestion = typeof aiSuggestions.$inferSelect;
export type SubscriptionPlan = typeof subscriptionPlans.$inferSelect;
export type InsertPlan = z.infer<typeof insertPlanSchema>;
export type CreditTransaction = typeof creditTransactions.$inferSelect;
export type CreditTransactionType = CreditTransaction["type"];
export type AnalyticsRow = typeof analytics.$inferSelect;
export type Referral = typeof referrals.$inferSelect;
export type AdminAction = typeof adminActions.$inferSelect;
export type Notification = typeof notifications.$inferSelect;
