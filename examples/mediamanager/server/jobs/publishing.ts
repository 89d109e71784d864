import { publish } from "../services/platforms";
import { storage } from "../storage";

/** Publishes what is due. */
export async function publishDue(): Promise<void> {
  for (const post of await storage.duePosts(new Date())) {
    const connection = await storage.getConnection(post.userId, post.platform);
    if (!connection) {
      await storage.markFailed(post.id, `No account is connected for ${post.platform}`);
      continue;
    }
    try {
      await storage.markPublished(post.id, await publish(post, connection));
    } catch (error) {
      await storage.markFailed(post.id, error instanceof Error ? error.message : "unknown");
      await storage.notify(post.userId, "publishing", `${post.title} could not be published`);
    }
  }
}
