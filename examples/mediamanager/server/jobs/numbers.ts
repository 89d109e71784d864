import type { Post } from "@shared/schema";
import { numbersOf } from "../services/platforms";
import { storage } from "../storage";

const DAY = 24 * 60 * 60 * 1000;

/** Asks the platforms how the posts of those who were here today are doing, and keeps the answers. */
export async function collectNumbers(): Promise<void> {
  const active = await storage.activeSince(new Date(Date.now() - DAY));
  const published = await storage.publishedPosts(active);
  const measured = await Promise.all(published.map(measure));
  const rows = measured.flatMap((row) => (row ? [row] : []));
  if (rows.length > 0) {
    await storage.recordAnalytics(rows);
  }
}

async function measure(post: Post) {
  const connection = await storage.getConnection(post.userId, post.platform);
  if (!connection || !post.platformPostId) {
    return undefined;
  }
  return { userId: post.userId, postId: post.id, platform: post.platform, ...(await numbersOf(post, connection)) };
}
