import { z } from "zod";
import type { Platform, PlatformConnection, Post } from "@shared/schema";

const ENDPOINTS: Record<Platform, string> = {
  instagram: "https://platforms.example.com/instagram",
  facebook: "https://platforms.example.com/facebook",
  linkedin: "https://platforms.example.com/linkedin",
  x: "https://platforms.example.com/x",
  tiktok: "https://platforms.example.com/tiktok",
  youtube: "https://platforms.example.com/youtube",
};

const publishedSchema = z.object({ id: z.string() });
const numbersSchema = z.object({
  impressions: z.number().int(),
  reach: z.number().int(),
  likes: z.number().int(),
  comments: z.number().int(),
  shares: z.number().int(),
  clicks: z.number().int(),
});

export type Numbers = z.infer<typeof numbersSchema>;

/** Publishes a post by the account that its user has connected; the platform's number of it. */
export async function publish(post: Post, connection: PlatformConnection): Promise<string> {
  const answer = await fetch(`${ENDPOINTS[post.platform]}/posts`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": connection.apiKey },
    body: JSON.stringify({ text: post.content, ...post.platformContent }),
  });
  if (!answer.ok) {
    throw new Error(`${post.platform} answered with ${answer.status}`);
  }
  return publishedSchema.parse(await answer.json()).id;
}

/** How often a post was seen, liked and clicked until now. */
export async function numbersOf(post: Post, connection: PlatformConnection): Promise<Numbers> {
  const answer = await fetch(`${ENDPOINTS[post.platform]}/posts/${post.platformPostId}/numbers`, {
    headers: { "x-api-key": connection.apiKey },
  });
  return numbersSchema.parse(await answer.json());
}
